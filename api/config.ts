// loop-api's settings: parsed from an environment given as an argument, every fault listed at once.
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import {
  count,
  describeFaults,
  InvalidConfiguration,
  isOrigin,
  parseHttpUrl,
  type SettingHelp,
  visible,
} from './settings.ts';
import type { Retention } from './vault/changes/retention.ts';
import { type HiddenPattern, parseHiddenPatterns } from './vault/hidden/patterns.ts';

/** Where loop-api's own credential comes from. `path` is set when it is a file, which loop-auth may write later. */
export interface ClientSecret {
  path?: string;
  /** Reads the secret now. Throws when the file can't be read or is empty. */
  read(): string;
}

export interface Config {
  /** Byte for byte as configured: it is compared, never normalised. */
  issuer: string;
  /** The origin under which the issuer's endpoints are reached from here. */
  authOrigin: string;
  /** Byte for byte as configured (RFC 8707). */
  resource: string;
  host: string;
  port: number;
  /** Where /metrics is served, on the same host; undefined: nowhere. */
  metricsPort: number | undefined;
  /** How many processes answer; 1: this one alone. */
  workers: number;
  clientId: string;
  clientSecret: ClientSecret;
  cacheSeconds: number;
  staleSeconds: number;
  sse: boolean;
  vaultDirectory: string;
  /** What pages call the vault, and what `obsidian://` links name. */
  vaultName: string;
  indexPath: string;
  /** What of the vault nobody is shown. */
  hidden: HiddenPattern[];
  /** An IANA time zone; undefined: the process's. */
  timeZone: string | undefined;
  /** Of what clients have changed, for undoing it. */
  retention: Retention;
}

// Nothing but an exact `/mcp` at the end: the sibling identifier replaces that segment, and clients compare bytes.
const isResource = (value: string): boolean =>
  parseHttpUrl(value)?.pathname.endsWith('/mcp') === true && value.endsWith('/mcp');
// An offset alone is no zone: it is wrong for half of the year where clocks are changed.
function isTimeZone(value: string): boolean {
  try {
    return /^[a-z]/i.test(value) && new Intl.DateTimeFormat('en', { timeZone: value }) !== undefined;
  } catch {
    return false;
  }
}

const hiddenPatterns = z
  .string()
  .transform(parseHiddenPatterns)
  .pipe(z.array(z.custom<HiddenPattern>((pattern) => pattern !== undefined)));

const settings = z.object({
  AUTH_ISSUER: z
    .string()
    .refine((value) => parseHttpUrl(value) !== undefined)
    .default('http://localhost:8083'),
  API_RESOURCE: z.string().refine(isResource).default('http://localhost:8082/mcp'),
  API_AUTH_URL: z.string().refine(isOrigin).optional(),
  API_HOST: z.string().regex(/^\S+$/).default('127.0.0.1'),
  API_PORT: count(65_535).default(8082),
  API_METRICS_PORT: count(65_535).optional(),
  API_WORKERS: count(16)
    .refine((workers) => workers > 0)
    .default(1),
  API_CLIENT_ID: visible.default('loop-api'),
  API_CLIENT_SECRET: visible.optional(),
  API_CLIENT_SECRET_FILE: z.string().optional(),
  API_INTROSPECTION_CACHE_SECONDS: count(60).default(30),
  API_INTROSPECTION_STALE_SECONDS: count(86_400).default(900),
  API_SSE: z.enum(['on', 'off']).default('on'),
  API_VAULT_DIR: z.string().default(fileURLToPath(new URL('sample-vault', import.meta.url))),
  API_INDEX_PATH: z.string().default('data/index.db'),
  API_VAULT_NAME: z
    .string()
    .regex(/^[^\p{C}]{1,100}$/u)
    .optional(),
  API_HIDDEN: hiddenPatterns.default([]),
  API_TIME_ZONE: z.string().refine(isTimeZone).optional(),
  API_CHANGES_DAYS: count(36_500).default(90),
  API_CHANGES_MB: count(1_000_000).default(200),
});

/** Every setting that loop-api reads. */
export const settingNames: readonly string[] = Object.keys(settings.shape);

type SettingName = keyof z.infer<typeof settings>;

