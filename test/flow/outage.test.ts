// loop-auth is away: what was known goes on, what was not waits, and nothing looks like the client's fault.
import t from 'tap';
import { startConnectedPair } from '../support/connected-pair.ts';
import { callTool } from '../support/mcp-call.ts';

t.test('while loop-auth is down', async (t) => {
  const { pair, connect } = await startConnectedPair(t, { API_INTROSPECTION_CACHE_SECONDS: '0' });
  const known = await connect();
  const unknown = await connect();
  t.equal((await callTool(pair.resource, known.tokens.access_token)).status, 200);
  await pair.kill('auth');

  t.test('a token that was checked before keeps working, at once', async (t) => {
    for (let call = 0; call < 20; call += 1) {
      t.equal((await callTool(pair.resource, known.tokens.access_token)).status, 200);
    }
  });
  t.test('a token that was not gets 503 with Retry-After, never 401', async (t) => {
    for (let call = 0; call < 5; call += 1) {
      const { status, headers } = await callTool(pair.resource, unknown.tokens.access_token);
      t.equal(status, 503);
      t.match(headers.get('Retry-After'), /^\d+$/);
      t.equal(headers.get('WWW-Authenticate'), null);
    }
  });
  t.test('no token is still 401 with the way to one', async (t) => {
    const { status, headers } = await callTool(pair.resource, undefined);
    t.equal(status, 401);
    t.match(headers.get('WWW-Authenticate'), /^Bearer resource_metadata="[^"]+", scope="[^"]+"$/);
  });
  t.test('loop-api restarts and is ready', async (t) => {
    await pair.kill('api');
    await pair.start('api');
    t.equal((await callTool(pair.resource, known.tokens.access_token)).status, 503, 'and knows no token yet');
  });
  t.test('when loop-auth is back, every token works again within a second or two', async (t) => {
    await pair.start('auth');
    for (const { tokens } of [known, unknown]) {
      let last = 0;
      for (let attempt = 0; attempt < 40 && last !== 200; attempt += 1) {
        last = (await callTool(pair.resource, tokens.access_token)).status;
        t.not(last, 401);
        if (last !== 200) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      t.equal(last, 200);
    }
  });
});
