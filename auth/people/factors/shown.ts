// By what somebody has shown who they are, in the words that an ID token says it with (RFC 8176; acr: OpenID Connect Core 2).

/** `acr`: how many things one would have to steal. */
export const levels = { one: '1', two: '2' } as const;

export interface Shown {
  readonly amr?: string[];
  readonly acr: string;
  /** When, in epoch seconds, where it was not just now. */
  readonly ts?: number;
}

export const byPassword: Shown = { amr: ['pwd'], acr: levels.one };

/** The device has asked for its PIN, finger or face: it is had, and its owner is there. */
export function byPasskey(isSynced: boolean): Shown {
  return { amr: [isSynced ? 'swk' : 'hwk', 'user', 'mfa'], acr: levels.two };
}

// What RFC 8176 section 2 registers. A provider may say more with words of its own, which say nothing to an app of ours.
const methods =
  'face fpt geo hwk iris kba mca mfa otp pin pop pwd rba retina sc sms swk tel user vbm wia'.split(' ');

/** As far as the provider says how: two things only where it says so itself, and nothing where it says nothing. */
export function byUpstream(amr: unknown, ts: number | undefined): Shown {
  const said = Array.isArray(amr) ? methods.filter((method) => amr.includes(method)) : [];
  const acr = said.includes('mfa') ? levels.two : levels.one;
  return { acr, ...(said.length > 0 && { amr: said }), ...(ts !== undefined && { ts }) };
}

/** The code of ours after what was shown first; also a recovery code, which is a one-time password too. */
export function withCode({ amr = [], ts }: Shown): Shown {
  return { amr: [...new Set([...amr, 'otp', 'mfa'])], acr: levels.two, ...(ts !== undefined && { ts }) };
}
