// Clients that sign for themselves: an assertion is good for one request, whatever became of that request.
import t, { type Test } from 'tap';
import { lockDatabase } from '../../support/database-lock.ts';
import { type App, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';
import { createSigner } from '../../support/recorded-clients.ts';

type Fields = Readonly<Record<string, string | undefined>>;

interface World {
  readonly world: LoopAuth;
  readonly app: App;
  readonly prove: () => Promise<Fields>;
}

async function start(t: Test): Promise<World> {
  const world = await startLoopAuth(t);
  const signer = await createSigner('one');
  const app = await world.register({
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [signer.publicKey] },
  });
  return { world, app, prove: () => signer.proofFor(app.clientId, world.issuer) };
}

async function connect({ world, app, prove }: World): Promise<string> {
  const attempt = world.authorization(app);
  const { status, text, body } = await world.exchange(app, await world.code(attempt), attempt, await prove());
  if (status !== 200) throw new Error(text);
  return String(body['refresh_token']);
}

const used = { status: 401, body: { error: 'invalid_client' } };

t.test('an assertion is used up by a request that is refused, as by one that is not', async (t) => {
  const one = await start(t);
  const { world, app, prove } = one;
  const refreshToken = await connect(one);
  const assertion = await prove();
  t.match(await world.refresh(app, 'gone', assertion), { status: 400, body: { error: 'invalid_grant' } });
  t.match(await world.refresh(app, 'gone', assertion), used, 'refused, and used up');
  t.match(await world.refresh(app, refreshToken, assertion), used);
  const another = await prove();
  t.equal((await world.refresh(app, refreshToken, another)).status, 200);
  t.match(await world.refresh(app, refreshToken, another), used);
  const third = await prove();
  t.equal((await world.post('/token/revocation', { token: 'x', ...third })).status, 200);
  t.match(await world.post('/token/revocation', { token: 'x', ...third }), used, 'at another route');
  t.match(await world.refresh(app, refreshToken, third), used, 'and from one route to another');
});

t.test('a request that fails by our own fault uses nothing up', async (t) => {
  const one = await start(t);
  const { world, app, prove } = one;
  const refreshToken = await connect(one);
  const assertion = await prove();
  const unlock = await lockDatabase(world.databasePath);
  t.equal((await world.refresh(app, refreshToken, assertion)).status, 503, 'nothing can be written');
  await unlock();
  const run = (sql: string) => world.database.commit([{ statement: { sql, slots: [] }, values: {} }]);
  await run('ALTER TABLE refresh_tokens RENAME TO away');
  t.equal((await world.refresh(app, refreshToken, assertion)).status, 503, 'something can not be read');
  await run('ALTER TABLE away RENAME TO refresh_tokens');
  t.equal((await world.refresh(app, refreshToken, assertion)).status, 200, 'sent again as it was');
});

t.test('of requests with one assertion at the same moment one is answered', async (t) => {
  const { world, prove } = await start(t);
  const assertion = await prove();
  // While nothing can be committed none of them can know of another.
  const unlock = await lockDatabase(world.databasePath);
  const asked = Array.from({ length: 8 }, () =>
    world.post('/token/revocation', { token: 'x', ...assertion }),
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  await unlock();
  const answers = await Promise.all(asked);
  t.same(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 7 }, () => 401)]);
  for (const { status, text } of answers) if (status !== 200) t.match(text, 'invalid_client');
});
