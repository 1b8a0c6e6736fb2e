// What is made of the server's keys, made anew when they were rotated: looked for every half minute.
import type { Logger } from 'pino';
import type { ServerKeys } from './server-keys.ts';

export interface Keyed<Made> {
  readonly read: () => Promise<ServerKeys>;
  readonly create: (keys: ServerKeys) => Made;
  readonly log: Logger;
}

export interface FollowedKeys<Made> {
  readonly current: () => Made;
  /** Looks now. Throws what reading the keys throws; the old ones stay in use. */
  readonly refreshKeys: () => Promise<void>;
  readonly stop: () => void;
}

const keyCheckMs = 30_000;

/** The library builds its key set in its constructor, so another set takes another application behind the listener. */
export function followKeys<Made>(first: ServerKeys, { read, create, log }: Keyed<Made>): FollowedKeys<Made> {
  let keys = first;
  let current = create(keys);
  const refreshKeys = async (): Promise<void> => {
    const found = await read();
    if (found.fingerprint === keys.fingerprint) return;
    keys = found;
    current = create(keys);
    log.info({ kid: keys.signing[0]?.kid }, 'other keys are in use');
  };
  const keepOld = (error: unknown): void =>
    log.error({ err: error }, 'the keys could not be read; the old ones stay in use');
  const timer = setInterval(() => void refreshKeys().catch(keepOld), keyCheckMs).unref();
  return { current: () => current, refreshKeys, stop: () => clearInterval(timer) };
}
