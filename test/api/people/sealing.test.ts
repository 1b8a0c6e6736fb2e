// What a browser keeps for loop-api: only what was sealed here, for its purpose, in its time, under the secret of today.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseConfig } from '../../../api/config.ts';
import { createSeal } from '../../../api/people/sealing.ts';

const now = () => Math.floor(Date.now() / 1_000);
const sealOf = (secret: string) => createSeal({ read: () => secret });

t.test('what was sealed is opened for its purpose alone', async (t) => {
  const seal = sealOf('a secret');
  const sealed = await seal.close('session', { token: 'x' }, now() + 60);
  t.match(await seal.open('session', sealed), { token: 'x' });
  t.equal(await seal.open('sign-in', sealed), undefined);
  t.match(await sealOf('a secret').open('session', sealed), { token: 'x' }, 'also by another process');
  t.equal(await sealOf('another').open('session', sealed), undefined);
  t.equal(await seal.open('session', await seal.close('session', {}, now() - 60)), undefined, 'over');
  for (const other of [undefined, '', 'a.b.c.d.e', `${sealed}x`, 'A'.repeat(1_000_000)]) {
    t.equal(await seal.open('session', other), undefined);
  }
});

t.test('a secret that loop-auth made anew is read again, and what was sealed before is over', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'loop-seal-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'secret');
  const { clientSecret } = parseConfig({ API_CLIENT_SECRET_FILE: path });
  const seal = createSeal(clientSecret);
  t.equal(await seal.open('session', 'a.b.c.d.e'), undefined, 'no secret yet');
  t.throws(() => seal.close('session', {}, now() + 60));
  await writeFile(path, 'the first secret');
  const before = await seal.close('session', { token: 'x' }, now() + 60);
  t.ok(await seal.open('session', before));
  await writeFile(path, 'the second secret');
  const after = await seal.close('session', { token: 'y' }, now() + 60);
  t.ok(await seal.open('session', after));
  t.equal(await seal.open('session', before), undefined);
});
