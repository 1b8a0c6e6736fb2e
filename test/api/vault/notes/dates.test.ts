// When a note was created: what front matter may say, and what stays known through changes of the file.
import { mkdir, mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { findStatedCreation } from '../../../../api/vault/notes/dates.ts';
import { openVault, type Vault } from '../../../../api/vault/vault.ts';
import { writerOf } from '../../../support/writer.ts';

t.test('front matter says it under the names that are in use, and else nothing', (t) => {
  const at = (text: string) => Date.parse(text) / 1000;
  const cases: [Record<string, unknown>, number | undefined][] = [
    [{ created: '2026-01-05' }, at('2026-01-05T00:00:00Z')],
    [{ Created: '2026-01-05 09:30' }, at('2026-01-05T09:30:00Z')],
    [{ 'date created': '2026-01-05T09:30:15.123Z' }, at('2026-01-05T09:30:15Z')],
    [{ created_at: '2026-01-05T09:30:15+09:00' }, at('2026-01-05T00:30:15Z')],
    [{ createdAt: '2026-01-05T09:30:15 -0100' }, at('2026-01-05T10:30:15Z')],
    [{ created: 'long ago', created_at: '2020-01-01' }, at('2020-01-01T00:00:00Z')],
    [{ created: '2026-02-30' }, undefined],
    [{ created: '2026-01-05T25:00' }, undefined],
    [{ created: '2026-01-05 or so' }, undefined],
    [{ created: 20260105 }, undefined],
    [{ created: ['2026-01-05'] }, undefined],
    [{ date: '2026-01-05' }, undefined],
    [{}, undefined],
  ];
  for (const [fields, expected] of cases) {
    t.equal(findStatedCreation(fields), expected, JSON.stringify(fields));
  }
  t.end();
});

t.test('a change of a note, by us or by others, leaves its created date', async (t) => {
  const top = await mkdtemp(join(tmpdir(), 'dates-test-'));
  const directory = join(top, 'notes');
  await mkdir(directory);
  const path = join(directory, 'a.md');
  await writeFile(path, 'old\n');
  await utimes(path, 1_000_000_000, 1_000_000_000);
  await writeFile(join(directory, 'stated.md'), '---\ncreated: 2020-02-02\n---\ntext\n');
  const open = async () => {
    const vault = await openVault({ directory, indexPath: join(top, 'index.db') });
    while (vault.progress().building) await setTimeout(10);
    return vault;
  };
  let vault = await open();
  t.teardown(async () => {
    await vault.close();
    await rm(top, { recursive: true });
  });
  const datesOf = async (of: Vault, id: string) => [
    (await of.readNote(id))?.createdAt,
    of.scan().notes.find((note) => note.id === id)?.createdAt,
  ];
  const first = [1_000_000_000, 1_000_000_000];
  const stated = [Date.parse('2020-02-02') / 1000, Date.parse('2020-02-02') / 1000];
  t.same(await datesOf(vault, 'a.md'), first);
  for (const id of ['a.md', 'stated.md']) {
    const revision = (await vault.readNote(id))?.revision ?? '';
    await writerOf(vault).append(id, { text: 'more', revision });
  }
  t.ok((await stat(path)).birthtimeMs > 1_000_000_000_000, 'the file is a new one');
  t.same(await datesOf(vault, 'a.md'), first, 'changed by a tool');
  t.same(await datesOf(vault, 'stated.md'), stated);
  await writeFile(join(top, 'synced'), 'from elsewhere');
  await rename(join(top, 'synced'), path);
  while ((await vault.search('elsewhere')).length === 0) await setTimeout(10);
  t.same(await datesOf(vault, 'a.md'), first, 'replaced by a sync program');
  await rename(path, join(directory, 'moved.md'));
  while (vault.scan().notes.every(({ id }) => id !== 'moved.md')) await setTimeout(10);
  t.same(await datesOf(vault, 'moved.md'), first, 'moved');
  await vault.close();
  vault = await open();
  t.same(await datesOf(vault, 'moved.md'), first, 'after a restart');
  await vault.close();
  await rm(join(top, 'index.db'));
  vault = await open();
  t.ok(Number((await datesOf(vault, 'moved.md'))[0]) > 1_000_000_000, 'only the index knew');
  t.same(await datesOf(vault, 'stated.md'), stated, 'what the note says needs no index');
});
