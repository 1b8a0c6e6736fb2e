// A terminal without a browser: the lines of docs/connecting.md ask and poll, a person enters the code on another screen.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Browser, type Page } from '../../scripts/demo/browser.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { startTerminal } from '../support/documented-terminal.ts';
import { person } from '../support/person.ts';
import { runScript } from '../support/run-script.ts';

async function enter(browser: Browser, address: string, code: string): Promise<Page> {
  const next = await browser.submit(await browser.visit(address), { user_code: code });
  return next.text.includes('name="password"') ? browser.submit(next, person) : next;
}

t.test('the lines of the document list notes once a person has entered the code and said yes', async (t) => {
  const { pair } = await startConnectedPair(t);
  const { address, code, output } = await startTerminal(t, pair);
  t.equal(address, `${pair.issuer}/device`);
  const browser = new Browser();
  const consent = await enter(browser, address, code.toLowerCase().replace('-', ' '));
  t.match(consent.text, 'My terminal');
  t.match((await browser.submit(consent, { decision: 'allow' })).text, /id="device-done"/);
  t.match(await output, '"id":"Welcome.md"');
  const { text } = await browser.visit(`${pair.issuer}/account`);
  t.match(text, 'My terminal', 'it is a connection as any other');
  const { text: list } = await runScript(pair, 'connections', ['list', '--json']);
  t.equal((JSON.parse(list) as unknown[]).length, 1);
});

t.test('a terminal that is refused stops polling, and has nothing', async (t) => {
  const { pair } = await startConnectedPair(t);
  const { address, code, output, folder } = await startTerminal(t, pair);
  const failed = output.catch((error: unknown) => error);
  const browser = new Browser();
  await browser.submit(await enter(browser, address, code), { decision: 'deny' });
  t.match(await failed, { code: /\d+/ });
  t.match(JSON.parse(await readFile(join(folder, 'loop.tokens'), 'utf8')), { error: 'access_denied' });
});

t.test('an operator makes a client for it, and none with neither way in', async (t) => {
  const { pair } = await startConnectedPair(t);
  const named = ['create', '--name', 'My terminal', '--public', '--json', '--grant'];
  const { code, text } = await runScript(pair, 'seed-client', [...named, 'device_code', 'refresh_token']);
  t.equal(code, 0, text);
  const grants = ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'];
  const made = JSON.parse(text) as { client_id: string };
  t.match(made, { grant_types: grants, redirect_uris: [], response_types: [] });
  const body = new URLSearchParams({ client_id: made.client_id, scope: 'vault.read' });
  t.equal((await fetch(`${pair.issuer}/device/auth`, { method: 'POST', body })).status, 200);
  const without = await runScript(pair, 'seed-client', [...named, 'refresh_token']);
  t.match(without, { code: 1, text: /--grant: authorization_code or device_code must be among them/ });
  t.match(await runScript(pair, 'seed-client', ['list']), { text: /My terminal/ });
});
