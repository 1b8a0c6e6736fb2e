// auth/clients/key-sets.ts: whose keys are stored, how large a set may be, and that it goes with its client.
import t, { type Test } from 'tap';
import { ClientStore } from '../../../adapters/stores/clients.ts';
import { type ClientHosts, startClientHosts } from '../../support/client-hosts.ts';
import { shiftClock } from '../../support/clock.ts';
import { type LoopAuth, redirectUri, startLoopAuth } from '../../support/loop-auth.ts';
import { connectOver, createSigner, type Signer } from '../../support/recorded-clients.ts';

const clientId = 'https://client.example/app.json';
const app = { clientId };
const signer = await createSigner('key-1');

interface World {
  readonly hosts: ClientHosts;
  readonly world: LoopAuth;
  /** Lets the document name another address for its keys, and has it read again. */
  readonly moveKeys: (uri: string) => Promise<void>;
}

async function start(t: Test): Promise<World> {
  const clock = shiftClock(t);
  const hosts = await startClientHosts(t);
  const world = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
  const moveKeys = async (uri: string): Promise<void> => {
    const document = { client_id: clientId, client_name: 'An app', redirect_uris: [redirectUri] };
    const signing = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri };
    hosts.serve(uri, { keys: [signer.publicKey] });
    hosts.serve(clientId, { ...document, ...signing }, { 'Cache-Control': 'no-store' });
    clock.advance(61);
    await world.ask(`/auth${world.authorization(app).url.search}`);
  };
  await moveKeys('https://client.example/keys/0');
  return { hosts, world, moveKeys };
}

const proofFor = (world: LoopAuth, by: Signer = signer): ReturnType<Signer['proofFor']> =>
  by.proofFor(clientId, world.issuer);

async function revoke(world: LoopAuth): Promise<number> {
  return (await world.post('/token/revocation', { token: 'x', ...(await proofFor(world)) })).status;
}

async function sets(world: LoopAuth): Promise<Record<string, unknown>[]> {
  return world.database.all({ sql: 'SELECT * FROM client_key_sets', slots: [] }, {});
}

t.test('the keys of a client that nobody let in are read and not stored', async (t) => {
  const { world, hosts, moveKeys } = await start(t);
  for (let n = 1; n < 8; n += 1) {
    t.equal(await revoke(world), 200);
    t.equal(await revoke(world), 200);
    await moveKeys(`https://client.example/keys/${n}`);
  }
  t.same(await sets(world), []);
  const read = hosts.asked.filter((url) => url.includes('/keys/')).length;
  t.ok(read <= 8, `read ${read} times for 14 requests`);
});

t.test(
  'however often a stranger’s document names another address, we read a hundred times in an hour',
  async (t) => {
    const { world, hosts, moveKeys } = await start(t);
    // 58 minutes, with two readings in each.
    for (let n = 1; n < 58; n += 1) {
      await moveKeys(`https://client.example/keys/${n}`);
      await revoke(world);
    }
    t.equal(hosts.asked.length, 100);
    t.same(await sets(world), []);
  },
);

t.test('a client that was let in has one set, which goes with it', async (t) => {
  const { world, moveKeys, hosts } = await start(t);
  const proof = (): ReturnType<Signer['proofFor']> => proofFor(world);
  const { status, body } = await connectOver(world, app, { redirectUri, proof });
  t.equal(status, 200);
  t.match(await sets(world), [{ client_id: clientId, uri: 'https://client.example/keys/0' }]);
  let token = body['refresh_token'];
  for (let n = 1; n < 6; n += 1) {
    await moveKeys(`https://client.example/keys/${n}`);
    const refreshed = await world.refresh(app, token, await proof());
    t.equal(refreshed.status, 200);
    token = refreshed.body['refresh_token'];
  }
  t.match(await sets(world), [{ client_id: clientId, uri: 'https://client.example/keys/5' }]);
  hosts.cut();
  t.equal((await world.refresh(app, token, await proof())).status, 200, 'with its host away');
  await new ClientStore(world.database).delete(clientId);
  t.same(await sets(world), []);
});

t.test('keys that a client has exchanged are found also after the clock went back', async (t) => {
  const { world, hosts } = await start(t);
  const proof = (): ReturnType<Signer['proofFor']> => proofFor(world);
  t.equal((await connectOver(world, app, { redirectUri, proof })).status, 200);
  shiftClock(t).advance(-3 * 3600);
  const next = await createSigner('key-2');
  hosts.serve('https://client.example/keys/0', { keys: [next.publicKey] });
  const { status } = await world.post('/token/revocation', { token: 'x', ...(await proofFor(world, next)) });
  t.equal(status, 200);
});

t.test('a set has 16 KB at most', async (t) => {
  const { world, hosts } = await start(t);
  const uri = 'https://client.example/keys/0';
  const set = (padding: number): object => ({ keys: [signer.publicKey], padding: 'x'.repeat(padding) });
  hosts.serve(uri, set(17 * 1024));
  t.equal(await revoke(world), 503, 'a larger one is no answer');
  hosts.serve(uri, set(14 * 1024));
  shiftClock(t).advance(120);
  t.equal(await revoke(world), 200);
});
