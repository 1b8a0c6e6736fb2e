// Bytes on the disk: what is synced before a change counts as made, and what happens to a file in the last moment.
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { createFile, moveFile, moveFolder, replaceFile } from '../../../../api/vault/writing/atomic-file.ts';
import { leaveCaseAside } from '../../../support/case-aside.ts';

async function makeFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'atomic-test-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

/** The names of what is synced while `work` runs, each with the names that the folder has at that moment. */
async function watchSyncs(
  folder: string,
  work: () => Promise<unknown>,
): Promise<[name: string, names: string[]][]> {
  const handle = await open(folder, 'r');
  const prototype = Object.getPrototypeOf(handle) as { fd: number; sync(): Promise<void> };
  await handle.close();
  const { sync } = prototype;
  const synced: [string, string[]][] = [];
  prototype.sync = function (this: typeof prototype): Promise<void> {
    const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
    synced.push([basename(readlinkSync(`/proc/self/fd/${this.fd}`)), names]);
    return sync.call(this);
  };
  try {
    await work();
  } finally {
    prototype.sync = sync;
  }
  return synced;
}

t.test(
  'a change is on the disk when it resolves: the bytes before they have a name, then the name',
  async (t) => {
    const folder = await makeFolder(t);
    const path = join(folder, 'a.md');
    const name = basename(folder);
    const temporary = /^\.loop-.*\.tmp$/;
    t.match(await watchSyncs(folder, () => createFile(path, Buffer.from('one'))), [
      [temporary, []],
      [name, ['a.md']],
    ]);
    const stats = statSync(path);
    t.match(
      await watchSyncs(folder, () =>
        replaceFile(path, Buffer.from('two'), stats, async () => statSync(path)),
      ),
      [
        [temporary, ['a.md']],
        [name, ['a.md']],
      ],
    );
    const move = () => moveFile(path, join(folder, 'b.md'), async () => statSync(path));
    t.match(await watchSyncs(folder, move), [
      [name, ['b.md']],
      [name, ['b.md']],
    ]);
    t.equal(await readFile(join(folder, 'b.md'), 'utf8'), 'two');
  },
);

t.test('a writer that lost its lock changes nothing', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'a.md');
  await writeFile(path, 'old');
  const stats = statSync(path);
  const loseLock = async () => {
    const lock = readdirSync(folder).find((name) => name.endsWith('.lock')) ?? '';
    writeFileSync(join(folder, lock), 'of another');
    return statSync(path);
  };
  await t.rejects(replaceFile(path, Buffer.from('new'), stats, loseLock), { message: /lock/ });
  t.equal(await readFile(path, 'utf8'), 'old');
  const lock = readdirSync(folder).find((name) => name.endsWith('.lock')) ?? '';
  rmSync(join(folder, lock));
  await t.rejects(moveFile(path, join(folder, 'b.md'), loseLock), { message: /lock/ });
  t.same(
    readdirSync(folder).filter((name) => !name.endsWith('.lock')),
    ['a.md'],
    'and leaves nothing half done',
  );
});

t.test(
  'an edit between the last look and the change is looked at again, and never overwritten',
  async (t) => {
    const folder = await makeFolder(t);
    const path = join(folder, 'a.md');
    await writeFile(path, 'old');
    const stats = statSync(path);
    let looks = 0;
    const verify = async () => {
      looks += 1;
      const seen = statSync(path);
      if (looks === 1) appendFileSync(path, ' and edited');
      else throw new Error('it is another one now');
      return seen;
    };
    await t.rejects(replaceFile(path, Buffer.from('new'), stats, verify), {
      message: 'it is another one now',
    });
    t.equal(await readFile(path, 'utf8'), 'old and edited');
    t.equal(looks, 2);
    looks = 0;
    await t.rejects(moveFile(path, join(folder, 'b.md'), verify), { message: 'it is another one now' });
    t.same(readdirSync(folder), ['a.md'], 'nothing half done is left');
  },
);

t.test('a file that changes all the time is left alone', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'a.md');
  await writeFile(path, '');
  const verify = async () => {
    const seen = statSync(path);
    appendFileSync(path, 'x');
    return seen;
  };
  await t.rejects(replaceFile(path, Buffer.from('new'), statSync(path), verify), { message: /all the time/ });
  t.match(await readFile(path, 'utf8'), /^x+$/);
});

t.test(
  'a name changes its case alone where a disk leaves case aside, and is taken for any other',
  async (t) => {
    const folder = await makeFolder(t);
    const verify = (name: string) => () => Promise.resolve(lstatSync(join(folder, name)));
    writeFileSync(join(folder, 'note.md'), 'x');
    writeFileSync(join(folder, 'other.md'), 'y');
    mkdirSync(join(folder, 'box'));
    leaveCaseAside(t);
    t.ok(await moveFile(join(folder, 'note.md'), join(folder, 'Note.md'), verify('note.md')));
    t.ok(await moveFolder(join(folder, 'box'), join(folder, 'BOX')));
    t.same(readdirSync(folder).sort(), ['BOX', 'Note.md', 'other.md']);
    t.equal(await readFile(join(folder, 'Note.md'), 'utf8'), 'x');
  },
);
