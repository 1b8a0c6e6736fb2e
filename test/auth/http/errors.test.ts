// What each failure at the token endpoint and on the pages becomes (the contract's failure table).
import t, { type Test } from 'tap';
import { answerErrors } from '../../../auth/http/errors.ts';
import { createLog } from '../../../auth/http/log.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../../scripts/demo/sign-in.ts';
import { startClientHosts } from '../../support/client-hosts.ts';
import { lockDatabase } from '../../support/database-lock.ts';
import {
  type Answer,
  type App,
  ann,
  type LoopAuth,
  redirectUri,
  startLoopAuth,
  webRedirectUri,
} from '../../support/loop-auth.ts';

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
    ['another grant type', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['one that an operator gives', { grant_type: 'client_credentials' }, 400, 'unauthorized_client'],
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
  const parameters = { scope: 'openid vault.read', nonce: 'n'.repeat(4096) };
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

/** What makes `/auth` refuse a request, by what it is about. */
const refusals: Readonly<Record<string, Record<string, string | undefined>>> = {
  'prompt=none': { prompt: 'none' },
  'no proof key': { code_challenge: undefined, code_challenge_method: undefined },
  'another challenge method': { code_challenge_method: 'plain' },
  'a response type': { response_type: 'token' },
  'no response type': { response_type: undefined },
  'a response mode': { response_mode: 'jwt' },
  'an answer by a form': { response_mode: 'form_post', prompt: 'none' },
  'an answer in the fragment': { response_mode: 'fragment', prompt: 'none' },
  'a resource': { resource: 'https://elsewhere.example/mcp' },
  'a resource that is no address': { resource: 'x' },
  'a scope': { scope: 'ä' },
  'a prompt': { prompt: 'none login' },
  'a request object': { request: 'a.b.c' },
  'a request address': { request_uri: 'https://app.example/r' },
  'a registration': { registration: '{}' },
  'an age': { max_age: 'x', scope: 'openid' },
  'a hint': { id_token_hint: 'x', scope: 'openid' },
};

t.test(
  'a refused request leads to an app only where somebody let it in or an operator made it',
  async (t) => {
    const hosts = await startClientHosts(t);
    const world = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
    const document = 'https://evil.example/client.json';
    hosts.serve(document, { client_id: document, client_name: 'E', redirect_uris: [webRedirectUri] });
    const browser = new Browser();
    const letIn = await world.register({ redirect_uris: [webRedirectUri] });
    await world.code(world.authorization(letIn, { redirect_uri: webRedirectUri }), browser);
    const strangers = {
      registered: await world.register({ redirect_uris: [webRedirectUri] }),
      'with a secret': await world.register({
        redirect_uris: [webRedirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      }),
      'by its document': { clientId: document },
    };
    const known = {
      'let in': letIn,
      seeded: await world.seed(),
      'seeded, public': await world.seed({ authMethod: 'none' }),
    };
    for (const [what, parameters] of Object.entries(refusals)) {
      const ask = (app: App) => {
        const { url } = world.authorization(app, { redirect_uri: webRedirectUri, ...parameters });
        return browser.visit(url, webRedirectUri);
      };
      for (const [name, app] of Object.entries(strangers)) {
        const page = await ask(app);
        t.equal(page.status, 400, `${what}, ${name}`);
        t.match(page.headers.get('Content-Type'), 'text/html', `${what}, ${name}: a page`);
        t.equal(page.headers.get('Location'), null, `${what}, ${name}: nobody is sent anywhere`);
        t.notMatch(page.text, /app\.example|<form|<script(?! data-path=)/, `${what}, ${name}: nor by a form`);
        t.match(page.text, 'could not be let in', `${what}, ${name}: in words`);
      }
      for (const [name, app] of Object.entries(known)) {
        const page = await ask(app);
        const isForm = parameters['response_mode'] === 'form_post';
        if (isForm) t.match(page.text, `action="${webRedirectUri}"`, `${what}, ${name}`);
        else t.match(page.url.href, /^https:\/\/app\.example\/callback[?#]error=/, `${what}, ${name}`);
      }
    }
  },
);

t.test('a person who says no to an app that nobody let in is sent back to it', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const { searchParams } = await authorizeInBrowser(world.authorization(app).url, ann, { decision: 'deny' });
  t.equal(searchParams.get('error'), 'access_denied');
  const again = await new Browser().visit(world.authorization(app, { prompt: 'none' }).url);
  t.equal(again.status, 400, 'which lets nobody in');
});

t.test('an outage while an answer is on its way sends nobody anywhere', async (t) => {
  const world = await startLoopAuth(t);
  const { app, browser } = await openConsent(world);
  const page = await browser.visit(world.authorization(app).url);
  t.match(page.text, 'name="decision"');
  const release = await lockDatabase(world.databasePath);
  const answer = await browser.submit(page, { decision: 'allow' }, redirectUri);
  t.equal(answer.status, 503);
  t.equal(answer.headers.get('Location'), null);
  t.match(answer.headers.get('Cache-Control'), 'no-store', 'and nobody keeps the page');
  t.match(answer.headers.get('Retry-After'), /^[1-9]\d*$/);
  await release();
  const done = await browser.submit(page, { decision: 'allow' }, redirectUri);
  t.ok(done.url.searchParams.get('code'), 'the same page works afterwards');
});

async function openConsent(world: LoopAuth): Promise<{ app: App; browser: Browser }> {
  const app = await world.register();
  const browser = new Browser();
  await world.code(world.authorization(app), browser);
  return { app, browser };
}

/** What becomes of an error that is thrown in front of the library, where it has set no header yet. */
async function answerTo(
  error: Error,
): Promise<{ status: number; body: unknown; headers: Map<string, string> }> {
  const headers = new Map<string, string>();
  const ctx = {
    path: '/token',
    method: 'POST',
    state: {},
    status: 200,
    body: undefined,
    set: (name: string, value: string) => headers.set(name, value),
    remove: (name: string) => headers.delete(name),
  };
  const log = createLog('fatal', { write: () => {} });
  await answerErrors(log)(ctx as never, async () => {
    throw error;
  });
  return { status: ctx.status, body: ctx.body, headers };
}

t.test('only an error that says it is about the request is the client’s fault', async (t) => {
  const inner = await answerTo(Object.assign(new Error('a neighbour answered'), { status: 404 }));
  t.equal(inner.status, 503, 'a status alone is some other answer that we met inside');
  t.match(inner.body, { error: 'temporarily_unavailable' });
  const fault = await answerTo(Object.assign(new Error('no such thing'), { status: 404, expose: true }));
  t.equal(fault.status, 404);
  const loud = await answerTo(Object.assign(new Error('ours'), { status: 500, expose: true }));
  t.equal(loud.status, 503);
});

t.test('our own 503 is kept by nobody, wherever it happens', async (t) => {
  const { headers } = await answerTo(new Error('in front of the library'));
  t.equal(headers.get('Cache-Control'), 'no-store');
  t.match(headers.get('Retry-After'), /^[1-9]\d*$/);
});

t.test('a way on of no sign-in is refused, whatever stands behind it', async (t) => {
  const world = await startLoopAuth(t);
  const { clientId } = await world.register();
  for (const path of [
    `/auth/gone?client_id=${clientId}`,
    `/auth/;a=b?client_id=${clientId}&state=x`,
    '/auth/gone',
  ]) {
    const answer = await world.ask(path, { redirect: 'manual' });
    t.equal(answer.status, 400, path.slice(0, 12));
  }
  t.notMatch(world.lines.join(''), '"level":50');
});