const help: Record<SettingName, SettingHelp> = {
  AUTH_ISSUER: {
    allowed:
      'an http or https URL in ASCII without query, fragment or user name, such as https://auth.example',
    mend: 'Give the very string that loop-auth has as AUTH_ISSUER.',
  },
  API_RESOURCE: {
    allowed: 'an http or https URL in ASCII that ends in /mcp, such as https://notes.example/mcp',
    mend: 'Give the address that people type into their MCP client.',
  },
  API_AUTH_URL: {
    allowed: 'an http or https URL without a path, such as http://loop-auth:8083',
    mend: 'Leave it out when loop-auth is reached at AUTH_ISSUER.',
  },
  API_HOST: {
    allowed: 'an address or host name to listen on',
    mend: 'Use 127.0.0.1, or 0.0.0.0 in a container.',
  },
  API_PORT: { allowed: 'a whole number from 0 to 65535', mend: 'Use 8082, or 0 for any free port.' },
  API_METRICS_PORT: {
    allowed: 'a whole number from 0 to 65535, not that of API_PORT',
    mend: 'Leave it out to serve /metrics nowhere.',
  },
  API_WORKERS: {
    allowed: 'a whole number from 1 to 16',
    mend: 'Leave it out for 1; more than there are processor cores are of no use.',
  },
  API_CLIENT_ID: { allowed: 'visible ASCII characters', mend: 'Use loop-api.' },
  API_CLIENT_SECRET: {
    allowed: 'visible ASCII characters on one line',
    mend: 'Give loop-auth and loop-api the same value, or leave it out for both.',
  },
  API_CLIENT_SECRET_FILE: { allowed: 'the path of a file', mend: 'The file may be made later.' },
  API_INTROSPECTION_CACHE_SECONDS: {
    allowed: 'a whole number from 0 to 60',
    mend: 'Use 30, or 0 to turn the cache off.',
  },
  API_INTROSPECTION_STALE_SECONDS: {
    allowed: 'a whole number from 0 to 86400',
    mend: 'Use 900, or 0 to refuse every token while loop-auth is away.',
  },
  API_SSE: { allowed: 'on or off', mend: 'Leave it out for on.' },
  API_VAULT_DIR: { allowed: 'the path of a folder', mend: 'Leave it out for the sample vault.' },
  API_INDEX_PATH: { allowed: 'the path of a file', mend: 'Leave it out for data/index.db.' },
  API_VAULT_NAME: {
    allowed: 'up to 100 characters that can be seen',
    mend: "Leave it out for the folder's name.",
  },
  API_HIDDEN: {
    allowed:
      'paths below the vault with commas between them, such as Private, Work/*.draft.md, **/Diary: * and ? for characters of a name, ** for folders; no other signs ([ ] { } ! \\)',
    mend: 'Put ? for a sign that is not allowed.',
  },
  API_TIME_ZONE: {
    allowed: 'the IANA name of a time zone, such as Asia/Seoul',
    mend: "Leave it out for the process's.",
  },
  API_CHANGES_DAYS: {
    allowed: 'a whole number from 0 to 36500',
    mend: 'Use 90; with 0 the last change alone is kept.',
  },
  API_CHANGES_MB: {
    allowed: 'a whole number from 0 to 1000000',
    mend: 'Use 200; with 0 the last change alone is kept.',
  },
};

export { InvalidConfiguration };

/** Throws InvalidConfiguration. Reads no file but, later and on demand, the secret's. */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  // compose hands an unset variable over as an empty one
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name in settings.shape && value !== ''),
  );
  // Read once: zod would write and compile a function for it first, which takes a tenth of the start.
  const parsed = settings.safeParse(given, { jitless: true });
  const wrong = new Set(parsed.error?.issues.map((issue) => issue.path[0] as SettingName));
  if (isSamePort(given['API_METRICS_PORT'], given['API_PORT'])) wrong.add('API_METRICS_PORT');
  if (!parsed.success || wrong.size > 0)
    throw new InvalidConfiguration('loop-api', describeFaults(wrong, given, help));
  const values = parsed.data;
  const vaultDirectory = resolve(values.API_VAULT_DIR);
  return {
    issuer: values.AUTH_ISSUER,
    authOrigin: new URL(values.API_AUTH_URL ?? values.AUTH_ISSUER).origin,
    resource: values.API_RESOURCE,
    host: values.API_HOST,
    port: values.API_PORT,
    metricsPort: values.API_METRICS_PORT,
    workers: values.API_WORKERS,
    clientId: values.API_CLIENT_ID,
    clientSecret: createClientSecret(values.API_CLIENT_SECRET, values.API_CLIENT_SECRET_FILE),
    cacheSeconds: values.API_INTROSPECTION_CACHE_SECONDS,
    staleSeconds: values.API_INTROSPECTION_STALE_SECONDS,
    sse: values.API_SSE === 'on',
    vaultDirectory,
    vaultName: values.API_VAULT_NAME ?? basename(vaultDirectory),
    indexPath: resolve(values.API_INDEX_PATH),
    hidden: values.API_HIDDEN,
    timeZone: values.API_TIME_ZONE,
    retention: { days: values.API_CHANGES_DAYS, size: values.API_CHANGES_MB * 1024 * 1024 },
  };
}

// 0 is any free port, another each time.
function isSamePort(metricsPort: string | undefined, port = '8082'): boolean {
  return metricsPort !== undefined && Number(metricsPort) !== 0 && Number(metricsPort) === Number(port);
}

// A value wins over a file: compose names the file in any case, and the value only where somebody chose one.
function createClientSecret(secret: string | undefined, file: string | undefined): ClientSecret {
  if (secret !== undefined) return { read: (): string => secret };
  const path = resolve(file ?? 'data/api-client-secret');
  return { path, read: (): string => readSecretFile(path) };
}

function readSecretFile(path: string): string {
  const secret = readFileSync(path, 'utf8').trim();
  if (secret === '') throw new Error('the secret file is empty');
  return secret;
}
