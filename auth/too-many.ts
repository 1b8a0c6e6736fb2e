// The refusal of what comes too often: said with how long to wait, never as anybody's fault that can't be mended.
import { errors } from 'oidc-provider';

interface Answering {
  readonly set: (field: string, value: string) => void;
}

/** Nothing was checked, stored or used up. */
class TooMany extends errors.OIDCProviderError {
  override readonly error_description: string;
  // Nobody is sent on with it: whoever asks too often sees a page.
  override allow_redirect = false;

  constructor(status: number, error: string, description: string) {
    super(status, error);
    this.error_description = description;
    // The library takes every status from 500 on for a failure of its own.
    this.expose = true;
  }
}

/** Throws 429 for what a stranger can ask. */
export function refuseStranger(ctx: Answering | undefined, waitSeconds: number, what: string): never {
  ctx?.set('Retry-After', String(waitSeconds));
  throw new TooMany(429, 'too_many_requests', `${what}; try again in ${waitSeconds} seconds`);
}

/** Throws 503 where a client has a connection to lose: it keeps its tokens on this and comes again. */
export function askLater(ctx: Answering | undefined, waitSeconds: number, what: string): never {
  ctx?.set('Retry-After', String(waitSeconds));
  throw new TooMany(503, 'temporarily_unavailable', `${what}; try again in ${waitSeconds} seconds`);
}
