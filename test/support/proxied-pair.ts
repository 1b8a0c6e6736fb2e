// A pair behind a proxy with TLS and one host name, and the doctor that looks at it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import type { Test } from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';
import { bareEnvironment } from './bare-environment.ts';
import { type BrokenProxy, startBrokenProxy } from './broken-proxy.ts';
import { type Certificate, makeCertificate } from './certificates.ts';
import { person } from './person.ts';
import { runScript } from './run-script.ts';

export interface Diagnosis {
  readonly code: number;
  readonly first: string | null;
  readonly summary: string;
  readonly lines: ReadonlyArray<{
    readonly check: string;
    readonly state: string;
    readonly cause?: string;
    readonly says: string;
    readonly mend?: string;
  }>;
  /** All that it printed. */
  readonly text: string;
}

export interface ProxiedPair {
  readonly pair: Pair;
  readonly proxy: BrokenProxy;
  readonly authorities: { readonly root: Certificate; readonly middle: Certificate };
  readonly vault: string;
  readonly ports: { readonly auth: number; readonly api: number };
  /** What `npm run doctor` is given where the services run. */
  readonly environment: Readonly<Record<string, string>>;
  /** The PEM of the authority that the proxy's certificate comes from. */
  readonly trusted: string;
  /** Runs the command as an operator would, in English unless the environment says otherwise. */
  readonly diagnose: (
    environment?: Readonly<Record<string, string>>,
    args?: readonly string[],
  ) => Promise<Diagnosis>;
}

const root = join(import.meta.dirname, '../..');

/** Both services run, there is an account, and all is in order. Ends with the test. */
export async function startProxiedPair(t: Test): Promise<ProxiedPair> {
  const top = makeCertificate({ name: 'A root' });
  const middle = makeCertificate({ name: 'Between', signer: top });
  const own = makeCertificate({ name: 'localhost', hosts: ['localhost'], signer: middle });
  const [auth, api] = await freePorts();
  const ports = { auth, api };
  const proxy = await startBrokenProxy(t, () => ports, own, own.certificate + middle.certificate);
  const origin = `https://localhost:${proxy.port}`;
  const settings: Record<string, string> = {
    AUTH_ISSUER: `${origin}/auth`,
    AUTH_PORT: String(auth),
    AUTH_TRUSTED_PROXIES: '127.0.0.1',
    API_RESOURCE: `${origin}/mcp`,
    API_PORT: String(api),
    API_AUTH_URL: `http://127.0.0.1:${auth}`,
  };
  const pair = await Pair.create(settings);
  t.teardown(() => pair.close());
  // Inside what the pair removes.
  const vault = join(pair.folder, 'vault');
  cpSync(join(root, 'api/sample-vault'), vault, { recursive: true });
  pair.set('API_VAULT_DIR', vault);
  await pair.start('auth');
  await pair.start('api');
  const made = await runScript(
    pair,
    'seed-user',
    ['--username', person.username, '--password-stdin'],
    `${person.password}\n`,
  );
  if (made.code !== 0) throw new Error(made.text);
  const trusted = join(pair.folder, 'root.pem');
  writeFileSync(trusted, top.certificate);
  const environment = {
    ...settings,
    AUTH_DATABASE_URL: pair.databaseUrl,
    API_VAULT_DIR: vault,
  };
  return {
    pair,
    proxy,
    authorities: { root: top, middle },
    vault,
    ports,
    environment,
    trusted,
    diagnose: (given = environment, args = []) => diagnose({ NODE_EXTRA_CA_CERTS: trusted, ...given }, args),
  };
}

async function diagnose(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Diagnosis> {
  const child = spawn(process.execPath, [join(root, 'scripts/doctor.ts'), '--json', ...args], {
    env: { ...bareEnvironment, ...environment },
    // Not where the working copy is: what lies in data/ there is nobody's business.
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [printed, said] = [child.stdout, child.stderr].map((stream) => readText(stream));
  const [code] = (await once(child, 'close')) as [number];
  const json = await printed;
  const none = { first: null, summary: '', lines: [] };
  const told = json?.startsWith('{') ? (JSON.parse(json) as Omit<Diagnosis, 'code' | 'text'>) : none;
  const text = `${json}${await said}`;
  return { ...told, code, text };
}

/** Two that nobody listens at. */
export async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  );
  const [one, other] = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [one ?? 0, other ?? 0];
}
