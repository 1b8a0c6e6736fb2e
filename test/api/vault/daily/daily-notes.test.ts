// Daily notes: which note a day's is by Obsidian's settings, in which time zone, and what a new one is made of.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { createDailyNotes, type DailyNotes } from '../../../../api/vault/daily/daily-notes.ts';
import { EditRefused, NoteNotFound, PathClosed, PathRefused } from '../../../../api/vault/errors.ts';
import { HiddenFiles } from '../../../../api/vault/hidden/hidden-files.ts';
import { parseHiddenPatterns } from '../../../../api/vault/hidden/patterns.ts';
import { openVault, type Vault } from '../../../../api/vault/vault.ts';
import type { NoteWriter } from '../../../../api/vault/writing/writer.ts';
import { until } from '../../../support/until.ts';
import { writerOf } from '../../../support/writer.ts';

interface World {
  directory: string;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  daily(timeZone?: string): DailyNotes;
  open(hidden?: string): Promise<{ vault: Vault; writer: NoteWriter }>;
}

async function createWorld(t: Test, settings?: object): Promise<World> {
  const top = await mkdtemp(join(tmpdir(), 'daily-test-'));
  const directory = join(top, 'notes');
  await mkdir(directory);
  t.teardown(() => rm(top, { recursive: true }));
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  };
  if (settings) await write('.obsidian/daily-notes.json', JSON.stringify(settings));
  return {
    directory,
    write,
    read: (path) => readFile(join(directory, path), 'utf8'),
    daily: (timeZone = 'UTC') => {
      const hidden = new HiddenFiles({ root: directory, patterns: [] });
      return createDailyNotes({ root: directory, hidden, timeZone });
    },
    open: async (hidden = '') => {
      const patterns = parseHiddenPatterns(hidden).filter((pattern) => pattern !== undefined);
      const vault = await openVault({
        directory,
        indexPath: ':memory:',
        hidden: patterns,
        timeZone: 'Asia/Seoul',
      });
      t.teardown(() => vault.close());
      await until(() => !vault.progress().building, 'the index');
      const writer = writerOf(vault);
      return { vault, writer };
    },
  };
}

/** The clock stands until the test ends. */
function standAt(t: Test, time: string): void {
  const real = Date.now;
  Date.now = () => Date.parse(time);
  t.teardown(() => {
    Date.now = real;
  });
}

t.test('a day’s note is where Obsidian’s settings put it', async (t) => {
  for (const [settings, id] of [
    [undefined, '2026-11-26.md'],
    [{}, '2026-11-26.md'],
    [{ format: '', folder: '' }, '2026-11-26.md'],
    [{ folder: 'Journal' }, 'Journal/2026-11-26.md'],
    [{ folder: '/Journal//Days/' }, 'Journal/Days/2026-11-26.md'],
    [{ folder: '일기'.normalize('NFD') }, '일기/2026-11-26.md'],
    [{ format: 'YYYY/MM-MMMM/YYYY-MM-DD-dddd' }, '2026/11-November/2026-11-26-Thursday.md'],
    [{ format: 'gggg-[W]ww' }, '2026-W48.md'],
    [{ format: 'GGGG-[W]WW-E' }, '2026-W48-4.md'],
    [{ format: '[Daily] Do MMM YY' }, 'Daily 26th Nov 26.md'],
    [{ format: 'DDDD[ of ]YYYY, Qo' }, '330 of 2026, 4th.md'],
    [{ format: 'YYYY-MM-DD[.md]' }, '2026-11-26.md'],
    [{ format: 'YYYY년 M월 D일', folder: 'a' }, 'a/2026년 11월 26일.md'],
    [{ folder: 3, format: null }, '2026-11-26.md'],
  ] as const) {
    const { daily } = await createWorld(t, settings);
    t.equal(await daily().findDailyNote('daily:2026-11-26'), id, JSON.stringify(settings));
  }
});

