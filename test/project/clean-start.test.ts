// That loop-auth starts without a word of its libraries: a NOTICE or WARNING of oidc-provider is a setting left open.
import t from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';

t.test('loop-auth prints nothing but its own log lines while it starts, answers and stops', async (t) => {
  const pair = await Pair.create();
  t.teardown(() => pair.close());
  await pair.start('auth');
  for (const path of ['/.well-known/openid-configuration', '/jwks', '/auth?client_id=x', '/session/end']) {
    await (await fetch(pair.issuer + path)).text();
  }
  for (const path of ['/token', '/reg', '/token/introspection', '/interaction/x']) {
    await (await fetch(pair.issuer + path, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })).text();
  }
  await pair.stop('auth');
  t.ok(pair.lines.length >= 3);
  for (const line of pair.lines) {
    t.match(line, /^\{"level":\d+,.*"name":"loop-auth".*\}$/, 'a log line');
    t.notMatch(line, /NOTICE|WARNING|[Dd]eprecat/);
  }
});
