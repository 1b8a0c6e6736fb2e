// The account page with more and more connections of one account: what a request costs, and what the process holds then.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import Sqlite from 'better-sqlite3';
import { openDatabase } from '../../../adapters/database/open.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { createLog } from '../../../auth/http/log.ts';
import { createMetrics } from '../../../auth/http/metrics.ts';
import { hashPassword } from '../../../auth/people/passwords.ts';
import { openApp } from '../../../auth/service.ts';
import { Browser } from '../../demo/browser.ts';
import { formatMb, formatRatio, type Measure, median, printMeasures } from '../measure.ts';
import { openPlace } from './place.ts';

const sizes = [10, 100, 1000, 10_000];
const rounds = 15;
const person = { username: 'bench', password: 'a sentence for the benchmarks only' };
const lasting = 9_999_999_999;

interface Figures {
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
}

if (process.argv[1] === import.meta.filename) await serve(Number(process.argv[2]));

export async function run(): Promise<void> {
  const servers: PageServer[] = [];
  for (const size of sizes) servers.push(await PageServer.start(size));
  for (let round = 0; round < rounds; round += 1) for (const server of servers) await server.visit();
  const measures: Measure[] = [];
  const [first] = servers;
  const smallest = first ? first.cpuMs() : 1;
  for (const server of servers) {
    const { rssBytes } = await server.figures();
    const ms = server.cpuMs();
    measures.push({
      what: `a page of ${server.size.toLocaleString('en')} connections`,
      value: `${ms.toFixed(1)} ms CPU, ${formatMb(rssBytes)} after ${rounds} of them`,
      beside: `${sizes[0]} connections`,
      ratio: formatRatio(ms / smallest),
      ...(server.size === 10_000 && { aim: 'at most 30 ms' }),
    });
    await server.stop();
  }
  printMeasures(`Account page, medians of ${rounds} turns`, measures);
}

class PageServer {
  readonly size: number;
  readonly #child: ChildProcess;
  readonly #browser = new Browser();
  readonly #page: string;
  readonly #spent: number[] = [];

  private constructor(child: ChildProcess, size: number, port: number) {
    this.#child = child;
    this.size = size;
    this.#page = `http://127.0.0.1:${port}/account`;
  }

  /** Signed in, and warm. */
  static async start(size: number): Promise<PageServer> {
    const child = fork(import.meta.filename, [String(size)]);
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const server = new PageServer(child, size, port);
    await server.#browser.submit(await server.#browser.visit(server.#page), person);
    for (let turn = 0; turn < 5; turn += 1) await server.#show();
    return server;
  }

  async visit(): Promise<void> {
    const before = await this.figures();
    await this.#show();
    this.#spent.push((await this.figures()).cpuMicroseconds - before.cpuMicroseconds);
  }

  async #show(): Promise<void> {
    const { text } = await this.#browser.visit(this.#page);
    const shown = text.split('value="revoke">').length - 1;
    const expected = Math.min(this.size, 100);
    if (shown !== expected) throw new Error(`the page shows ${shown} connections, not ${expected}`);
  }

  cpuMs(): number {
    return median(this.#spent) / 1000;
  }

  async figures(): Promise<Figures> {
    this.#child.send('figures');
    const [figures] = (await once(this.#child, 'message')) as [Figures];
    return figures;
  }

  async stop(): Promise<void> {
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}

async function serve(size: number): Promise<void> {
  const { path, port, config, serve: serveApp } = await openPlace();
  const database = await openDatabase(config.databaseUrl);
  const hash = await hashPassword(person.password);
  const account = await new AccountStore(database).create(person.username, hash);
  connect(path, account.id, size);
  const log = createLog('fatal', { write: () => {} });
  const app = await openApp(config, { database, log, metrics: createMetrics() });
  serveApp(app.listener);
  process.send?.({ port });
}

/** Of twenty apps, each connected again and again; as the sweep leaves them once it has looked at each. */
function connect(path: string, accountId: string, size: number): void {
  const file = new Sqlite(path);
  const insertClient = file.prepare(
    "INSERT INTO clients (id, source, payload, created_at, granted_at) VALUES (?, 'registration', ?, 1, 1)",
  );
  const insertGrant = file.prepare(
    'INSERT INTO grants (id, payload, expires_at, account_id, client_id, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertToken = file.prepare(
    "INSERT INTO refresh_tokens (id, payload, expires_at, grant_id, issued_at) VALUES (?, '{}', ?, ?, 1)",
  );
  const resources = { 'http://localhost:8082/mcp': 'vault.read vault.write' };
  file.transaction(() => {
    for (let app = 0; app < 20; app += 1) {
      const redirects = { redirect_uris: [`https://app-${app}.example/callback`] };
      insertClient.run(`app-${app}`, JSON.stringify({ client_name: `App ${app}`, ...redirects }));
    }
    for (let n = 0; n < size; n += 1) {
      const payload = JSON.stringify({ accountId, clientId: `app-${n % 20}`, kind: 'Grant', resources });
      insertGrant.run(`grant-${n}`, payload, lasting, accountId, `app-${n % 20}`, 1_700_000_000 + n, lasting);
      insertToken.run(`token-${n}`, lasting, `grant-${n}`);
    }
  })();
  file.close();
}
