// auth/clients/admission.ts: how many new apps and documents all strangers have together, and what known hosts have beside.
import t from 'tap';
import { startClientHosts } from '../../support/client-hosts.ts';
import { shiftClock } from '../../support/clock.ts';
import { type Answer, type LoopAuth, redirectUri, startLoopAuth } from '../../support/loop-auth.ts';
import { connectOver } from '../../support/recorded-clients.ts';
import { good, registerFrom, trusting } from '../../support/registrations.ts';

const hour = 3600;

/**
 * Registers from new addresses until there were too many; resolves to how many were taken. Ten from each address, so that
 * two that share a counter (docs/decisions/limits.md) stay within what one may.
 */
async function useUp(world: LoopAuth, metadata: unknown, addresses: string): Promise<number> {
  for (let n = 0; n < 2000; n += 1) {
    const { status } = await registerFrom(world, `${addresses}.${Math.floor(n / 10)}`, metadata);
    if (status === 429) return n;
  }
  return 2000;
}

t.test(
  'what is refused uses up nobody else’s: only registrations that are stored count over all',
  async (t) => {
    const world = await startLoopAuth(t, trusting);
    for (let n = 0; n < 700; n += 1) await registerFrom(world, `192.0.2.${n >> 4}`, {});
    t.equal((await registerFrom(world, '198.51.100.1', good())).status, 201);
  },
);

t.test(
  '600 are stored in an hour by all together, at both processes, and then those of hosts that were let in',
  async (t) => {
    const clock = shiftClock(t);
    const world = await startLoopAuth(t, trusting);
    const second = await startLoopAuth(t, {
      ...trusting,
      databasePath: world.databasePath,
      withoutAccount: true,
    });
    const known = await world.register({ redirect_uris: ['https://chat.example/cb'] });
    await connectOver(world, known, { redirectUri: 'https://chat.example/cb' });
    const taken = await useUp(world, good(), '192.0.2');
    // One that comes while another process writes may be counted in memory (docs/decisions/limits.md).
    t.ok(taken >= 599 && taken <= 602, `${taken} and the one before`);
    const refused = await registerFrom(second, '198.51.100.1', good());
    t.equal(refused.status, 429, 'at the other process, too');
    t.equal(refused.body['error'], 'too_many_requests');
    t.match(refused.headers.get('Retry-After'), /^[1-9]\d*$/);
    t.equal((await registerFrom(second, '198.51.100.2', good('chat.example'))).status, 201, 'a known host');
    const mixed = { ...good(), redirect_uris: ['https://chat.example/cb', 'https://app.example/cb'] };
    t.equal((await registerFrom(world, '198.51.100.3', mixed)).status, 429, 'not one beside it');
    const more = await useUp(world, good('chat.example'), '203.0.113');
    t.ok(more >= 50 && more < 100, `${more}: a share has an end`);
    clock.advance(hour);
    t.equal((await registerFrom(world, '198.51.100.1', good())).status, 201);
  },
);

t.test('an app that was here before is not kept out by strangers who make us read documents', async (t) => {
  const clock = shiftClock(t);
  const hosts = await startClientHosts(t);
  const world = await startLoopAuth(t, { ...trusting, fetchJson: hosts.fetchJson });
  const document = {
    client_id: 'https://client.example/app.json',
    client_name: 'An app',
    redirect_uris: [redirectUri],
  };
  hosts.serve(document.client_id, document, { 'Cache-Control': 'no-store' });
  const open = (id: string, address: string): Promise<Answer> =>
    world.ask(`/auth${world.authorization({ clientId: id }).url.search}`, {
      headers: { 'X-Forwarded-For': address },
    });
  await connectOver(world, { clientId: document.client_id }, { redirectUri });
  let refusals = 0;
  for (let n = 0; n < 700; n += 1) {
    const { status } = await open(`https://many.example/${n}.json`, `192.0.2.${Math.floor(n / 9)}`);
    if (status === 429) refusals += 1;
  }
  t.ok(refusals >= 100, 'all together have a limit');
  clock.advance(120);
  hosts.asked.length = 0;
  hosts.serve('https://client.example/other.json', {
    ...document,
    client_id: 'https://client.example/other.json',
  });
  t.equal(
    (await open('https://client.example/other.json', '198.51.100.1')).status,
    303,
    'a host that was let in has a share',
  );
  t.equal((await open('https://stranger.example/app.json', '198.51.100.2')).status, 429);
  for (let n = 0; n < 80; n += 1) await open(`https://client.example/made-up-${n}`, `203.0.113.${n >> 4}`);
  hosts.asked.length = 0;
  for (let n = 0; n < 20; n += 1) {
    clock.advance(61);
    const { status } = await open(document.client_id, '198.51.100.3');
    if (status !== 303) t.equal(status, 303, 'its stored copy is good enough');
  }
  t.same(hosts.asked, [], 'where its host has used up its share as well');
});
