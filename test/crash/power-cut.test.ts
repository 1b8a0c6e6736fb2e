// The disk takes 20 ms for a sync, and after a power cut holds what was synced and nothing else: whatever loop-auth answered
// before must still work. So must it after a SIGKILL on that disk, which leaves what was only written.
// KILLS says how often (npm run test:crash: 200; of those a tenth each, since all is slow there).
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { buildSlowDisk, slowDiskEnvironment } from '../../scripts/bench/auth/slow-disk/preload.ts';
import { Pair } from '../../scripts/demo/pair.ts';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { connectApp } from '../support/connected-pair.ts';
import { createFolder } from '../support/databases.ts';
import { HandedOut } from '../support/handed-out.ts';
import { introspect } from '../support/introspect.ts';
import { person } from '../support/person.ts';
import { until } from '../support/until.ts';

const cuts = Math.max(3, Number(process.env['KILLS'] ?? 5) / 10);
const chains = 6;
const mostAnswers = 20;
const secret = 'the secret of loop-api, 32 signs';

/** What a fault leaves in the folder of the database, of what was there (`live`) and what was synced (`kept`). */
interface Folders {
  readonly live: string;
  readonly kept: string;
  /** While this file is there no sync succeeds. */
  readonly fails: string;
}

const faults: Readonly<Record<string, (folders: Folders) => void>> = {
  'a power cut': ({ live, kept }) => {
    empty(live);
    copyInto(live, kept);
  },
  'a power cut after which the database is further than its log': ({ live, kept }) => {
    for (const name of readdirSync(live)) if (name !== 'auth.db') rmSync(join(live, name));
    copyInto(live, kept, ['auth.db-wal']);
  },
  SIGKILL: () => {},
};

const cutPower = faults['a power cut'] as (folders: Folders) => void;
const hasCompiler = canRun('cc', ['--version']);

const skip = hasCompiler ? false : 'there is no C compiler';

for (const [fault, apply] of Object.entries(faults)) {
  t.test(
    `on a slow disk ${fault} loses nothing that was answered`,
    { skip, timeout: 15 * 60_000 },
    async (t) => {
      const { pair, folders } = await createPair(t);
      await pair.start('auth');
      await createFirstAccount(pair.setupUrl(), person);
      const handedOut = await HandedOut.connect(pair, secret, chains);
      for (let cut = 0; cut < cuts; cut += 1) {
        const over = new AbortController();
        let answersLeft = 1 + randomInt(mostAnswers);
        const ended = Promise.withResolvers<void>();
        const load = handedOut.load(over.signal, () => {
          answersLeft -= 1;
          // With the answer, before the next sync has ended.
          if (answersLeft === 0) void pair.kill('auth').then(ended.resolve);
        });
        await ended.promise;
        over.abort();
        await load;
        apply(folders);
        await pair.start('auth');
        await handedOut.check(t);
        if (!t.passing()) return;
      }
      t.comment(`${cuts} of ${fault}: ${JSON.stringify(handedOut.counts)}`);
      t.ok(handedOut.counts.refreshes >= cuts, 'there was load');
    },
  );
}

t.test('a disk that fails costs 503 and nothing else, whatever it has dropped', { skip }, async (t) => {
  const { pair, folders } = await createPair(t);
  await pair.start('auth');
  await createFirstAccount(pair.setupUrl(), person);
  const { tokens, refresh } = await connectApp(pair);
  for (let time = 0; time < 2; time += 1) {
    writeFileSync(folders.fails, '');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { status, headers, tokens: refused } = await refresh(tokens.refresh_token);
      t.match({ status, refused }, { status: 503, refused: { error: 'temporarily_unavailable' } });
      t.ok(headers.get('retry-after'));
      t.strictSame(
        (await introspect(pair, secret, tokens.access_token)).active,
        true,
        'introspection goes on',
      );
    }
    rmSync(folders.fails);
    await until(async () => {
      const answer = await refresh(tokens.refresh_token);
      if (answer.status === 200) Object.assign(tokens, answer.tokens);
      else t.equal(answer.status, 503);
      return answer.status === 200;
    }, 'a log that was mended');
    await pair.kill('auth');
    cutPower(folders);
    await pair.start('auth');
    t.equal(
      (await introspect(pair, secret, tokens.access_token)).active,
      true,
      'what was answered then is there',
    );
  }
});

async function createPair(t: Test): Promise<{ pair: Pair; folders: Folders }> {
  const folder = createFolder(t);
  const folders = { live: join(folder, 'live'), kept: join(folder, 'kept'), fails: join(folder, 'fails') };
  for (const one of [folders.live, folders.kept]) mkdirSync(one);
  const power = { folder: folders.live, ...folders };
  const pair = await Pair.create({
    API_CLIENT_SECRET: secret,
    AUTH_DATABASE_URL: `sqlite:${join(folders.live, 'auth.db')}`,
    ...slowDiskEnvironment(await buildSlowDisk(folder), { ms: 20, power }),
  });
  t.teardown(() => pair.close());
  return { pair, folders };
}

function empty(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

function copyInto(to: string, from: string, names = readdirSync(from)): void {
  for (const name of names) if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
}

function canRun(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
