// The settings that name an identity provider beside us, and who may sign in by it.
import { isIP } from 'node:net';
import { z } from 'zod';
import { isPublicAddress } from '../../clients/hosts/public-address.ts';

/** Who is let in: whoever one of these fits, and nobody else. */
export interface AllowRules {
  readonly subjects: readonly string[];
  /** In lower case. */
  readonly emails: readonly string[];
  readonly groups: readonly string[];
}

export interface UpstreamSettings {
  /** Byte for byte as the provider says it of itself. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What pages call it. */
  readonly name: string;
  readonly allow: AllowRules;
}

// Plain http shows the secret and every code to whoever listens: only where that is this machine or this house.
function isAllowedIssuer(value: string): boolean {
  const url = URL.parse(value);
  if (!url || /[?#@\s]/.test(value)) return false;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isNear = isIP(host) === 0 ? /(^|\.)localhost$/.test(host) : !isPublicAddress(host);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isNear);
}

const kinds = { sub: 'subjects', email: 'emails', group: 'groups' } as const;

/** Undefined for an entry that is none. */
function readEntry(entry: string): { kind: keyof AllowRules; value: string } | undefined {
  const at = entry.indexOf(':');
  const word = at < 0 ? '' : entry.slice(0, at);
  const value = entry.slice(at + 1).trim();
  const isEmail = /^[^@\s:]+@[^@\s:]+$/.test(value);
  if (word === '') return at < 0 && isEmail ? { kind: 'emails', value: value.toLowerCase() } : undefined;
  if (!Object.hasOwn(kinds, word) || value === '') return undefined;
  const kind = kinds[word as keyof typeof kinds];
  if (kind !== 'emails') return { kind, value };
  return isEmail ? { kind, value: value.toLowerCase() } : undefined;
}

const entriesOf = (value: string): string[] =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);

export const upstreamSettings = {
  AUTH_UPSTREAM_ISSUER: z
    .string()
    .refine(
      isAllowedIssuer,
      'allowed: the provider’s issuer as its /.well-known/openid-configuration says it, an https URL; http only on ' +
        'this machine or an address of the home network',
    )
    .optional(),
  AUTH_UPSTREAM_CLIENT_ID: z
    .string()
    .regex(/^[\x20-\x7e]+$/, 'allowed: visible ASCII')
    .optional(),
  AUTH_UPSTREAM_CLIENT_SECRET: z
    .string()
    .regex(/^[\x20-\x7e]+$/, 'allowed: visible ASCII')
    .optional(),
  AUTH_UPSTREAM_NAME: z
    .string()
    .regex(/^[^\p{Cc}\p{Cf}]{1,40}$/u, 'allowed: 1 to 40 characters')
    .optional(),
  AUTH_UPSTREAM_ALLOW: z
    .string()
    .refine(
      (value) => entriesOf(value).length > 0 && entriesOf(value).every(readEntry),
      'allowed: e-mail addresses, sub:SUBJECT or group:NAME, separated by commas, such as ann@example.com,group:home',
    )
    .transform((value) => toRules(entriesOf(value)))
    .optional(),
  AUTH_LOCAL_SIGN_IN: z
    .enum(['on', 'off', 'true', 'false'], 'allowed: on or off')
    .transform((value) => value === 'on' || value === 'true')
    .default(true),
};

/** Of a misspelt entry nothing is taken: the start stops over it. */
function toRules(entries: readonly string[]): AllowRules {
  const rules = { subjects: [] as string[], emails: [] as string[], groups: [] as string[] };
  for (const entry of entries) {
    const read = readEntry(entry);
    if (read) rules[read.kind].push(read.value);
  }
  return rules;
}

type Given = Readonly<Record<string, string | undefined>>;

const needed = ['AUTH_UPSTREAM_CLIENT_ID', 'AUTH_UPSTREAM_CLIENT_SECRET', 'AUTH_UPSTREAM_ALLOW'] as const;
const companions = [...needed, 'AUTH_UPSTREAM_NAME'] as const;

/** What one of these settings lacks without the other. */
export function findUpstreamFaults(given: Given): string[] {
  const hasIssuer = given['AUTH_UPSTREAM_ISSUER'] !== undefined;
  const isOff = ['off', 'false'].includes(given['AUTH_LOCAL_SIGN_IN'] ?? 'on');
  const missing = hasIssuer ? needed.filter((name) => !given[name]) : [];
  const unread = hasIssuer ? [] : companions.filter((name) => given[name]);
  return [
    ...missing.map((name) => `${name}: not set; with AUTH_UPSTREAM_ISSUER it must be${hintFor(name)}`),
    ...unread.map((name) => `${name}: set, but only with AUTH_UPSTREAM_ISSUER it is read`),
    ...(isOff && !hasIssuer
      ? [
          'AUTH_LOCAL_SIGN_IN: read "off"; without AUTH_UPSTREAM_ISSUER nobody could sign in. Leave it out, or set both',
        ]
      : []),
  ];
}

function hintFor(name: string): string {
  return name === 'AUTH_UPSTREAM_ALLOW'
    ? ': who may sign in, e-mail addresses, sub:SUBJECT or group:NAME (nobody else is let in)'
    : '';
}

type Data = {
  readonly [Name in keyof typeof upstreamSettings]?: z.infer<(typeof upstreamSettings)[Name]> | undefined;
};

/** Undefined where there is no provider beside us. */
export function toUpstream(data: Data): UpstreamSettings | undefined {
  const { AUTH_UPSTREAM_ISSUER: issuer, AUTH_UPSTREAM_ALLOW: allow } = data;
  if (issuer === undefined || allow === undefined) return undefined;
  return {
    issuer,
    clientId: data.AUTH_UPSTREAM_CLIENT_ID ?? '',
    clientSecret: data.AUTH_UPSTREAM_CLIENT_SECRET ?? '',
    name: data.AUTH_UPSTREAM_NAME ?? new URL(issuer).host,
    allow,
  };
}
