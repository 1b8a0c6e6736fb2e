// What each failure at the token endpoint and on the pages becomes (the contract's failure table).
import t, { type Test } from 'tap';
import { lockDatabase } from '../../support/database-lock.ts';
import type { Answer, LoopAuth } from '../../support/loop-auth.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';

const acceptHeaders = ['text/html', 'text/html,application/xhtml+xml;q=0.9', 'application/json', '*/*'];

/** 503 that an OAuth client retries: JSON, the one word that keeps its tokens, and when to come back. */
function isOutage(t: Test, answer: Answer, what: string): void {
  t.equal(answer.status, 503, `${what}: 503`);
  t.equal(answer.body['error'], 'temporarily_unavailable', `${what}: temporarily_unavailable`);
  t.match(answer.headers.get('Retry-After'), /^[1-9]\d*$/, `${what}: says when to come back`);
  t.match(answer.headers.get('Cache-Control'), /no-store/, `${what}: is not cached`);
}

t.test('the token endpoint answers JSON whatever the client accepts', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const cases: [string, Record<string, string>, number, string][] = [
    ['a dead refresh token', { grant_type: 'refresh_token', refresh_token: 'gone' }, 400, 'invalid_grant'],
    [
      'an unknown code',
      {
        grant_type: 'authorization_code',
        code: 'gone',
        code_verifier: 'v'.repeat(43),
        redirect_uri: 'http://127.0.0.1/',
      },
      400,
      'invalid_grant',
    ],
    ['another grant type', { grant_type: 'client_credentials' }, 400, 'unsupported_grant_type'],
    ['no grant type', {}, 400, 'invalid_request'],
    [
      'a client that does not exist',
      { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'nobody' },
      401,
      'invalid_client',
    ],
    [
      'a client that proves itself in a way it did not register',
      { grant_type: 'refresh_token', refresh_token: 'x', client_secret: 'guess' },
      401,
      'invalid_client',
    ],
  ];
  for (const [what, fields, status, error] of cases) {
    for (const accept of acceptHeaders) {
      const answer = await world.token(app, fields, { Accept: accept });
      t.equal(answer.status, status, `${what}, Accept: ${accept}`);
      t.equal(answer.body['error'], error, `${what}: ${error}`);
      t.match(answer.headers.get('Content-Type'), /^application\/json/);
    }
  }
});

t.test(
  'while another writer holds the database, codes and refresh tokens get 503 and stay good',
  async (t) => {
    const world = await startLoopAuth(t);
    const { app, tokens } = await world.connect();
    const attempt = world.authorization(app);
    const code = await world.code(attempt);
    const release = await lockDatabase(world.databasePath);
    const [exchanged, refreshed, html] = await Promise.all([
      world.exchange(app, code, attempt),
      world.refresh(app, tokens.refresh_token),
      world.token(
        app,
        { grant_type: 'refresh_token', refresh_token: tokens.refresh_token },
        { Accept: 'text/html' },
      ),
    ]);
    isOutage(t, exchanged, 'the code');
    isOutage(t, refreshed, 'the refresh token');
    isOutage(t, html, 'a client that accepts HTML');
    t.ok(await world.isActive(tokens.access_token), 'introspection goes on meanwhile');
    await release();
    t.equal((await world.exchange(app, code, attempt)).status, 200, 'the same code works afterwards');
    const after = await world.refresh(app, tokens.refresh_token);
    t.equal(after.status, 200, 'the same refresh token works afterwards');
    t.ok(await world.isActive(after.body['access_token']), 'and its token is good');
  },
);

t.test('on a full disk, codes and refresh tokens get 503 and stay good', async (t) => {
  const world = await startLoopAuth(t);
  // A row longer than a page never fits into what room the file has left.
  const parameters = { scope: 'openid vault.read', nonce: 'n'.repeat(6000) };
  const { app, tokens } = await world.connect({ parameters });
  const attempt = world.authorization(app, parameters);
  const code = await world.code(attempt);
  await limitPages(world, 1);
  let refreshToken = tokens.refresh_token;
  let refused = await world.refresh(app, refreshToken);
  while (refused.status === 200) {
    refreshToken = String(refused.body['refresh_token']);
    refused = await world.refresh(app, refreshToken);
  }
  isOutage(t, refused, 'the refresh token');
  isOutage(t, await world.exchange(app, code, attempt), 'the code');
  const longUris = ['a', 'b', 'c', 'd'].map((path) => `https://app.example/${path.repeat(2000)}`);
  isOutage(t, await world.tryRegister({ redirect_uris: longUris }), 'a registration');
  await limitPages(world, 1_000_000);
  t.equal((await world.refresh(app, refreshToken)).status, 200, 'the same refresh token works afterwards');
  t.equal((await world.exchange(app, code, attempt)).status, 200, 'the same code works afterwards');
});

// SQLite never sets the limit below what the file already has.
async function limitPages(world: LoopAuth, pages: number): Promise<void> {
  await world.database.first({ sql: `PRAGMA max_page_count = ${pages}`, slots: [] }, {});
}

t.test('a person sees a page that says what to do, with a code to ask for help with', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const pages: [string, string, number, RegExp][] = [
    ['an app that is gone', '/auth?client_id=gone&response_type=code', 400, /not known here/],
    [
      'an address that was not registered',
      authorizeTo(world, app.clientId, 'https://evil.example/'),
      400,
      /somewhere else/,
    ],
    ['a sign-in that is over', '/auth/gone-uid', 400, /sign-in is over/],
    ['a page that is none', '/account/nothing', 404, /Nothing here/],
  ];
  for (const [what, path, status, words] of pages) {
    const answer = await world.ask(path, { headers: { Accept: 'application/json' } });
    t.equal(answer.status, status, what);
    t.match(answer.headers.get('Content-Type'), /^text\/html/, `${what}: a page`);
    t.match(answer.text, words, `${what}: in words`);
    t.equal(answer.headers.get('Location'), null, `${what}: nobody is sent anywhere`);
  }
});

function authorizeTo(world: LoopAuth, clientId: string, redirect: string): string {
  const { url } = world.authorization({ clientId }, { redirect_uri: redirect });
  return `/auth${url.search}`;
}

t.test('a wrong method and an unknown path say so in JSON', async (t) => {
  const world = await startLoopAuth(t);
  for (const path of ['/token', '/reg', '/token/introspection', '/token/revocation']) {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await world.ask(path, { method });
      t.equal(answer.status, 405, `${method} ${path}`);
      t.equal(answer.headers.get('Allow'), 'POST', 'names the method to use');
      t.match(answer.body['error_description'], /POST/);
    }
  }
  t.equal((await world.ask('/nothing')).body['error'], 'not_found');
});

t.test('no answer of the token endpoint is ever server_error', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  await world.database.close();
  const answer = await world.refresh(app, tokens.refresh_token);
  isOutage(t, answer, 'a database that is gone');
  t.notMatch(answer.text, /server_error/);
  const [line] = world.lines.filter((one) => one.includes('request failed'));
  t.match(line, answer.headers.get('X-Request-Id') ?? '-', 'the log has the request id of the answer');
  t.notOk(world.lines.join('').includes(tokens.refresh_token), 'but not the token');
});
