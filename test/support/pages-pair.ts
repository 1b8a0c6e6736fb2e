// A real loop-auth and a real loop-api in this process, with a vault of a test's own notes and a browser without a screen.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { parseConfig } from '../../api/config.ts';
import { createLogger } from '../../api/http/log.ts';
import { type Service, startService } from '../../api/service.ts';
import { Browser, type Page } from '../../scripts/demo/browser.ts';
import { waitForIndex } from './loop-api.ts';
import { ann, apiSecret, type LoopAuth, startLoopAuth } from './loop-auth.ts';

export interface PagesPair {
  auth: LoopAuth;
  api: Service;
  /** Where loop-api's pages are. */
  url: string;
  vault: string;
  log: Record<string, unknown>[];
  /** Opens a page of loop-api, and signs Ann in where that is asked for. */
  open(path: string, browser?: Browser): Promise<Page>;
}

type Settings = Readonly<Record<string, string>>;

export interface PagesOptions {
  notes?: Readonly<Record<string, string | Buffer>>;
  /** Of loop-api; the issuer is known only when loop-auth listens. */
  settings?: Settings | ((issuer: string) => Settings);
  authSettings?: Readonly<Record<string, string>>;
  /** Of loop-auth, such as `/auth`. */
  issuerPath?: string;
}

export async function startPagesPair(t: Test, options: PagesOptions = {}): Promise<PagesPair> {
  const port = await findFreePort();
  const url = `http://localhost:${port}`;
  const shared = { API_RESOURCE: `${url}/mcp`, API_CLIENT_SECRET: apiSecret };
  const auth = await startLoopAuth(t, {
    ...(options.issuerPath === undefined ? {} : { issuerPath: options.issuerPath }),
    settings: { ...shared, ...options.authSettings },
  });
  const folder = await mkdtemp(join(tmpdir(), 'loop-pages-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const vault = join(folder, 'Garden');
  await writeNotes(vault, options.notes ?? { 'Apple.md': '# Apple\n\nThe tree needs water.\n' });
  const log: Record<string, unknown>[] = [];
  const config = parseConfig({
    ...shared,
    AUTH_ISSUER: auth.issuer,
    API_PORT: String(port),
    API_VAULT_DIR: vault,
    API_INDEX_PATH: join(folder, 'index.db'),
    ...(typeof options.settings === 'function' ? options.settings(auth.issuer) : options.settings),
  });
  const api = await startService(config, createLogger({ write: (line) => void log.push(JSON.parse(line)) }));
  t.teardown(() => api.stop(100));
  await waitForIndex({ url });
  const open = async (path: string, browser = new Browser()): Promise<Page> => {
    const page = await browser.visit(`${url}${path}`);
    return page.text.includes('name="password"') ? browser.submit(page, { ...ann }) : page;
  };
  return { auth, api, url, vault, log, open };
}

async function writeNotes(vault: string, notes: Readonly<Record<string, string | Buffer>>): Promise<void> {
  await mkdir(vault, { recursive: true });
  for (const [path, text] of Object.entries(notes)) {
    const file = join(vault, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

// The resource names its port before anything listens there.
async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
