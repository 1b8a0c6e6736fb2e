// A preload that ends the process, as SIGKILL does, before or in the middle of its n-th write to the file system.
// The program says with `globalThis.countWrites(n)` from where on it counts; kills.ts runs it. With `countWrites(n, act)`
// that is done instead, and the write goes on.
import fs, { type PathLike } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

let left = Number.POSITIVE_INFINITY;
let act: (() => void) | undefined;

Object.assign(globalThis, {
  countWrites: (n: number, instead?: () => void) => {
    left = n;
    act = instead;
  },
});

/** True where this is the one to end at. */
function isTurn(): boolean {
  left -= 1;
  if (left === 0) act?.();
  return left === 0 && act === undefined;
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

const dieInTurn = (): void => {
  if (isTurn()) die();
};

type Work = (...given: unknown[]) => unknown;

function patch(target: object, names: readonly string[], before: (...given: unknown[]) => void): void {
  const functions = target as Record<string, Work>;
  for (const name of names) {
    const original = functions[name];
    if (!original) throw new Error(`there is no ${name}`);
    functions[name] = function (this: unknown, ...given: unknown[]) {
      before.apply(this, given);
      return Reflect.apply(original, this, given);
    };
  }
}

const changing = ['rename', 'link', 'unlink', 'rm', 'rmdir', 'mkdir', 'copyFile', 'chmod', 'chown'];
patch(fs.promises, changing, dieInTurn);
patch(fs, ['renameSync', 'unlinkSync', 'rmSync', 'writeFileSync'], dieInTurn);
const makes = (flags: unknown): boolean =>
  typeof flags === 'number'
    ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0
    : flags !== undefined && flags !== 'r';
patch(fs.promises, ['open'], (_path, flags) => {
  if (makes(flags)) dieInTurn();
});
patch(fs.promises, ['writeFile'], (path, bytes, options) => {
  dieInTurn();
  if (isTurn()) {
    fs.writeFileSync(path as PathLike, halfOf(bytes), options as fs.WriteFileOptions);
    die();
  }
});

const handle = await fs.promises.open(process.execPath, 'r');
patch(Object.getPrototypeOf(handle), ['writeFile'], function (this: unknown, bytes) {
  dieInTurn();
  if (isTurn()) {
    fs.writeSync((this as { fd: number }).fd, halfOf(bytes));
    die();
  }
});
patch(Object.getPrototypeOf(handle), ['sync'], dieInTurn);
await handle.close();
syncBuiltinESMExports();

function halfOf(bytes: unknown): Uint8Array {
  const whole = Buffer.from(bytes as string);
  return whole.subarray(0, whole.length >> 1);
}
