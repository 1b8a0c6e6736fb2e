// loop-auth's settings: read from the environment, checked all at once, renamed to the names the code uses.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  findRegistrationFaults,
  type Registration,
  registrationSettings,
  toRegistration,
} from './clients/registration-settings.ts';
import {
  findUpstreamFaults,
  toUpstream,
  type UpstreamSettings,
  upstreamSettings,
} from './people/upstream/settings.ts';

export interface AuthConfig {
  /** The issuer identifier, byte for byte as configured (RFC 8414 section 2). */
  readonly issuer: string;
  readonly host: string;
  readonly port: number;
  /** Where /metrics is served, on the same host; undefined: nowhere. */
  readonly metricsPort: number | undefined;
  readonly databaseUrl: string;
  /** CIDRs of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly encryptionKey: string | undefined;
  /** Where a backup is put every night; undefined: none is made. */
  readonly backupFolder: string | undefined;
  /** How many backups stay there. */
  readonly backupsKept: number;
  readonly accessTokenSeconds: number;
  readonly refreshTokenIdleSeconds: number;
  readonly refreshGraceSeconds: number;
  /** After this a client that registered itself and never got a grant goes. */
  readonly unusedClientSeconds: number;
  readonly registration: Registration;
  /** Who else may say who somebody is; undefined: nobody. */
  readonly upstream: UpstreamSettings | undefined;
  /** Whether passwords and passkeys of ours sign in. */
  readonly isLocalSignInOn: boolean;
  /** Resource identifiers that loop-api answers for; the first is the default (RFC 8707). */
  readonly resources: readonly [string, string];
  readonly apiClientId: string;
  readonly apiClientSecret: string | undefined;
  /** Where a secret that loop-auth makes is handed over; undefined where there is no folder of ours (PostgreSQL). */
  readonly apiClientSecretPath: string | undefined;
}

/** Every fault of the environment, a line each. */
export class SettingsRefused extends Error {
  override readonly name = 'SettingsRefused';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `${faults.length === 1 ? 'a setting is' : `${faults.length} settings are`} wrong:\n  ${faults.join('\n  ')}`,
    );
    this.faults = faults;
  }
}

const secretNames = new Set([
  'API_CLIENT_SECRET',
  'AUTH_DATABASE_URL',
  'AUTH_ENCRYPTION_KEY',
  'AUTH_REGISTRATION_TOKEN',
  'AUTH_UPSTREAM_CLIENT_SECRET',
]);

