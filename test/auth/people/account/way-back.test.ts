// Where a page leads back to: what the browser says of it leads to our own pages only.
import t from 'tap';
import { readWayBack } from '../../../../auth/people/account/way-back.ts';

t.test('a page of ours is gone back to with its query, and nothing else is', (t) => {
  for (const issuer of ['https://nas.example', 'https://nas.example/auth']) {
    const { pathname } = new URL(issuer);
    const path = pathname.replace(/\/$/, '');
    const back = (value: unknown) => readWayBack(value, issuer, 'otherwise');
    for (const own of ['/account?action=revoke&id=x', '/account/keys', '/interaction/a_B-9', '/connect'])
      for (const value of [`${path}${own}`, `https://nas.example${path}${own}`])
        t.equal(back(value), `${path}${own}`);
    const others = [
      'https://evil.example/account',
      '//evil.example/account',
      '/\\evil.example/account',
      'javascript:alert(1)',
      `${path}/auth?client_id=x`,
      `${path}/session/end`,
      `${path}/account/../session/end`,
      `${path}x/account`,
      'http://nas.example/account',
      `https://ann@evil.example${path}/account`,
      '',
      undefined,
      ['/account'],
      `${path}/account?${'x'.repeat(3000)}`,
    ];
    for (const value of others) t.equal(back(value), 'otherwise', String(value));
  }
  t.equal(
    readWayBack('/account', 'https://nas.example/auth', 'otherwise'),
    'otherwise',
    'a neighbour below the host',
  );
  t.end();
});
