// A request's changes: all or nothing, only revocations when it failed, told only once true.
import t, { type Test } from 'tap';
import type { Database, Lock } from '../../../adapters/database/database.ts';
import { DatabaseUnavailable } from '../../../adapters/database/errors.ts';
import { compile, param, type Write } from '../../../adapters/database/statement.ts';
import {
  asUnitOfWork,
  change,
  currentUnit,
  type UnitOfWork,
  useUp,
} from '../../../adapters/database/unit-of-work.ts';
import { engines, openNew } from '../../support/databases.ts';

class Refused extends Error {
  override readonly name = 'Refused';
}
class Broken extends Error {
  override readonly name = 'Broken';
}

interface World {
  readonly database: Database;
  readonly secret: (name: string, otherwise?: () => Error) => Write;
  readonly names: () => Promise<unknown[]>;
}

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, world: World) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => body(t, createWorld(await openNew(t, engine))));

  test('a request that succeeded has all of its changes', async (t, { database, secret, names }) => {
    await asUnitOfWork(database, false, async () => {
      await change(database, [secret('one')]);
      await change(database, [secret('two')]);
      t.strictSame(await names(), [], 'nothing before the end');
      return true;
    });
    t.strictSame(await names(), ['one', 'two']);
  });

  test('what a request used up stands unless we failed, what it revoked always, what it gave never', async (t, world) => {
    const { database, secret, names } = world;
    const request = (name: string, end: () => boolean): Promise<void> =>
      asUnitOfWork(database, false, async () => {
        await change(database, [secret(`${name}: given`)]);
        await useUp(database, [secret(`${name}: used up`)]);
        await change(database, [secret(`${name}: revoked`)], true);
        return end();
      });
    await request('refused', () => false);
    const failed = request('failed', () => {
      throw new Broken();
    });
    await t.rejects(failed, { name: 'Broken' });
    t.strictSame(await names(), ['failed: revoked', 'refused: revoked', 'refused: used up']);
    await request('succeeded', () => true);
    t.equal((await names()).length, 6, 'and of a request that succeeded all of it');
  });

  test('a lost race uses up what the request used, an outage at its end does not', async (t, world) => {
    const { secret, names } = world;
    for (const [name, error] of [
      ['race', new Refused()],
      ['outage', new DatabaseUnavailable('away')],
    ] as const) {
      let isFirst = true;
      const commit: Database['commit'] = async (writes) => {
        if (!isFirst) return world.database.commit(writes);
        isFirst = false;
        throw error;
      };
      const database = { ...world.database, commit };
      const unit = asUnitOfWork(database, false, async () => {
        await useUp(database, [secret(`${name}: used up`)]);
        await change(database, [secret(`${name}: given`)]);
        await change(database, [secret(`${name}: revoked`)], true);
        return true;
      });
      await t.rejects(unit, error);
    }
    t.strictSame(await names(), ['outage: revoked', 'race: revoked', 'race: used up']);
  });

  test('what is used up outside of a request is so at once', async (t, { database, secret, names }) => {
    await useUp(database, [secret('one')]);
    t.strictSame(await names(), ['one']);
  });

  test('a change that could not be made undoes the others, revocations stand', async (t, world) => {
    const { database, secret, names } = world;
    const lost = (): Error => new Refused();
    await database.commit([secret('taken')]);
    const told: string[] = [];
    const unit = asUnitOfWork(database, false, async () => {
      await change(database, [secret('given')]);
      await change(database, [secret('revoked')], true);
      await change(database, [secret('taken', lost)]);
      currentUnit()?.afterCommit(() => told.push('given'), false);
      currentUnit()?.afterCommit(() => told.push('revoked'), true);
      return true;
    });
    await t.rejects(unit, { name: 'Refused' });
    t.strictSame(await names(), ['revoked', 'taken']);
    t.strictSame(told, ['revoked']);
  });

  test('a lock keeps a second request waiting until the first is over, even when it throws', async (t, world) => {
    const { database, secret, names } = world;
    const events: string[] = [];
    const locked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const first = asUnitOfWork(database, true, async () => {
      await currentUnit()?.lock('family');
      await change(database, [secret('revoked')], true);
      locked.resolve();
      await go.promise;
      events.push('first throws');
      throw new Broken();
    });
    await locked.promise;
    const second = asUnitOfWork(database, true, async () => {
      await currentUnit()?.lock('family');
      events.push(`second sees ${await names()}`);
      await change(database, [secret('two')]);
      return true;
    });
    await asUnitOfWork(database, true, async () => {
      await currentUnit()?.lock('another family');
      events.push('another family does not wait');
      return true;
    });
    go.resolve();
    await t.rejects(first, { name: 'Broken' });
    await second;
    t.strictSame(events, ['another family does not wait', 'first throws', 'second sees revoked']);
    t.strictSame(await names(), ['revoked', 'two']);
  });

  test('a lock serves one request, however often it asks', async (t, { database, secret, names }) => {
    await asUnitOfWork(database, true, async () => {
      await Promise.all([currentUnit()?.lock('family'), currentUnit()?.lock('family')]);
      await change(database, [secret('one')]);
      return true;
    });
    await asUnitOfWork(database, true, async () => {
      await currentUnit()?.lock('family');
      return true;
    });
    t.strictSame(await names(), ['one']);
  });
}