t.test('what is no day is none', async (t) => {
  const { daily } = await createWorld(t);
  for (const name of [
    '2026-11-26',
    'daily:',
    'daily:tomorrow',
    'daily:2026-13-01',
    'daily:2026-02-30',
    'daily:2026-11-26.md',
    'a/daily:today',
    'daily:2026-11-26/x',
  ]) {
    t.equal(await daily().findDailyNote(name), undefined, name);
  }
  t.equal(await daily().findDailyNote(' Daily:2024-02-29 '), '2024-02-29.md');
});

t.test('today is a day of the time zone', async (t) => {
  const { daily } = await createWorld(t);
  for (const [time, days] of [
    [
      '2026-11-26T14:59:59Z',
      { UTC: '2026-11-26', 'Asia/Seoul': '2026-11-26', 'America/New_York': '2026-11-26' },
    ],
    [
      '2026-11-26T15:00:00Z',
      { UTC: '2026-11-26', 'Asia/Seoul': '2026-11-27', 'America/New_York': '2026-11-26' },
    ],
    [
      '2026-11-26T04:59:00Z',
      { UTC: '2026-11-26', 'Asia/Seoul': '2026-11-26', 'America/New_York': '2026-11-25' },
    ],
    ['2026-12-31T23:30:00Z', { UTC: '2026-12-31', 'Asia/Kathmandu': '2027-01-01' }],
    ['2026-07-01T03:59:00Z', { 'America/New_York': '2026-06-30' }],
    ['2026-07-01T04:00:00Z', { 'America/New_York': '2026-07-01' }],
  ] as const) {
    await t.test(time, async (t) => {
      standAt(t, time);
      for (const [timeZone, day] of Object.entries(days)) {
        t.equal(await daily(timeZone).findDailyNote('daily:today'), `${day}.md`, timeZone);
      }
    });
  }
});

t.test('names of days are in the language of the notes that are there', async (t) => {
  const { daily, write } = await createWorld(t, { format: 'YYYY-MM-DD(ddd)', folder: '일기' });
  t.equal(await daily().findDailyNote('daily:2026-11-26'), '일기/2026-11-26(Thu).md');
  await write('일기/2026-11-20(금).md', 'x');
  t.equal(
    await daily().findDailyNote('daily:2026-11-26'),
    '일기/2026-11-26(목).md',
    'as the last one before it',
  );
  await write('일기/2026-11-26(Thu).md', 'x');
  t.equal(
    await daily().findDailyNote('daily:2026-11-26'),
    '일기/2026-11-26(Thu).md',
    'the one that is there',
  );
});

