// A sealed file: opens to the very bytes with its key, and not at all when anything of it was touched.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BackupRefused } from '../../../adapters/backups/copy.ts';
import { isSealed, sealFile, unsealFile } from '../../../adapters/backups/sealed-file.ts';
import { createFolder } from '../../support/databases.ts';

const key = 'a key of at least thirty-two signs';
const chunk = 64 * 1024;
const headBytes = 28 + 16;

t.test('a file of any length comes back byte for byte, and nothing of it is readable meanwhile', (t) => {
  const folder = createFolder(t);
  for (const bytes of [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk]) {
    const [clear, sealed, opened] = ['clear', 'sealed', 'opened'].map((name) =>
      join(folder, `${name}-${bytes}`),
    ) as [string, string, string];
    const content = Buffer.concat([
      Buffer.from('ann').subarray(0, bytes),
      randomBytes(Math.max(0, bytes - 3)),
    ]);
    writeFileSync(clear, content);
    sealFile(clear, sealed, key);
    t.ok(isSealed(sealed));
    t.notOk(isSealed(clear));
    t.equal(statSync(sealed).mode & 0o777, 0o600, 'for its owner only');
    t.notOk(bytes > 16 && readFileSync(sealed).includes(content.subarray(0, 16)));
    unsealFile(sealed, opened, key);
    t.ok(readFileSync(opened).equals(content), `${bytes} bytes`);
    t.equal(statSync(opened).mode & 0o777, 0o600);
  }
  t.end();
});

t.test('another key, a changed byte, a missing end, chunks in another order: nothing is opened', (t) => {
  const folder = createFolder(t);
  const [clear, sealed] = [join(folder, 'clear'), join(folder, 'sealed')];
  writeFileSync(clear, randomBytes(3 * chunk));
  sealFile(clear, sealed, key);
  const good = readFileSync(sealed);
  const pieces = [0, 1, 2].map((number) =>
    good.subarray(headBytes + number * (chunk + 16), headBytes + (number + 1) * (chunk + 16)),
  );
  const [first, second, third] = pieces as [Buffer, Buffer, Buffer];
  const head = good.subarray(0, headBytes);
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  const touched: Record<string, Buffer> = {
    'its salt': flipped(headBytes - 1),
    'a byte of the first chunk': flipped(headBytes + 5),
    'a byte of the last tag': flipped(good.length - 1),
    'the last byte left away': good.subarray(0, -1),
    'the last chunk left away': Buffer.concat([head, first, second]),
    'all chunks left away': head,
    'two chunks exchanged': Buffer.concat([head, second, first, third]),
    'a chunk twice': Buffer.concat([head, first, first, second, third]),
    'something behind it': Buffer.concat([good, Buffer.from('more')]),
  };
  for (const [name, bytes] of Object.entries(touched)) {
    const [path, opened] = [join(folder, 'touched'), join(folder, 'opened')];
    writeFileSync(path, bytes);
    t.throws(() => unsealFile(path, opened, key), BackupRefused, name);
    t.notOk(existsSync(opened), `${name}: nothing is left`);
  }
  const opened = join(folder, 'opened');
  t.throws(() => unsealFile(sealed, opened, `${key}!`), /AUTH_ENCRYPTION_KEY is not the key/);
  t.notOk(existsSync(opened));
  t.end();
});
