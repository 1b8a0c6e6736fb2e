// Backups by themselves, in a running loop-auth: their age is shown, failures are counted, requests go on.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { shiftClock } from '../support/clock.ts';
import { startLoopAuth } from '../support/loop-auth.ts';

function createFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'loop-backups-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('the age of the newest backup is a metric, and each one that is made is counted', async (t) => {
  const clock = shiftClock(t);
  const folder = createFolder(t);
  const world = await startLoopAuth(t, { settings: { AUTH_BACKUP_DIR: folder, AUTH_BACKUP_KEEP: '2' } });
  await world.backUpIfDue();
  t.equal(readdirSync(folder).length, 1);
  clock.advance(3600);
  const text = await world.readMetrics();
  t.match(text, /^loop_auth_backup_age_seconds 36\d\d$/m);
  t.match(text, 'loop_auth_events_total{event="backup.made"} 1');
  t.match(world.lines.join(''), /"accounts":1,.*a backup was made and verified/);
});

t.test('a backup that fails is logged and counted, has no age, and no request notices', async (t) => {
  const folder = join(createFolder(t), 'share');
  writeFileSync(folder, 'a file');
  const world = await startLoopAuth(t, { settings: { AUTH_BACKUP_DIR: folder } });
  await world.backUpIfDue();
  const text = await world.readMetrics();
  t.notMatch(text, /^loop_auth_backup_age_seconds \d/m);
  t.match(text, 'loop_auth_events_total{event="backup.failed"} 1');
  t.match(world.lines.join(''), /ENOTDIR.*the backup failed/);
  t.ok((await world.connect()).tokens.access_token);
});

t.test('while a backup is made requests are answered', async (t) => {
  const folder = createFolder(t);
  const clock = shiftClock(t);
  const world = await startLoopAuth(t, { settings: { AUTH_BACKUP_DIR: folder } });
  await world.backUpIfDue();
  clock.advance(2 * 24 * 3600);
  let isMade = false;
  const making = world.backUpIfDue().then(() => {
    isMade = true;
  });
  let answered = 0;
  while (!isMade) {
    t.equal((await world.ask('/jwks')).status, 200);
    answered += 1;
  }
  await making;
  t.ok(answered > 1, `${answered} answers meanwhile`);
  t.equal(readdirSync(folder).length, 2);
});

t.test('without AUTH_BACKUP_DIR there is none, and no metric of one', async (t) => {
  const world = await startLoopAuth(t);
  await world.backUpIfDue();
  t.notMatch(await world.readMetrics(), 'loop_auth_backup_age_seconds');
});

t.test('an empty folder that another one is above is taken, a missing parent is not made', async (t) => {
  const top = createFolder(t);
  const folder = join(top, 'mounted', 'loop');
  const world = await startLoopAuth(t, { settings: { AUTH_BACKUP_DIR: folder } });
  await world.backUpIfDue();
  t.notOk(existsSync(join(top, 'mounted')));
  const clock = shiftClock(t);
  mkdirSync(join(top, 'mounted'));
  clock.advance(901);
  await world.backUpIfDue();
  t.equal(readdirSync(folder).length, 1);
});