t.test('a day’s note is read by its day, and made by appending where it is not there', async (t) => {
  standAt(t, '2026-11-26T20:05:00Z');
  const world = await createWorld(t, {
    folder: 'Journal',
    format: 'YYYY/MM/YYYY-MM-DD',
    template: 'Templates/Daily',
  });
  await world.write('.obsidian/templates.json', JSON.stringify({ dateFormat: 'D.M.YYYY' }));
  await world.write(
    'Templates/Daily.md',
    '---\ndate: {{date:YYYY-MM-DD}}\nother: a {{ unknown }}\n---\n# {{title}}\n\n{{ date }}, {{time}}, {{TIME:h:mm a}}, {{date:dddd [at] YYYY}}\n\n## Log\n\n## End\n',
  );
  const { vault, writer } = await world.open();
  t.equal(await vault.readNote('daily:today'), undefined);
  const made = await writer.append('daily:today', { text: 'first', heading: 'Log' });
  // In Seoul it is the next day, and morning.
  t.equal(made.id, 'Journal/2026/11/2026-11-27.md');
  const text =
    '---\ndate: 2026-11-27\nother: a {{ unknown }}\n---\n# 2026-11-27\n\n27.11.2026, 05:05, 5:05 am, Friday at 2026\n\n## Log\nfirst\n\n## End\n';
  t.equal((await world.read(made.id)).replace('## Log\n\nfirst', '## Log\nfirst'), text);
  t.match(await vault.readNote('daily:today'), { id: made.id, revision: made.revision });
  t.match(await vault.readNote('daily:2026-11-27'), { id: made.id });
  t.same(
    (await vault.search('first')).map(({ id }) => id),
    [made.id],
  );
  const more = await writer.append('daily:today', { text: 'second' });
  t.equal(more.id, made.id);
  t.match(await world.read(made.id), /first\n\n## End\nsecond/, 'then it is appended to');
  // Of another day the note is that day's, and the time is now.
  t.match(
    await world.read((await writer.append('daily:2026-11-20', { text: 'x' })).id),
    /# 2026-11-20\n\n20\.11\.2026, 05:05/,
  );
  await t.rejects(
    writer.append('daily:2026-11-21', { text: 'x', revision: made.revision }),
    NoteNotFound,
    'it was read, and is gone',
  );
  await t.rejects(writer.append('daily:2026-11-21', { text: 'x', heading: 'None' }), EditRefused);
  t.equal(await vault.readNote('daily:2026-11-21'), undefined, 'nothing half done');
  await t.rejects(writer.append('daily:2026-02-30', { text: 'x' }), NoteNotFound);
});

t.test('two that append to a day that is not there yet both do', async (t) => {
  const world = await createWorld(t);
  const { writer } = await world.open();
  const texts = ['one', 'two', 'three', 'four'];
  await Promise.all(texts.map((text) => writer.append('daily:2026-11-26', { text })));
  const lines = (await world.read('2026-11-26.md')).split('\n').filter((line) => line !== '');
  t.same(lines.sort(), texts.toSorted());
});

t.test('a day is under the rules of every new note', async (t) => {
  const hidden = await createWorld(t, { folder: 'Private', template: 'Private/T' });
  await hidden.write('Private/T.md', 'secret');
  const closed = await hidden.open('Private');
  await t.rejects(closed.writer.append('daily:2026-11-26', { text: 'x' }), PathClosed);
  await hidden.write('Private/2026-11-26.md', 'secret');
  await t.rejects(closed.writer.append('daily:2026-11-26', { text: 'x' }), PathClosed);
  t.equal(await closed.vault.readNote('daily:2026-11-26'), undefined);
  t.equal(await hidden.read('Private/2026-11-26.md'), 'secret');
  // A hidden template is as if it were not there.
  const template = await createWorld(t, { template: 'Private/T' });
  await template.write('Private/T.md', 'secret');
  const { writer } = await template.open('Private');
  await writer.append('daily:2026-11-26', { text: 'x' });
  t.equal(await template.read('2026-11-26.md'), 'x\n');
  for (const settings of [
    { format: '[.hidden]' },
    { folder: '../out' },
    { format: 'YYYY:MM' },
    { folder: '.obsidian' },
  ]) {
    const world = await createWorld(t, settings);
    const odd = await world.open();
    await t.rejects(
      odd.writer.append('daily:2026-11-26', { text: 'x' }),
      PathRefused,
      JSON.stringify(settings),
    );
    t.equal(await odd.vault.readNote('daily:2026-11-26'), undefined);
  }
});

t.test('settings that can’t be read make no note elsewhere', async (t) => {
  const world = await createWorld(t);
  await world.write('.obsidian/daily-notes.json', '{"folder":"Jour');
  const { vault, writer } = await world.open();
  await t.rejects(writer.append('daily:today', { text: 'x' }), /can't be read just now/);
  await t.rejects(vault.readNote('daily:today'), /settings of daily-notes can't be read/);
  t.same(vault.listFolder('').entries, []);
  await world.write('.obsidian/daily-notes.json', '{}');
  await world.write('a.md', 'x');
  t.equal(
    (await writer.append('a.md', { text: 'y' })).id,
    'a.md',
    'without a revision the note is taken as it is',
  );
  t.equal(await world.read('a.md'), 'x\n\ny');
});