t.test('what is to be told is told after the commit, and never when there was none', async (t) => {
  const events: string[] = [];
  const database = createRecorder(events);
  const tell = (unit: UnitOfWork | undefined): void => {
    unit?.afterCommit(() => events.push('told of success'), false);
    unit?.afterCommit(() => events.push('told of revocation'), true);
  };
  const work = (succeeds: boolean) => async (): Promise<boolean> => {
    await change(database, [write], true);
    tell(currentUnit());
    return succeeds;
  };
  await asUnitOfWork(database, false, work(true));
  t.strictSame(events.splice(0), ['commit', 'told of success', 'told of revocation']);
  await asUnitOfWork(database, false, work(false));
  t.strictSame(events.splice(0), ['commit', 'told of revocation']);
  const broken = createRecorder(events, new Broken());
  await t.rejects(
    asUnitOfWork(broken, false, async () => {
      await change(broken, [write], true);
      tell(currentUnit());
      return true;
    }),
    { name: 'Broken' },
  );
  t.strictSame(events, ['commit', 'commit'], 'tried again for the revocations, nothing told');
});

t.test('a lock that could not be had fails the request and nothing else', async (t) => {
  const database: Database = {
    ...createRecorder([]),
    lock: async () => {
      throw new Broken();
    },
  };
  await t.rejects(
    asUnitOfWork(database, true, async () => {
      await currentUnit()?.lock('family');
      return true;
    }),
    { name: 'Broken' },
  );
});

t.test('what goes on after its request is over is on its own', async (t) => {
  const events: string[] = [];
  const database = createRecorder(events);
  const over = Promise.withResolvers<void>();
  let straggler: Promise<void> | undefined;
  await asUnitOfWork(database, false, async () => {
    straggler = over.promise.then(() => change(database, [write]));
    return true;
  });
  t.strictSame(events, []);
  over.resolve();
  await straggler;
  t.strictSame(events, ['commit'], 'committed at once, not lost');
});

const write = { statement: { sql: '', slots: [] }, values: {} };

/** A database that only says what it was asked for. */
function createRecorder(events: string[], failure?: Error): Database {
  const commit = async (): Promise<number> => {
    events.push('commit');
    if (failure) throw failure;
    return 1;
  };
  const lock: Lock = { commit, release: async () => {} };
  return { commit, lock: async () => lock, settled: async () => {} } as unknown as Database;
}

function createWorld(database: Database): World {
  const { builder } = database;
  const insert = compile(
    builder('server_secrets')
      .insert({ name: param('name'), hash: 'x' })
      .onConflict('name')
      .ignore(),
  );
  const all = compile(builder('server_secrets').select('name').orderBy('name'));
  return {
    database,
    secret: (name, otherwise) => ({ statement: insert, values: { name }, ...(otherwise && { otherwise }) }),
    names: async () => (await database.all(all, {})).map(({ name }) => name),
  };
}
