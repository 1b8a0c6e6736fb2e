// auth/http/limits/network.ts: which spellings of an address count as one.
import t from 'tap';
import { canonicalAddress, networkOf } from '../../../../auth/http/limits/network.ts';
import { startLoopAuth } from '../../../support/loop-auth.ts';

t.test('every spelling of an address is the same address', (t) => {
  for (const [canonical, spellings] of Object.entries({
    '9.8.7.6': [
      '9.8.7.6',
      ' 9.8.7.6 ',
      '009.008.007.006',
      '::ffff:9.8.7.6',
      '::FFFF:908:706',
      '0:0:0:0:0:ffff:0908:0706',
      '9.8.7.6:443',
      '[::ffff:9.8.7.6]:1',
    ],
    '2001:db8::1': [
      '2001:db8::1',
      '2001:DB8::1',
      '2001:0db8:0000:0000:0000:0000:0000:0001',
      '2001:db8:0:0::1',
      '[2001:db8::1]',
      '[2001:DB8::1]:65535',
      '2001:db8::1%eth0',
    ],
    '::1': ['::1', '0:0:0:0:0:0:0:1'],
  }))
    for (const spelling of spellings) t.equal(canonicalAddress(spelling), canonical, spelling);
  for (const junk of [
    '',
    'junk',
    'unknown',
    '_hidden',
    '256.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4:',
    ':::',
    '2001:db8',
    '[1.2.3.4',
    '0x7f.1.1.1',
    `${'1'.repeat(5000)}`,
  ])
    t.equal(canonicalAddress(junk), undefined, junk.slice(0, 20));
  t.end();
});

t.test('a /64 of IPv6 addresses is one network, an IPv4 address another', (t) => {
  const one = ['2001:db8:0:1::1', '2001:DB8:0:1:ffff::', '2001:0db8:0000:0001:1:2:3:4'].map(networkOf);
  t.equal(new Set(one).size, 1);
  t.not(networkOf('2001:db8:0:2::1'), one[0]);
  t.equal(networkOf('::ffff:9.8.7.6'), networkOf('009.8.7.6'));
  t.equal(networkOf('junk'), networkOf(undefined), 'what is no address has one place together');
  t.end();
});

t.test(
  'a client that writes its address in another way, or writes junk, has no limit of its own for it',
  async (t) => {
    const world = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
    const from = async (address: string): Promise<number> => {
      const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': address };
      return (await world.ask('/reg', { method: 'POST', headers, body: '{}' })).status;
    };
    for (const spellings of [
      ['2001:db8::1', '2001:DB8::1', '2001:0db8:0:0:0::1', '2001:db8:0:0::ffff'],
      ['9.8.7.6', '::ffff:908:706', '009.8.7.6', '::FFFF:9.8.7.6'],
      ['junk', 'unknown', '300.1.1.1', '127.0.0.1'],
    ]) {
      const statuses: number[] = [];
      for (let n = 0; n < 32; n += 1) statuses.push(await from(String(spellings[n % spellings.length])));
      t.same(statuses.slice(28), [400, 400, 429, 429], spellings.join());
    }
    t.equal(await from('2001:db8:0:1::1'), 400, 'another network');
  },
);
