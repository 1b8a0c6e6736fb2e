// A pair of services of its own: free ports, a temporary folder, the sample vault; for the demo and the tests.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isReady,
  type ServiceProcess,
  startServiceProcess,
  stopServiceProcess,
} from '../operator/service-process.ts';

export class Pair {
  readonly folder: string;
  readonly issuer: string;
  readonly resource: string;
  /** Where loop-auth really listens, whatever its issuer says. */
  readonly authOrigin: string;
  databaseUrl: string;
  readonly lines: string[] = [];
  readonly #environment: Record<string, string | undefined>;
  readonly #programs: Partial<Record<'auth' | 'api', string>> = {};
  readonly #last = new Map<'auth' | 'api', ServiceProcess>();
  readonly #running = new Map<'auth' | 'api', ServiceProcess>();

  private constructor(
    folder: string,
    ports: { auth: number; api: number },
    settings: Record<string, string>,
  ) {
    this.folder = folder;
    this.authOrigin = `http://localhost:${ports.auth}`;
    this.issuer = settings['AUTH_ISSUER'] ?? this.authOrigin;
    this.resource = settings['API_RESOURCE'] ?? `http://localhost:${ports.api}/mcp`;
    this.databaseUrl = settings['AUTH_DATABASE_URL'] ?? `sqlite:${join(folder, 'auth.db')}`;
    this.#environment = {
      PATH: process.env['PATH'],
      NODE_OPTIONS: process.env['NODE_OPTIONS'],
      AUTH_ISSUER: this.issuer,
      AUTH_PORT: String(ports.auth),
      AUTH_DATABASE_URL: this.databaseUrl,
      API_RESOURCE: this.resource,
      API_PORT: String(ports.api),
      API_CLIENT_SECRET_FILE: join(folder, 'api-client-secret'),
      API_INDEX_PATH: join(folder, 'index.db'),
      ...settings,
    };
  }

  /** Picks a folder and ports; nothing runs yet. `settings` go into both services' environment. */
  static async create(settings: Record<string, string> = {}): Promise<Pair> {
    const folder = await mkdtemp(join(tmpdir(), 'loop-'));
    const [auth, api] = await freePorts(2);
    return new Pair(folder, { auth: auth ?? 0, api: api ?? 0 }, settings);
  }

  /** What loop-auth's next start opens. */
  useDatabase(url: string): void {
    this.databaseUrl = url;
    this.set('AUTH_DATABASE_URL', url);
  }

  /** For the next start of either service. */
  set(name: string, value: string): void {
    this.#environment[name] = value;
  }

  /** What a service runs in place of this project's sources. */
  runFrom(program: string, name: 'auth' | 'api'): void {
    this.#programs[name] = program;
  }

  /** Starts a service and waits until it is ready. Throws with what it printed when it ends instead. */
  async start(name: 'auth' | 'api'): Promise<void> {
    const { API_CLIENT_SECRET_FILE: secretFile, ...rest } = this.#environment;
    const environment = name === 'api' ? { ...rest, API_CLIENT_SECRET_FILE: secretFile } : rest;
    const program = this.#programs[name];
    const onLine = (line: string): number => this.lines.push(line);
    const service = startServiceProcess({ name, environment, onLine, ...(program && { program }) });
    this.#running.set(name, service);
    this.#last.set(name, service);
    if (!(await isReady(service))) {
      throw new Error(`loop-${name} did not start:\n${this.lines.slice(-20).join('\n')}`);
    }
  }

  /** The process of a service while it runs. */
  pid(name: 'auth' | 'api'): number | undefined {
    return this.#running.get(name)?.child.pid;
  }

  /** Ends a service at once, as a crash would. */
  async kill(name: 'auth' | 'api'): Promise<void> {
    const service = this.#running.get(name);
    service?.child.kill('SIGKILL');
    await service?.ended;
    this.#running.delete(name);
  }

  async stop(name: 'auth' | 'api'): Promise<void> {
    const service = this.#running.get(name);
    if (service) await stopServiceProcess(service);
    this.#running.delete(name);
  }

  /** The exit code of the last run of a service, once it is over. */
  async exitCode(name: 'auth' | 'api'): Promise<number | null | undefined> {
    return this.#last.get(name)?.ended;
  }

  /** The one-time link for the first account that loop-auth printed last. */
  setupUrl(): string {
    const line = this.lines.findLast((one) => one.includes('"setupUrl"'));
    if (!line) throw new Error('loop-auth printed no link for the first account');
    return String((JSON.parse(line) as { setupUrl: string }).setupUrl);
  }

  /** Stops what runs and removes the folder. */
  async close(): Promise<void> {
    await Promise.all([this.stop('api'), this.stop('auth')]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Nothing listens there now. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held open at once, so that they differ.
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
