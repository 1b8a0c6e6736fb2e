// How many bytes this process holds for clients: bodies being read, calls that run, answers not taken yet. By account and over all.
import type { RequestHandler, Response } from 'express';
import { RequestRefused } from '../http/errors.ts';
import { leaveTogether } from './rounds.ts';

/**
 * Compose gives loop-api 256 MB, of which some 130 are its own and 60 what a few large notes take while they are read
 * (sharing/turns.ts). An answer is 0.3 MB at most (answers/size.ts): a hundred that nobody takes, 50 of one account.
 */
export const heldLimits = { account: 16 * 1024 * 1024, all: 32 * 1024 * 1024 };
/** What a call costs beside its body and its answer: sockets, headers, an MCP server. */
const callBytes = 64 * 1024;
const largestBody = 1024 * 1024;
/** A client that takes nothing of its answer for so long is gone, or wants us to hold it. */
const patienceMs = 60_000;

/** The bytes of one call or stream, counted until it is closed. */
export interface Holding {
  /** Throws RequestRefused (503) where so many would be too much, and then leaves it as it was. */
  raise(bytes: number): void;
  /** Says what is held now, where nothing new was asked for. */
  set(bytes: number): void;
  close(): void;
}

export class HeldBytes {
  readonly #limits: typeof heldLimits;
  readonly #onChange: (all: number) => void;
  readonly #accounts = new Map<string, number>();
  #all = 0;

  constructor(limits = heldLimits, onChange: (all: number) => void = () => undefined) {
    this.#limits = limits;
    this.#onChange = onChange;
  }

  open(account: string): Holding {
    let held = 0;
    const set = (bytes: number): void => {
      this.#add(account, bytes - held);
      held = bytes;
    };
    return {
      set,
      raise: (bytes): void => {
        if (bytes > held) this.#refuseTooMuch(account, bytes - held);
        set(bytes);
      },
      close: () => set(0),
    };
  }

  #refuseTooMuch(account: string, more: number): void {
    const own = this.#accounts.get(account) ?? 0;
    if (own + more > this.#limits.account)
      throw busy('Too much that this account asked for is not taken yet');
    if (this.#all + more > this.#limits.all) throw busy('loop-api has too much to answer just now');
  }

  #add(account: string, more: number): void {
    this.#all += more;
    this.#onChange(this.#all);
    const own = (this.#accounts.get(account) ?? 0) + more;
    if (own > 0) this.#accounts.set(account, own);
    else this.#accounts.delete(account);
  }
}

// Not 429 for the account either: clients of MCP take 503 for what passes, and none for a reason to sign in.
function busy(what: string): RequestRefused {
  return new RequestRefused({
    status: 503,
    error: 'temporarily_unavailable',
    message: `${what}; try again`,
    headers: { 'Retry-After': '2' },
  });
}

/** Holds a call and the body it announces until its answer is taken. For after the token, before the body is read. */
export function holdCall(heldBytes: HeldBytes): RequestHandler {
  return (req, res, next) => {
    const { subject } = res.locals['principal'] as { subject: string };
    const holding = heldBytes.open(subject);
    holding.raise(callBytes + bodyBytes(req.headers));
    res.locals['holding'] = holding;
    res.once('close', () => holding.close());
    next();
  };
}

function bodyBytes(headers: Readonly<Record<string, unknown>>): number {
  if (headers['transfer-encoding'] !== undefined) return largestBody;
  return Math.min(Number(headers['content-length'] ?? 0) || 0, largestBody);
}

/** UTF-16 units: what node hands to the kernel in one piece with the head, and keeps in `callBytes` where it can't. */
const shortAnswer = 4096;

/** Answers with `json` and counts it until it is taken. Throws RequestRefused (503) where there is no room for it. */
export function sendHeld(res: Response, json: string | Uint8Array): void {
  // A longer one as bytes: of a string Node would keep up to three times as many.
  const body = typeof json === 'string' && json.length > shortAnswer ? Buffer.from(json) : json;
  const length = Buffer.byteLength(body);
  const holding: Holding = res.locals['holding'];
  holding.raise(callBytes + length);
  endWhenIgnored(res);
  if (!res.hasHeader('Content-Type')) res.setHeader('Content-Type', 'application/json');
  res.setHeader('Content-Length', length);
  leaveTogether(() => res.end(body));
}

/** Cuts the connection of a client that takes nothing of what waits for it. */
export function endWhenIgnored(res: Response, afterMs = patienceMs): void {
  res.setTimeout(afterMs, () => res.destroy());
}