const plainUrl = (allowed: string) =>
  z.string().refine((value) => {
    const url = URL.parse(value);
    return url !== null && /^https?:$/.test(url.protocol) && !/[?#@\s]/.test(value) && url.host !== '';
  }, allowed);

const whole = (what: string, least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, `allowed: ${what} from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `allowed: ${what} from ${least} to ${most}`);

const seconds = (least: number, most: number) => whole('whole seconds', least, most);

const isCidr = (value: string): boolean => {
  const [address = '', bits, ...rest] = value.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    rest.length === 0 && most >= 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
};

const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url);

const year = 365 * 24 * 3600;

const settings = z.object({
  AUTH_ISSUER: plainUrl(
    'allowed: an http(s) URL without query, fragment or user, such as https://auth.example',
  )
    .refine(
      (value) => !value.endsWith('/'),
      'allowed: no slash at the end; clients compare the issuer byte for byte',
    )
    .default('http://localhost:8083'),
  AUTH_HOST: z.string().default('127.0.0.1'),
  AUTH_PORT: port().default(8083),
  AUTH_METRICS_PORT: port().optional(),
  AUTH_DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)/, 'allowed: sqlite:PATH or postgres://USER@HOST/NAME')
    .default('sqlite:data/auth.db'),
  AUTH_TRUSTED_PROXIES: z
    .string()
    .transform((value) => value.split(/[\s,]+/).filter(Boolean))
    .refine(
      (list) => list.every(isCidr),
      'allowed: addresses or CIDRs separated by commas, such as 172.16.0.0/12',
    )
    .default([]),
  AUTH_ENCRYPTION_KEY: z
    .string()
    .min(32, 'allowed: at least 32 random characters, such as `openssl rand -base64 32` prints')
    .optional(),
  AUTH_BACKUP_DIR: z.string().optional(),
  AUTH_BACKUP_KEEP: whole('a whole number', 1, 1000).default(7),
  AUTH_ACCESS_TOKEN_SECONDS: seconds(60, 24 * 3600).default(3600),
  AUTH_REFRESH_TOKEN_IDLE_SECONDS: seconds(3600, 10 * year).default(7_776_000),
  AUTH_REFRESH_GRACE_SECONDS: seconds(0, 3600).default(60),
  AUTH_UNUSED_CLIENT_SECONDS: seconds(3600, year).default(2_592_000),
  ...registrationSettings,
  ...upstreamSettings,
  API_RESOURCE: plainUrl(
    'allowed: an http(s) URL without query or fragment, such as https://vault.example/mcp',
  )
    .refine((value) => value.endsWith('/mcp'), 'allowed: the URL of the MCP endpoint, which ends in /mcp')
    .default('http://localhost:8082/mcp'),
  API_CLIENT_ID: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'allowed: visible ASCII')
    .default('loop-api'),
  API_CLIENT_SECRET: z
    .string()
    .regex(/^[\x20-\x7e]{16,}$/, 'allowed: at least 16 characters of visible ASCII')
    .optional(),
  AUTH_API_SECRET_PATH: z.string().optional(),
});

/** Every setting that loop-auth reads. */
export const settingNames: readonly string[] = Object.keys(settings.shape);

function port() {
  return z
    .string()
    .regex(/^\d{1,5}$/, 'allowed: a port from 0 to 65535')
    .transform(Number)
    .refine((value) => value <= 65_535, 'allowed: a port from 0 to 65535');
}

// 0 is any free port, another each time.
function isSamePort(metricsPort: string | undefined, mainPort = '8083'): boolean {
  return metricsPort !== undefined && Number(metricsPort) !== 0 && Number(metricsPort) === Number(mainPort);
}

/** Throws SettingsRefused with every fault. `environment` is process.env or a test's own. */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): AuthConfig {
  const faults: string[] = [];
  const given: Record<string, string> = {};
  for (const name of settingNames) {
    const value = readSetting(environment, name, faults);
    if (value !== undefined) given[name] = value;
  }
  // Read once: zod would write and compile a function for it first, which takes a tenth of the start.
  const parsed = settings.safeParse(given, { jitless: true });
  faults.push(...(parsed.error?.issues ?? []).map((issue) => describeFault(issue, given)));
  faults.push(...findRegistrationFaults(given), ...findUpstreamFaults(given));
  if (isSamePort(given['AUTH_METRICS_PORT'], given['AUTH_PORT'])) {
    faults.push(
      `AUTH_METRICS_PORT: read "${given['AUTH_METRICS_PORT']}"; allowed: another port than AUTH_PORT`,
    );
  }
  if (isPostgres(given['AUTH_DATABASE_URL'] ?? '')) faults.push(...findPostgresFaults(given));
  if (!parsed.success || faults.length > 0) throw new SettingsRefused(faults);
  return toConfig(parsed.data);
}

function findPostgresFaults(given: Readonly<Record<string, string>>): string[] {
  const faults: string[] = [];
  if (!given['API_CLIENT_SECRET']) {
    faults.push(
      'API_CLIENT_SECRET: not set; with PostgreSQL it must be, the same for loop-auth and loop-api',
    );
  }
  if (given['AUTH_BACKUP_DIR']) {
    faults.push(
      `AUTH_BACKUP_DIR: read ${JSON.stringify(given['AUTH_BACKUP_DIR'])}; allowed: with SQLite only. Leave it out, ` +
        'and back PostgreSQL up by pg_dump (docs/storage.md)',
    );
  }
  return faults;
}

function describeFault({ path, message }: z.core.$ZodIssue, given: Readonly<Record<string, string>>): string {
  const name = String(path[0]);
  return `${name}: read ${readableValue(name, given[name] ?? '')}; ${message}`;
}

function readableValue(name: string, value: string): string {
  // Of a database's address only the user and password are secret.
  if (name === 'AUTH_DATABASE_URL') return JSON.stringify(withoutUser(value));
  return secretNames.has(name) ? 'a secret' : JSON.stringify(value);
}

function withoutUser(address: string): string {
  const start = address.indexOf('//') + 2;
  const end = address.lastIndexOf('@');
  return start < 2 || end < start ? address : `${address.slice(0, start)}…${address.slice(end)}`;
}

// An empty value counts as unset: compose hands over variables that nobody set as empty ones.
function readSetting(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  faults: string[],
): string | undefined {
  const value = environment[name] || undefined;
  const path = secretNames.has(name) ? environment[`${name}_FILE`] || undefined : undefined;
  if (path === undefined) return value;
  if (value !== undefined) faults.push(`${name}: set both directly and by ${name}_FILE; keep one`);
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    faults.push(
      `${name}_FILE: read ${JSON.stringify(path)}; that file can't be read (${(error as NodeJS.ErrnoException).code})`,
    );
    return undefined;
  }
}

function toConfig(data: z.infer<typeof settings>): AuthConfig {
  const sqlitePath = /^sqlite:(.+)/.exec(data.AUTH_DATABASE_URL)?.[1];
  return {
    issuer: data.AUTH_ISSUER,
    host: data.AUTH_HOST,
    port: data.AUTH_PORT,
    metricsPort: data.AUTH_METRICS_PORT,
    databaseUrl: data.AUTH_DATABASE_URL,
    trustedProxies: data.AUTH_TRUSTED_PROXIES,
    encryptionKey: data.AUTH_ENCRYPTION_KEY,
    backupFolder: data.AUTH_BACKUP_DIR,
    backupsKept: data.AUTH_BACKUP_KEEP,
    accessTokenSeconds: data.AUTH_ACCESS_TOKEN_SECONDS,
    refreshTokenIdleSeconds: data.AUTH_REFRESH_TOKEN_IDLE_SECONDS,
    refreshGraceSeconds: data.AUTH_REFRESH_GRACE_SECONDS,
    unusedClientSeconds: data.AUTH_UNUSED_CLIENT_SECONDS,
    registration: toRegistration(data),
    upstream: toUpstream(data),
    isLocalSignInOn: data.AUTH_LOCAL_SIGN_IN,
    resources: [data.API_RESOURCE, data.API_RESOURCE.replace(/\/mcp$/, '/sse')],
    apiClientId: data.API_CLIENT_ID,
    apiClientSecret: data.API_CLIENT_SECRET,
    apiClientSecretPath:
      sqlitePath && (data.AUTH_API_SECRET_PATH ?? join(dirname(sqlitePath), 'api-client-secret')),
  };
}
