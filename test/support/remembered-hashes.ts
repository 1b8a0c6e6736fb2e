// A hash of a password is made once in a process, by scrypt itself; whoever asks again for the same password with the same salt
// and cost gets the same bytes. Each takes as much as a hundred answers of loop-auth, and Ann signs in in nearly every test.
// Who tests what that costs and how many wait for it says `hashEachTime(t)`.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { Test } from 'tap';

type Done = (error: Error | null, key: Buffer) => void;

const { scrypt } = crypto;
const made = new Map<string, Buffer>();

function remember(
  password: string,
  salt: Buffer,
  bytes: number,
  cost: crypto.ScryptOptions,
  done: Done,
): void {
  const asked = JSON.stringify([password, salt.toString('hex'), bytes, cost]);
  const key = made.get(asked);
  if (key !== undefined) return void setImmediate(done, null, Buffer.from(key));
  scrypt(password, salt, bytes, cost, (error, fresh) => {
    if (!error) made.set(asked, Buffer.from(fresh));
    done(error, fresh);
  });
}

/** Each is made anew until the test ends, in all of this process. */
export function hashEachTime(t: Test): void {
  use(scrypt);
  t.teardown(() => use(remember));
}

function use(hash: typeof scrypt | typeof remember): void {
  Object.assign(crypto, { scrypt: hash });
  syncBuiltinESMExports();
}

use(remember);
