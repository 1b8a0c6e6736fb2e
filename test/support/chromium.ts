// The Chromium of this machine without a screen. Nothing of it leaves the machine.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// What a browser asks for by itself: updates, lists, the account of its maker.
const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
];

// Example names lead to this machine, every other name and address nowhere.
const hosts = 'MAP *.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';

/** Throws when there is no Chromium. The caller closes it. */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? places.find((path) => existsSync(path));
  if (!executablePath) throw new Error('there is no Chromium; install it, or name it in CHROMIUM');
  return chromium.launch({ executablePath, args: [...quiet, `--host-resolver-rules=${hosts}`] });
}
