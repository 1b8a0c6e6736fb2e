// The ledger: each sign-in that made a connection, with why an app that was connected before came again.
import t, { type Test } from 'tap';
import { LedgerStore, type ReauthorizationCause } from '../../../adapters/stores/timeline/ledger.ts';
import { whyAgain } from '../../../auth/timeline/ledger.ts';
import { type Clock, shiftClock } from '../../support/clock.ts';
import { type App, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';

interface World {
  readonly loop: LoopAuth;
  readonly clock: Clock;
  readonly app: App;
  readonly refreshToken: string;
}

const idleSeconds = 24 * 3600;

async function connectedBefore(t: Test): Promise<World> {
  const clock = shiftClock(t);
  const loop = await startLoopAuth(t, { settings: { AUTH_REFRESH_TOKEN_IDLE_SECONDS: String(idleSeconds) } });
  const { app, tokens } = await loop.connect();
  await loop.storeTries();
  return { loop, clock, app, refreshToken: tokens.refresh_token };
}

async function causes({ database }: LoopAuth): Promise<Array<ReauthorizationCause | undefined>> {
  return (await new LedgerStore(database).list()).map(({ cause }) => cause);
}

async function run({ database }: LoopAuth, sql: string): Promise<void> {
  await database.commit([{ statement: { sql, slots: [] }, values: {} }]);
}

const ways: Readonly<Record<string, readonly [ReauthorizationCause, (world: World) => Promise<unknown>]>> = {
  'a connection that nobody used': ['idle', async ({ clock }) => clock.advance(idleSeconds + 60)],
  'one that was taken away': ['revoked', ({ loop, app, refreshToken }) => loop.revoke(app, refreshToken)],
  'one that ended by a replay': [
    'replay',
    async ({ loop, clock, app, refreshToken }) => {
      const { body } = await loop.refresh(app, refreshToken);
      await loop.refresh(app, body['refresh_token']);
      clock.advance(120);
      await loop.refresh(app, refreshToken);
      await loop.storeTries();
    },
  ],
  'a backup that was put back': [
    'restored',
    async ({ loop, clock }) => {
      clock.advance(60);
      await run(loop, `insert into backups (made_at) values (${Math.floor(Date.now() / 1000)})`);
    },
  ],
  'an app that lost what it had': ['forgotten', async () => {}],
};

for (const [sentence, [cause, happen]] of Object.entries(ways)) {
  t.test(`the first sign-in has no cause, and the one after ${sentence} has ${cause}`, async (t) => {
    const world = await connectedBefore(t);
    const { loop, app, clock } = world;
    t.same(await causes(loop), [undefined]);
    await happen(world);
    clock.advance(1);
    await loop.connect({ app });
    t.same(await causes(loop), [cause, undefined]);
    const metrics = await loop.readMetrics();
    t.match(metrics, `loop_auth_reauthorizations_total{cause="${cause}"} 1`);
    t.match(metrics, /loop_auth_reauthorizations_total\{cause="unknown"\} 0/);
  });
}

t.test('an app that asks for more than before says so', async (t) => {
  const { loop, app, clock } = await connectedBefore(t);
  clock.advance(1);
  await loop.connect({ app, parameters: { scope: 'vault.read vault.write' } });
  t.same(await causes(loop), ['more', undefined]);
});

t.test(
  'an app that registered itself anew at the same place is the same app; another app is not',
  async (t) => {
    const { loop, clock } = await connectedBefore(t);
    clock.advance(1);
    await loop.connect();
    clock.advance(1);
    await loop.connect({ app: await loop.register({ client_name: 'Another' }) });
    t.same(await causes(loop), [undefined, 'forgotten', undefined]);
  },
);

t.test('a no makes no entry, and neither do refreshes', async (t) => {
  const { loop, app, refreshToken } = await connectedBefore(t);
  await loop.refresh(app, refreshToken);
  await loop.storeTries();
  t.same(await causes(loop), [undefined]);
});

t.test('a copy of the app elsewhere is a connection of its own while the first goes on', (t) => {
  const signIn = {
    grantId: 'g2',
    accountId: 'ann',
    clientId: 'two',
    app: 'App',
    network: '10.0.0.2',
    scopes: [],
  };
  const earlier = {
    ...signIn,
    grantId: 'g1',
    clientId: 'one',
    network: '10.0.0.1',
    at: 100,
    cause: undefined,
    lastSeenAt: 100,
    endedBy: undefined,
    isGranted: true,
    lastIssuedAt: 100,
    restoredFrom: undefined,
  };
  const rules = { now: 200, idleSeconds };
  t.equal(whyAgain(earlier, signIn, rules), undefined);
  t.equal(whyAgain(earlier, { ...signIn, network: '10.0.0.1' }, rules), 'forgotten');
  t.equal(whyAgain({ ...earlier, lastIssuedAt: undefined }, signIn, rules), 'unknown');
  t.end();
});
