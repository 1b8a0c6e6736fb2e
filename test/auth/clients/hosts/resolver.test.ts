// Names are asked of the name servers directly, and one that nobody answers holds no other.
import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import t from 'tap';
import { createResolver } from '../../../../auth/clients/hosts/resolver.ts';
import { startNameServer } from '../../../support/name-server.ts';

t.test('a name leads to its addresses, and one that is nowhere is an error', async (t) => {
  const server = await startNameServer(t, { 'client.example': '192.0.2.7' });
  const resolve = createResolver([server.address]);
  const { signal } = new AbortController();
  t.same(await resolve('client.example', signal), [{ address: '192.0.2.7', family: 4 }]);
  await t.rejects(createResolver(['127.0.0.1:1'])('client.example', signal));
});

t.test('names that nobody answers hold no other, nor what waits for a thread', async (t) => {
  const server = await startNameServer(t, { 'client.example': '192.0.2.7' });
  const resolve = createResolver([server.address]);
  const giveUp = new AbortController();
  let ended = 0;
  const hanging = Array.from({ length: 20 }, (_, n) =>
    resolve(`silent-${n}.example`, giveUp.signal).then(
      () => t.fail('nobody answered'),
      () => {
        ended += 1;
      },
    ),
  );
  const { signal } = new AbortController();
  let isPatientOver = false;
  const patient = resolve('silent.example', signal).catch(() => {
    isPatientOver = true;
  });
  t.same(await resolve('client.example', signal), [{ address: '192.0.2.7', family: 4 }]);
  await promisify(scrypt)('a password', 'salt', 32);
  t.equal(ended, 0, 'while all of them still wait');
  giveUp.abort();
  await Promise.all(hanging);
  t.equal(ended, 20, 'those that are given up end');
  t.notOk(isPatientOver, 'at once, before one that is not');
  t.same(await resolve('client.example', signal), [{ address: '192.0.2.7', family: 4 }], 'and no other');
  await patient;
});

t.test('where only one kind of question is answered, that is enough', async (t) => {
  const server = await startNameServer(t, { 'half.example': '192.0.2.8' }, ['half.example']);
  const resolve = createResolver([server.address]);
  const { signal } = new AbortController();
  let isGivenUp = false;
  const silent = resolve('silent.example', signal).catch(() => {
    isGivenUp = true;
  });
  t.same(await resolve('half.example', signal), [{ address: '192.0.2.8', family: 4 }]);
  t.notOk(isGivenUp, 'long before an open question is given up');
  await silent;
});

t.test('a name server that never answers is given up', async (t) => {
  const server = await startNameServer(t, {});
  const { signal } = new AbortController();
  await t.rejects(createResolver([server.address])('silent.example', signal));
});
