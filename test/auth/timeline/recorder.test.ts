// Tries are put together across requests, addresses and processes, and in nobody's way.
import t from 'tap';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { AccountEventStore } from '../../../adapters/stores/timeline/account-events.ts';
import { TryStore } from '../../../adapters/stores/timeline/tries.ts';
import { lockDatabase } from '../../support/database-lock.ts';
import { ann, startLoopAuth } from '../../support/loop-auth.ts';

t.test('a whole connection is one row with all its steps, of its account', async (t) => {
  const loop = await startLoopAuth(t);
  await loop.ask('/.well-known/oauth-authorization-server');
  const { app, tokens } = await loop.connect();
  await loop.isActive(tokens.access_token);
  const { body } = await loop.refresh(app, tokens.refresh_token);
  await loop.storeTries();
  await loop.refresh(app, body['refresh_token']);
  await loop.storeTries();
  const tries = await new TryStore(loop.database).list(undefined);
  t.equal(tries.length, 1, JSON.stringify(tries));
  const [one] = tries;
  t.match(one, { clientId: app.clientId, clientName: 'A test', cause: undefined, network: '127.0.0.1' });
  t.same(Object.keys(one?.steps ?? {}).sort(), [
    'allowed',
    'asked',
    'called',
    'described',
    'found',
    'refreshed',
    'signInShown',
    'signedIn',
    'tokenGiven',
  ]);
  t.equal(one?.steps.refreshed?.count, 2);
  t.equal(one?.isGuessed, true, 'who found this server said no name');
  const account = await new AccountStore(loop.database).findByUsername(ann.username);
  t.equal(one?.accountId, account?.id);
  const events = await new AccountEventStore(loop.database).list(String(account?.id));
  t.same(events.map(({ event }) => event).sort(), ['consent.allowed', 'sign_in.succeeded']);
});

t.test('two apps from one address at once are two rows', async (t) => {
  const loop = await startLoopAuth(t);
  const [one, other] = [await loop.register(), await loop.register({ client_name: 'Another' })];
  const [first, second] = [loop.authorization(one), loop.authorization(other)];
  const codes = [await loop.code(first), await loop.code(second)];
  await loop.exchange(other, String(codes[1]), second);
  await loop.exchange(one, String(codes[0]), first);
  await loop.storeTries();
  const tries = await new TryStore(loop.database).list(undefined);
  t.same(tries.map(({ clientId }) => clientId).sort(), [one.clientId, other.clientId].sort());
  for (const { steps, isGuessed } of tries) {
    t.ok(steps.tokenGiven);
    t.notOk(isGuessed);
  }
});

t.test(
  'one app that is refused and comes right again has one row, and nothing is wrong with it',
  async (t) => {
    const loop = await startLoopAuth(t);
    const app = await loop.register();
    const attempt = loop.authorization(app);
    const code = await loop.code(attempt);
    await loop.exchange(app, code, { ...attempt, verifier: 'v'.repeat(43) });
    await loop.storeTries();
    t.match(await new TryStore(loop.database).list(undefined), [{ cause: 'pkceWrong' }]);
    await loop.exchange(app, code, attempt);
    await loop.storeTries();
    const tries = await new TryStore(loop.database).list(undefined);
    t.match(tries, [{ cause: undefined, steps: { tokenGiven: { result: 'done', count: 2 } } }]);
    t.equal(tries.length, 1);
  },
);

t.test('the code on an error page finds its row', async (t) => {
  const loop = await startLoopAuth(t);
  const app = await loop.register();
  const { url } = loop.authorization(app, { resource: 'https://other.example/mcp' });
  const page = await loop.ask(`${url.pathname}${url.search}`, { headers: { Accept: 'text/html' } });
  await loop.storeTries();
  const [code = ''] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(page.text) ?? [];
  t.match(await new TryStore(loop.database).listByCode(code), [{ cause: 'resourceWrong' }]);
});

t.test(
  'while the database can not be written answers are given, what was seen is lost, and that is told once',
  async (t) => {
    const loop = await startLoopAuth(t);
    await loop.ask('/.well-known/oauth-authorization-server');
    const release = await lockDatabase(loop.databasePath);
    let isOver = false;
    const stored = loop.storeTries().then(() => {
      isOver = true;
    });
    t.equal((await loop.ask('/.well-known/openid-configuration')).status, 200);
    t.equal(isOver, false, 'who asked did not wait for it');
    await stored;
    await loop.storeTries();
    await release();
    t.equal(loop.lines.join().split('tries to connect could not be stored').length, 2);
    await loop.storeTries();
    t.same(await new TryStore(loop.database).list(undefined), []);
  },
);
