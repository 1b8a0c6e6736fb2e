// The gate's settings: parsed from an environment given as an argument, every fault listed at once.
import { z } from 'zod';
import type { ClientSecret } from '../config.ts';
import {
  count,
  describeFaults,
  InvalidConfiguration,
  isOrigin,
  parseHttpUrl,
  type SettingHelp,
  visible,
} from '../settings.ts';
import { parseRoutes, type Route } from './routes.ts';

export interface GateConfig {
  /** Byte for byte as configured: it is compared, never normalised. */
  issuer: string;
  /** The origin under which the issuer's endpoints are reached from here. */
  authOrigin: string;
  host: string;
  port: number;
  routes: readonly Route[];
  /** Of a credential that `seed-client --resource-server` made for all of them. */
  clientId: string;
  clientSecret: ClientSecret;
  cacheSeconds: number;
  staleSeconds: number;
}

const settings = z.object({
  AUTH_ISSUER: z
    .string()
    .refine((value) => parseHttpUrl(value) !== undefined)
    .default('http://localhost:8083'),
  API_AUTH_URL: z.string().refine(isOrigin).optional(),
  GATE_HOST: z.string().regex(/^\S+$/).default('127.0.0.1'),
  GATE_PORT: count(65_535).default(8084),
  GATE_ROUTES: z
    .string()
    .transform(parseRoutes)
    .pipe(z.custom<Route[]>((routes) => routes !== undefined)),
  GATE_CLIENT_ID: visible,
  GATE_CLIENT_SECRET: visible,
  API_INTROSPECTION_CACHE_SECONDS: count(60).default(30),
  API_INTROSPECTION_STALE_SECONDS: count(86_400).default(900),
});

type SettingName = keyof z.infer<typeof settings>;

const seedClient = 'npm run seed-client -- --resource-server prints it.';

const help: Record<SettingName, SettingHelp> = {
  AUTH_ISSUER: {
    allowed:
      'an http or https URL in ASCII without query, fragment or user name, such as https://auth.example',
    mend: 'Give the very string that loop-auth has as AUTH_ISSUER.',
  },
  API_AUTH_URL: {
    allowed: 'an http or https URL without a path, such as http://loop-auth:8083',
    mend: 'Leave it out when loop-auth is reached at AUTH_ISSUER.',
  },
  GATE_HOST: {
    allowed: 'an address or host name to listen on',
    mend: 'Use 127.0.0.1, or 0.0.0.0 in a container.',
  },
  GATE_PORT: { allowed: 'a whole number from 0 to 65535', mend: 'Use 8084, or 0 for any free port.' },
  GATE_ROUTES: {
    allowed:
      'PUBLIC_URL=UPSTREAM_URL, several with commas between them, such as https://nas.example/tasks/mcp=http://tasks:3000/mcp; each public URL once, http or https, without query and without % or dots as a part of the path; nothing behind = where a proxy asks /verify',
    mend: 'Give the address that people type into their MCP client, and the one at which the server is reached from here.',
  },
  GATE_CLIENT_ID: { allowed: 'visible ASCII characters', mend: seedClient },
  GATE_CLIENT_SECRET: { allowed: 'visible ASCII characters on one line', mend: seedClient },
  API_INTROSPECTION_CACHE_SECONDS: {
    allowed: 'a whole number from 0 to 60',
    mend: 'Use 30, or 0 to turn the cache off.',
  },
  API_INTROSPECTION_STALE_SECONDS: {
    allowed: 'a whole number from 0 to 86400',
    mend: 'Use 900, or 0 to refuse every token while loop-auth is away.',
  },
};

/** Every setting that the gate reads. */
export const settingNames: readonly string[] = Object.keys(settings.shape);

/** Throws InvalidConfiguration. */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): GateConfig {
  // compose hands an unset variable over as an empty one
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name in settings.shape && value !== ''),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    const wrong = new Set(parsed.error.issues.map((issue) => issue.path[0] as SettingName));
    throw new InvalidConfiguration('the gate', describeFaults(wrong, given, help));
  }
  const values = parsed.data;
  return {
    issuer: values.AUTH_ISSUER,
    authOrigin: new URL(values.API_AUTH_URL ?? values.AUTH_ISSUER).origin,
    host: values.GATE_HOST,
    port: values.GATE_PORT,
    routes: values.GATE_ROUTES,
    clientId: values.GATE_CLIENT_ID,
    clientSecret: { read: () => values.GATE_CLIENT_SECRET },
    cacheSeconds: values.API_INTROSPECTION_CACHE_SECONDS,
    staleSeconds: values.API_INTROSPECTION_STALE_SECONDS,
  };
}
