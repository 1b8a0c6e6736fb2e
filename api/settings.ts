// What the settings of loop-api and of the gate have in common: kinds of values, and faults that are told all at once.
import { z } from 'zod';

export interface SettingFault {
  name: string;
  read: string;
  allowed: string;
  mend: string;
}

export interface SettingHelp {
  allowed: string;
  mend: string;
}

/** Thrown with every fault there is; the message lists them all, one a line. */
export class InvalidConfiguration extends Error {
  readonly faults: readonly SettingFault[];
  constructor(program: string, faults: readonly SettingFault[]) {
    const lines = faults.map(
      (fault) => `  ${fault.name}: read ${fault.read}; allowed: ${fault.allowed}. ${fault.mend}`,
    );
    super(`${program} can't start, ${faults.length} setting(s) are wrong:\n${lines.join('\n')}`);
    this.name = 'InvalidConfiguration';
    this.faults = faults;
  }
}

/** Without query, fragment or user name; undefined for anything else. */
export function parseHttpUrl(value: string): URL | undefined {
  // these strings stand in headers as they are: visible ASCII, and nothing that would end a quoted string (RFC 9110, section 5.6.4)
  const url = /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value) ? URL.parse(value) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
  return /[?#]/.test(value) ? undefined : url;
}

export const isOrigin = (value: string): boolean => parseHttpUrl(value)?.pathname === '/';

// RFC 6749 appendix A: client_id and client_secret are made of visible ASCII and space
export const visible = z.string().regex(/^[\x20-\x7e]+$/);

export const count = (max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().max(max));

export function describeFaults<Name extends string>(
  names: ReadonlySet<Name>,
  given: Readonly<Record<string, string | undefined>>,
  help: Readonly<Record<Name, SettingHelp>>,
): SettingFault[] {
  return [...names].map((name) => ({ name, read: showValue(name, given[name] ?? ''), ...help[name] }));
}

function showValue(name: string, value: string): string {
  if (name.endsWith('_SECRET')) return `a secret of ${value.length} characters`;
  // a password may have been written into a URL by mistake
  return JSON.stringify(value.replace(/\/\/[^/]*@/, '//…@'));
}
