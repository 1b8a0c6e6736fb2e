// The settings that say which apps may make themselves known here, by registration or by a document of their own.
import { z } from 'zod';
import type { AddressRule } from './redirects/addresses.ts';

export interface Registration {
  /** `hosts` takes apps of those hosts and of the person's own machine; `token` those that show it; `off` none. */
  readonly mode: 'open' | 'hosts' | 'token' | 'off';
  readonly hosts: readonly string[];
  readonly token: string | undefined;
}

export const registrationSettings = {
  AUTH_REGISTRATION: z
    .enum(['open', 'hosts', 'token', 'off'], 'allowed: open, hosts, token or off')
    .default('open'),
  AUTH_REGISTRATION_HOSTS: z
    .string()
    .transform((value) =>
      value
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    )
    .refine(
      (list) => list.every((host) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)),
      'allowed: host names separated by commas, such as chatgpt.com,claude.ai',
    )
    .default([]),
  AUTH_REGISTRATION_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'allowed: at least 16 characters of visible ASCII without spaces')
    .optional(),
};

type Given = Readonly<Record<string, string | undefined>>;

const companions = { hosts: 'AUTH_REGISTRATION_HOSTS', token: 'AUTH_REGISTRATION_TOKEN' } as const;

/** What one of these settings lacks without the other. */
export function findRegistrationFaults(given: Given): string[] {
  const mode = given['AUTH_REGISTRATION'];
  return Object.entries(companions).flatMap(([value, name]) => {
    if (mode === value && !given[name])
      return [`${name}: not set; with AUTH_REGISTRATION=${value} it must be`];
    if (mode !== value && given[name])
      return [
        `${name}: set, but only AUTH_REGISTRATION=${value} reads it (AUTH_REGISTRATION is ${mode ?? 'open'})`,
      ];
    return [];
  });
}

export function toRegistration(data: {
  readonly AUTH_REGISTRATION: Registration['mode'];
  readonly AUTH_REGISTRATION_HOSTS: readonly string[];
  readonly AUTH_REGISTRATION_TOKEN?: string | undefined;
}): Registration {
  return {
    mode: data.AUTH_REGISTRATION,
    hosts: data.AUTH_REGISTRATION_HOSTS,
    token: data.AUTH_REGISTRATION_TOKEN,
  };
}

/**
 * With `hosts`, a scheme of an app's own is the person's machine unless it reads like a host. One that is the reverse of
 * a host that is taken, or of one below it, is that host's own (RFC 8252 section 7.1).
 */
export function redirectRuleOf({ mode, hosts }: Registration): AddressRule {
  if (mode !== 'hosts') return () => true;
  const isOwn = (domain: string): boolean =>
    hosts.some((host) => domain === host || domain.endsWith(`.${host}`));
  return ({ protocol, hostname }) => {
    if (protocol === 'https:') return hosts.includes(hostname);
    const labels = protocol.slice(0, -1).split('.');
    return labels.length === 1 || isOwn(labels.reverse().join('.'));
  };
}

/** A document is a registration that nobody sent: it can't show a token. */
export function takesDocuments({ mode }: Registration): boolean {
  return mode === 'open' || mode === 'hosts';
}
