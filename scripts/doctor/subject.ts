// What is looked at: the addresses that clients are given, where the services are from here, and their settings.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config as ApiConfig } from '../../api/config.ts';
import type { AuthConfig } from '../../auth/config.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Subject {
  /** The MCP URL, byte for byte as a person types it. */
  readonly resource: string;
  /** What the sign-in server should be called; undefined where nothing here says so. */
  readonly issuer: string | undefined;
  /** Where loop-auth and loop-api are without the proxy; undefined where they are out of reach. */
  readonly authAddress: string | undefined;
  readonly apiAddress: string | undefined;
  /** The settings of the services whose code is here. */
  readonly auth: AuthConfig | undefined;
  readonly api: ApiConfig | undefined;
}

interface SettingFault {
  readonly service: string;
  readonly fault: string;
}

/** The settings are wrong, each of these. */
export class SettingsWrong extends Error {
  override readonly name = 'SettingsWrong';
  readonly faults: readonly SettingFault[];

  constructor(faults: readonly SettingFault[]) {
    super('settings are wrong');
    this.faults = faults;
  }
}

/** Whether it is an address of this very machine. */
export function isLoopback(address: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(address).hostname);
}

const root = join(import.meta.dirname, '../..');
const isHere = (room: string): boolean => existsSync(join(root, room, 'config.ts'));

/** `url` is what was typed behind --url. Throws SettingsWrong with every fault of both services. */
export async function readSubject(environment: Environment, url: string | undefined): Promise<Subject> {
  const faults: SettingFault[] = [];
  const auth = isHere('auth') ? await readAuth(environment, faults) : undefined;
  const api = isHere('api') ? await readApi(environment, auth, faults) : undefined;
  if (faults.length > 0) throw new SettingsWrong(faults);
  const resource = url === undefined ? (auth?.resources[0] ?? api?.resource ?? '') : toResource(url);
  if (url !== undefined && isElsewhere(environment, auth)) {
    const nothing = { issuer: undefined, authAddress: undefined, apiAddress: undefined };
    return { resource, ...nothing, auth: undefined, api: undefined };
  }
  return {
    resource,
    issuer: auth?.issuer ?? api?.issuer,
    authAddress: addressOfAuth(environment, auth, api),
    apiAddress: addressOfApi(environment, api),
    auth,
    api,
  };
}

async function readAuth(environment: Environment, faults: SettingFault[]): Promise<AuthConfig | undefined> {
  const { parseConfig, SettingsRefused } = await import('../../auth/config.ts');
  try {
    return parseConfig(environment);
  } catch (error) {
    if (!(error instanceof SettingsRefused)) throw error;
    faults.push(...error.faults.map((fault) => ({ service: 'loop-auth', fault })));
    return undefined;
  }
}

async function readApi(
  environment: Environment,
  auth: AuthConfig | undefined,
  faults: SettingFault[],
): Promise<ApiConfig | undefined> {
  const { InvalidConfiguration, parseConfig } = await import('../../api/config.ts');
  const isGiven = environment['API_CLIENT_SECRET'] || environment['API_CLIENT_SECRET_FILE'];
  try {
    // As npm start hands it over.
    return parseConfig(
      isGiven ? environment : { ...environment, API_CLIENT_SECRET_FILE: auth?.apiClientSecretPath },
    );
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    const told = error.faults.map(
      ({ name, read, allowed, mend }) => `${name}: read ${read}; allowed: ${allowed}. ${mend}`,
    );
    faults.push(...told.map((fault) => ({ service: 'loop-api', fault })));
    return undefined;
  }
}

/** The MCP URL where only its host was typed. */
function toResource(url: string): string {
  return /^https?:\/\/[^/]+\/?$/.test(url) ? `${url.replace(/\/$/, '')}/mcp` : url;
}

/** Whether nothing here is of the loop that was asked for: no setting, and no database that a start without any made. */
function isElsewhere(environment: Environment, auth: AuthConfig | undefined): boolean {
  const isSet = Object.keys(environment).some((name) => /^(AUTH|API)_/.test(name) && environment[name]);
  return !isSet && !existsSync(auth?.databaseUrl.replace(/^sqlite:/, '') ?? '');
}

function addressOfAuth(
  environment: Environment,
  auth: AuthConfig | undefined,
  api: ApiConfig | undefined,
): string | undefined {
  if (environment['API_AUTH_URL'] || !auth) return api?.authOrigin;
  return listeningAt(auth);
}

function addressOfApi(environment: Environment, api: ApiConfig | undefined): string | undefined {
  // Its name in compose.yaml, which loop-auth's settings don't have.
  if (!api) return environment['LOOP_IMAGE'] ? 'http://loop-api:8082' : undefined;
  return listeningAt(api);
}

function listeningAt({ host, port }: { readonly host: string; readonly port: number }): string {
  const reached = /^(0\.0\.0\.0|::)$/.test(host) ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
