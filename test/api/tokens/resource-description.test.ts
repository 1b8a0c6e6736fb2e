// api/tokens/resource-description.ts: loop-auth is told what the vault holds, and again when that changes.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  type DescriptionKeeper,
  type DescriptionOptions,
  keepDescribed,
} from '../../../api/tokens/resource-description.ts';
import { FakeAuthorizationServer } from '../../support/authorization-server.ts';
import { RESOURCE, startReadOnlyWorld, startWorld, waitForIndex } from '../../support/loop-api.ts';
import { until } from '../../support/until.ts';

const quick = { first: 1, gather: 20, retryFirst: 10, retryLast: 40, absent: 30 };

interface Told {
  auth: FakeAuthorizationServer;
  keeper: DescriptionKeeper;
  description: { name: string; isWritable: boolean; notes: number; folders: string[] };
  problems: Error[];
}

async function tell(
  t: Test,
  { path = '', ...more }: Partial<DescriptionOptions> & { path?: string } = {},
): Promise<Told> {
  const auth = await new FakeAuthorizationServer().start();
  const description = { name: 'Notes', isWritable: true, notes: 2, folders: ['A', 'A/B'] };
  const problems: Error[] = [];
  const keeper = keepDescribed({
    issuer: `https://auth.example${path}`,
    authOrigin: auth.issuer,
    clientId: 'loop-api',
    clientSecret: { read: () => 'api secret' },
    resource: RESOURCE,
    describe: () => description,
    onTrouble: (problem) => void problems.push(problem),
    waits: quick,
    ...more,
  });
  t.teardown(async () => {
    await Promise.all([keeper.close(), auth.stop()]);
  });
  return { auth, keeper, description, problems };
}

const toldTimes = ({ auth }: Told, times: number): Promise<void> =>
  until(() => auth.descriptions.length >= times, `${times} descriptions`);

t.test('it comes with the credential of introspection, to where the issuer is reached', async (t) => {
  const told = await tell(t, { path: '/auth' });
  await toldTimes(told, 1);
  t.same(told.auth.descriptions, [
    {
      path: '/auth/resource-description',
      authorization: `Basic ${Buffer.from('loop-api:api+secret').toString('base64')}`,
      body: { resource: RESOURCE, name: 'Notes', isWritable: true, notes: 2, folders: ['A', 'A/B'] },
    },
  ]);
});

t.test('what changes together is told together, and what has not changed is not told again', async (t) => {
  const told = await tell(t);
  await toldTimes(told, 1);
  for (let notes = 3; notes < 50; notes += 1) {
    told.description.notes = notes;
    told.keeper.noteChange();
  }
  await toldTimes(told, 2);
  told.keeper.noteChange();
  told.description.folders = ['A'];
  told.keeper.noteChange();
  await toldTimes(told, 3);
  t.same(
    told.auth.descriptions.map(({ body }) => [body.notes, body.folders.length]),
    [
      [2, 2],
      [49, 2],
      [49, 1],
    ],
  );
});

t.test('while loop-auth is away it is tried again, said once, and in nobody’s way', async (t) => {
  const told = await tell(t, { waits: { ...quick, first: 50 } });
  await told.auth.stop();
  await until(() => told.problems.length > 0, 'the first try');
  told.auth.descriptionStatus = 503;
  await told.auth.start();
  await toldTimes(told, 2);
  told.auth.descriptionStatus = 204;
  await until(() => told.auth.descriptions.length > 2, 'one more');
  t.equal(told.problems.length, 1);
  t.notMatch(String(told.problems[0]), /Notes|A\/B/, 'no names');
});

t.test('a loop-auth that knows nothing of it is no trouble, and asked again later', async (t) => {
  const told = await tell(t, { waits: { ...quick, first: 50 } });
  told.auth.descriptionStatus = 404;
  await toldTimes(told, 2);
  told.auth.descriptionStatus = 204;
  await toldTimes(told, 3);
  t.same(told.problems, []);
});

t.test('folders two levels deep are told, none of which is hidden, and the count of notes', async (t) => {
  const top = await mkdtemp(join(tmpdir(), 'description-'));
  t.teardown(() => rm(top, { recursive: true, force: true }));
  for (const folder of ['한국어/인증/더', 'Work/2026', 'Private/Deep', '.obsidian', 'Only', 'Work/Secret']) {
    await mkdir(join(top, folder), { recursive: true });
  }
  for (const note of ['a.md', 'Work/b.md', 'Private/c.md', 'Only/d.draft.md', '한국어/인증/더/e.md']) {
    await writeFile(join(top, note), 'x');
  }
  const world = await startWorld(t, {
    API_VAULT_DIR: top,
    API_VAULT_NAME: '내 노트',
    API_HIDDEN: 'Private,Work/Secret,**/*.draft.md',
  });
  await waitForIndex(world);
  await until(() => world.auth.descriptions.some(({ body }) => body.notes === 3), 'the description');
  t.same(world.auth.descriptions.at(-1)?.body, {
    resource: RESOURCE,
    name: '내 노트',
    isWritable: true,
    notes: 3,
    folders: ['Work', 'Work/2026', '한국어', '한국어/인증'],
  });
  t.notMatch(JSON.stringify(world.log), /내 노트|한국어/, 'no names in the log');
  await mkdir(join(top, 'New'));
  await until(() => world.auth.descriptions.at(-1)?.body.folders.includes('New'), 'a new folder');
});

t.test('a vault of many folders tells of 500, those at its top before others', async (t) => {
  const top = await mkdtemp(join(tmpdir(), 'description-'));
  t.teardown(() => rm(top, { recursive: true, force: true }));
  for (let number = 0; number < 600; number += 1)
    await mkdir(join(top, 'A', `${number}`), { recursive: true });
  await mkdir(join(top, 'Z'));
  const world = await startWorld(t, { API_VAULT_DIR: top });
  await until(() => world.auth.descriptions.some(({ body }) => body.folders.length > 2), 'the description');
  const { folders } = world.auth.descriptions.at(-1)?.body ?? {};
  t.equal(folders.length, 500);
  t.same([folders[0], folders.at(-1)], ['A', 'Z']);
});

t.test('a vault that may only be read says so', async (t) => {
  const world = await startReadOnlyWorld(t);
  await until(() => world.auth.descriptions.length > 0, 'the description');
  t.match(world.auth.descriptions[0]?.body, { isWritable: false, name: 'vault' });
});
