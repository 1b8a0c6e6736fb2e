// Both services in one home, with a cable at every place where a network would be, and a clock that can be moved.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePorts, Pair } from '../demo/pair.ts';
import { Cable } from './cable.ts';

export const services = ['auth', 'api'] as const;
export type Service = (typeof services)[number];

const root = join(import.meta.dirname, '../..');

export class Home {
  readonly pair: Pair;
  readonly vault: string;
  /** From clients to loop-auth, from clients to loop-api, from loop-api to loop-auth. */
  readonly cables: { readonly auth: Cable; readonly api: Cable; readonly between: Cable };
  readonly #folder: string;
  readonly #clockFile: string;
  #offMs = 0;

  private constructor(folder: string, pair: Pair, cables: Home['cables']) {
    this.#folder = folder;
    this.#clockFile = join(folder, 'clock');
    this.pair = pair;
    this.vault = join(folder, 'vault');
    this.cables = cables;
  }

  /** Both run when it resolves; the caller closes it. */
  static async open(): Promise<Home> {
    const folder = await mkdtemp(join(tmpdir(), 'loop-soak-'));
    await cp(join(root, 'api/sample-vault'), join(folder, 'vault'), { recursive: true });
    const [auth, api, between] = await Promise.all([Cable.open(), Cable.open(), Cable.open()]);
    const [authPort = 0, apiPort = 0] = await freePorts(2);
    auth.plugInto(authPort);
    between.plugInto(authPort);
    api.plugInto(apiPort);
    const pair = await Pair.create({
      AUTH_ISSUER: `http://127.0.0.1:${auth.port}`,
      AUTH_PORT: String(authPort),
      API_AUTH_URL: `http://127.0.0.1:${between.port}`,
      API_RESOURCE: `http://127.0.0.1:${api.port}/mcp`,
      API_PORT: String(apiPort),
      API_VAULT_DIR: join(folder, 'vault'),
      // As short as can be: clients refresh all the time.
      AUTH_ACCESS_TOKEN_SECONDS: '60',
      API_INTROSPECTION_CACHE_SECONDS: '5',
      SOAK_CLOCK_FILE: join(folder, 'clock'),
      // As the images run within what compose.yaml allows them.
      NODE_OPTIONS: `--max-semi-space-size=2 --max-old-space-size=77 --import=${pathToFileURL(join(import.meta.dirname, 'moved-clock.ts'))}`,
    });
    const home = new Home(folder, pair, { auth, api, between });
    await pair.start('auth').then(
      () => pair.start('api'),
      async (error: unknown) => {
        await home.close();
        throw error;
      },
    );
    return home;
  }

  /** Both services' clock at once, as of one machine. */
  async moveClock(seconds: number): Promise<void> {
    this.#offMs += seconds * 1_000;
    await writeFile(this.#clockFile, String(this.#offMs));
    for (const service of services) this.signal(service, 'SIGUSR2');
  }

  signal(service: Service, name: NodeJS.Signals): void {
    const pid = this.pair.pid(service);
    if (pid !== undefined) process.kill(pid, name);
  }

  async close(): Promise<void> {
    await this.pair.close();
    for (const cable of Object.values(this.cables)) cable.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
