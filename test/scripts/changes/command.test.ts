// npm run changes: what an operator sees and brings back on the terminal, beside a vault that is open.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { createRevision } from '../../../api/vault/notes/content.ts';
import { createImageOfLoopApi } from '../../support/image-of-loop-api.ts';
import { openUndoing } from '../../support/undoing.ts';
import { until } from '../../support/until.ts';

const root = join(import.meta.dirname, '../../..');

interface End {
  code: number;
  out: string;
  err: string;
}

interface Place {
  from?: string;
  language?: string;
}

function runIn(directory: string, args: string[], { from = root, language = 'C' }: Place = {}): Promise<End> {
  const env = { PATH: process.env['PATH'], API_VAULT_DIR: directory, LC_ALL: language };
  return new Promise((resolve) => {
    const script = join(from, 'scripts/changes.ts');
    execFile(process.execPath, [script, ...args], { env, cwd: from }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

t.test('changes are listed, shown and undone while the vault is open elsewhere', async (t) => {
  const world = await openUndoing(t, { 'n.md': 'one\n', 'B.md': '[[n]]\n', 'gone.md': 'gone text\n' });
  const { directory, writer, read, vault, last } = world;
  const run = (...args: string[]): Promise<End> => runIn(directory, args);
  t.match(await run('list'), { code: 0, out: /no such changes/ });
  await writer.append('n.md', { text: 'two\u001b[2J' });
  const id = await last();
  await writer.move('n.md', { to: 'A/m.md' });
  await writer.remove('gone.md', { revision: createRevision('gone text\n') });
  const listed = await run('list', '--json');
  t.equal(listed.code, 0, listed.err);
  const { changes } = JSON.parse(listed.out);
  t.match(changes, [
    { kind: 'delete', app: { name: 'An app' }, notes: [{ from: 'gone.md', to: '.trash/gone.md' }] },
    {
      kind: 'move',
      notes: [
        { from: 'n.md', to: 'A/m.md' },
        { from: 'B.md', to: 'B.md' },
      ],
    },
    { id, kind: 'append', account: { name: 'ann' }, notes: [{ from: 'n.md', to: 'n.md' }], undoneBy: null },
  ]);
  t.match(await run('list', '--app', 'an app', '--since', '1h'), { code: 0, out: new RegExp(id) });
  t.match(await run('list', '--since', '2999-01-01'), { out: /no such changes/ });
  const shown = await run('show', id);
  t.match(shown, { code: 0, out: / {4}\+two/ });
  t.notOk(shown.out.includes('\u001b'), 'what strangers wrote does not move the cursor');
  t.match(JSON.parse((await run('show', id, '--json')).out), {
    notes: [{ before: 'one\n', isAfterKept: true }],
  });
  const undone = await run('undo', '--app', 'An app', '--since', '1h', '--json');
  t.equal(undone.code, 0, undone.out + undone.err);
  t.match(JSON.parse(undone.out), { ok: true, outcomes: [{ undo: /./ }, { undo: /./ }, { undo: /./ }] });
  t.same(
    [await read('n.md'), await read('B.md'), await read('gone.md')],
    ['one\n', '[[n]]\n', 'gone text\n'],
  );
  await until(async () => (await vault.search('gone text')).length === 1, 'the open vault to see it');
  t.match(await run('list'), { out: /operator \(operator\)[\s\S]*undone by/ });
  t.match(await run('undo', id), { code: 0, out: /so already/ });
});

t.test('what was changed since is refused with what would be lost, and stays', async (t) => {
  const { directory, writer, read, write, last } = await openUndoing(t, { 'n.md': 'one\n' });
  await writer.append('n.md', { text: 'two' });
  await write('n.md', 'mine\n');
  const id = await last();
  t.match(await runIn(directory, ['undo', id]), {
    code: 1,
    out: /n\.md: was changed since.*--as-copy[\s\S]*-mine\n/,
  });
  t.match(await runIn(directory, ['undo', id], { language: 'ko_KR.UTF-8' }), {
    code: 1,
    out: /그 뒤에 바뀌었습니다/,
  });
  const refused = await runIn(directory, ['undo', '--app', 'app-1', '--since', '1h', '--json']);
  t.equal(refused.code, 1);
  t.match(JSON.parse(refused.out), {
    ok: false,
    outcomes: [{ undo: null, refused: [{ why: 'changed', canCopy: true }] }],
  });
  t.equal(await read('n.md'), 'mine\n');
  const copied = await runIn(directory, ['undo', id, '--as-copy', '--json']);
  t.equal(copied.code, 0);
  t.equal(await read(JSON.parse(copied.out).outcomes[0].broughtBack[0].to), 'one\n');
  t.equal(await read('n.md'), 'mine\n');
  t.match(await runIn(directory, ['undo', '20260101T000000000Z-00000000']), {
    code: 1,
    err: /no change with this id/,
  });
  t.match(await runIn(directory, ['show', 'nothing', '--json']), { code: 1, out: /"reason": "missing"/ });
  t.match(await runIn(join(directory, 'none'), ['list']), { code: 1, err: /API_VAULT_DIR/ });
});

t.test('what it can not be asked ends with 2, and says how it is asked', async (t) => {
  t.match(await runIn('/nowhere', ['list', '--colour']), {
    code: 2,
    out: '',
    err: /npm run changes -- list/,
  });
});

t.test('it runs from what loop-api’s image has of it', async (t) => {
  const { directory, writer, read } = await openUndoing(t, { 'n.md': 'one\n', 'B.md': '[[n]]\n' });
  await writer.move('n.md', { to: 'm.md' });
  const image = createImageOfLoopApi(t);
  const args = ['undo', '--app', 'An app', '--since', '1h'];
  t.match(await runIn(directory, args, { from: image }), { code: 0, out: /n\.md again/ });
  t.same([await read('n.md'), await read('B.md')], ['one\n', '[[n]]\n']);
});
