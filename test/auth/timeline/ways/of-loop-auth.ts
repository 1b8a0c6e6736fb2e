// Ways in which a connection fails at loop-auth, each by a client whose registration was recorded.
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { lockDatabase } from '../../../support/database-lock.ts';
import { type Attempt, ann, redirectUri } from '../../../support/loop-auth.ts';
import { type AuthWorld, arrive, ask, type Guest, registrationOf, visit, type Way } from './way.ts';

const page = { headers: { Accept: 'text/html' } };
const documentUrl = 'https://app.example/client.json';
const wrongPassword = 'not what Ann knows';

/** A client that was let in, with its code. */
async function withCode(world: AuthWorld): Promise<Guest & { attempt: Attempt; code: string }> {
  const guest = await arrive(world);
  const attempt = ask(world.loop, guest);
  return { ...guest, attempt, code: await world.loop.code(attempt) };
}

interface Wrong {
  readonly code?: string | undefined;
  readonly verifier?: string;
  readonly redirect_uri?: string;
}

/** It comes for its token with what it was given, but for what is said. */
async function exchange(world: AuthWorld, wrong: Wrong) {
  const { app, redirectUri, attempt, code } = await withCode(world);
  const { verifier = attempt.verifier, redirect_uri = redirectUri } = wrong;
  const fields = { redirect_uri, ...('code' in wrong && { code: wrong.code }) };
  return world.loop.exchange(app, code, { ...attempt, verifier }, fields);
}

/** Let in, with its tokens. */
async function connect(world: AuthWorld) {
  const { app, redirectUri, attempt, code } = await withCode(world);
  const { body } = await world.loop.exchange(app, code, attempt, { redirect_uri: redirectUri });
  return { app, refreshToken: String(body['refresh_token']) };
}

const asking =
  (parameters: Record<string, string | undefined>) =>
  async (world: AuthWorld): Promise<unknown> =>
    visit(ask(world.loop, await arrive(world), parameters));

/** The page on which one signs in, and the form that is sent there. */
async function openSignIn(world: AuthWorld) {
  const browser = new Browser();
  const guest = await arrive(world);
  return { ...guest, browser, shown: await visit(ask(world.loop, guest), browser) };
}

async function typePassword(world: AuthWorld, password: string, times = 1): Promise<unknown> {
  const { browser, shown, redirectUri } = await openSignIn(world);
  let last: unknown;
  for (let n = 0; n < times; n += 1)
    last = await browser.submit(shown, { username: ann.username, password }, redirectUri);
  return last;
}

export const waysOfLoopAuth: readonly Way<AuthWorld>[] = [
  {
    sentence: 'registration is off',
    by: 'claude',
    settings: { AUTH_REGISTRATION: 'off' },
    fail: ({ loop, who }) => loop.tryRegister(registrationOf(who)),
    step: 'described',
    cause: 'registrationOff',
  },
  {
    sentence: 'the host is not one of those that are named',
    by: 'codex',
    settings: { AUTH_REGISTRATION: 'hosts', AUTH_REGISTRATION_HOSTS: 'claude.ai' },
    fail: ({ loop, who }) =>
      loop.tryRegister({ ...registrationOf(who), redirect_uris: ['https://other.example/back'] }),
    step: 'described',
    cause: 'registrationHost',
  },
  {
    sentence: 'no token for registering',
    by: 'chatgpt',
    settings: {
      AUTH_REGISTRATION: 'token',
      AUTH_REGISTRATION_TOKEN: 'a token of sixteen and more'.replaceAll(' ', '-'),
    },
    fail: ({ loop, who }) => loop.tryRegister(registrationOf(who)),
    step: 'described',
    cause: 'registrationToken',
  },
  {
    sentence: 'a registration that is too large',
    by: 'cursor',
    fail: ({ loop, who }) => loop.tryRegister({ ...registrationOf(who), client_name: 'a'.repeat(9000) }),
    step: 'described',
    cause: 'registrationTooLarge',
  },
  {
    sentence: 'a plain http address to return to',
    by: 'vscode',
    fail: ({ loop, who }) =>
      loop.tryRegister({ ...registrationOf(who), redirect_uris: ['http://app.example/back'] }),
    step: 'described',
    cause: 'registrationRedirect',
  },
  {
    sentence: 'metadata that can not be',
    by: 'claude-code',
    fail: ({ loop, who }) =>
      loop.tryRegister({ ...registrationOf(who), token_endpoint_auth_method: 'by post' }),
    step: 'described',
    cause: 'registrationInvalid',
  },
  {
    sentence: 'too many registrations from one network',
    by: 'cursor',
    fail: async ({ loop, who }) => {
      const register = () => loop.tryRegister(registrationOf(who));
      for (let n = 0; n < 30; n += 1) await register();
      return register();
    },
    step: 'described',
    cause: 'tooMany',
  },
  {
    sentence: 'a disk that another program holds',
    by: 'vscode',
    fail: async ({ loop, who }) => {
      const release = await lockDatabase(loop.databasePath);
      const answer = await loop.tryRegister(registrationOf(who));
      await release();
      return answer;
    },
    step: 'described',
    cause: 'outage',
  },
  {
    sentence: 'found, and never asked',
    by: 'anybody',
    fail: async ({ loop, clock }) => {
      await loop.ask('/.well-known/oauth-authorization-server');
      clock.advance(3600);
    },
    step: 'found',
    cause: 'neverAsked',
  },
  {
    sentence: 'the app’s document can not be reached',
    by: 'an app with an address',
    fail: ({ loop }) => visit(loop.authorization({ clientId: documentUrl })),
    step: 'asked',
    cause: 'documentAway',
  },
  {
    sentence: 'the app’s document says another address than its own',
    by: 'an app with an address',
    fail: ({ loop, hosts }) => {
      hosts.serve(documentUrl, { client_id: 'https://other.example/', redirect_uris: [redirectUri] });
      return visit(loop.authorization({ clientId: documentUrl }));
    },
    step: 'asked',
    cause: 'documentInvalid',
  },
  {
    sentence: 'an app that is not known',
    by: 'a forgotten client',
    fail: ({ loop }) => visit(loop.authorization({ clientId: 'nobody' })),
    step: 'asked',
    cause: 'clientUnknown',
  },
  {
    sentence: 'another address to return to',
    by: 'codex',
    fail: asking({ redirect_uri: 'http://127.0.0.1:40404/elsewhere' }),
    step: 'asked',
    cause: 'redirectWrong',
  },
  {
    sentence: 'another resource',
    by: 'chatgpt',
    fail: asking({ resource: 'https://other.example/mcp' }),
    step: 'asked',
    cause: 'resourceWrong',
  },
  {
    sentence: 'no PKCE',
    by: 'cursor',
    fail: asking({ code_challenge: undefined, code_challenge_method: undefined }),
    step: 'asked',
    cause: 'pkceMissing',
  },
  {
    sentence: 'PKCE in plain',
    by: 'vscode',
    fail: asking({ code_challenge_method: 'plain' }),
    step: 'asked',
    cause: 'pkceMissing',
  },
  {
    sentence: 'the implicit flow',
    by: 'claude-code',
    fail: asking({ response_type: 'token' }),
    step: 'asked',
    cause: 'responseType',
  },
  {
    sentence: 'without a page, and nobody is signed in',
    by: 'inspector',
    fail: asking({ prompt: 'none' }),
    step: 'asked',
    cause: 'silentRefused',
  },
  {
    sentence: 'a prompt that there is not',
    by: 'mcp-remote',
    fail: asking({ prompt: 'please' }),
    step: 'asked',
    cause: 'requestInvalid',
  },
  {
    sentence: 'the sign-in page is left',
    by: 'claude',
    fail: async (world) => {
      await openSignIn(world);
      world.clock.advance(3600);
    },
    step: 'signInShown',
    cause: 'signInLeft',
  },
  {
    sentence: 'a wrong password',
    by: 'codex',
    fail: (world) => typePassword(world, wrongPassword),
    step: 'signedIn',
    cause: 'wrongPassword',
  },
  {
    sentence: 'too many wrong passwords',
    by: 'chatgpt',
    fail: (world) => typePassword(world, wrongPassword, 12),
    step: 'signedIn',
    cause: 'lockedOut',
  },
  {
    sentence: 'a disabled account',
    by: 'cursor',
    fail: async (world) => {
      const accounts = new AccountStore(world.loop.database);
      const account = await accounts.findByUsername(ann.username);
      await accounts.setDisabled(String(account?.id), true);
      await typePassword(world, ann.password);
    },
    step: 'signedIn',
    cause: 'accountDisabled',
  },
  {
    sentence: 'consent is left',
    by: 'vscode',
    fail: async (world) => {
      await typePassword(world, ann.password);
      world.clock.advance(3600);
    },
    step: 'signedIn',
    cause: 'consentLeft',
  },
  {
    sentence: 'the person says no',
    by: 'claude-code',
    fail: async (world) => {
      const { browser, shown, redirectUri } = await openSignIn(world);
      const consent = await browser.submit(shown, { ...ann }, redirectUri);
      await browser.submit(consent, { decision: 'deny' }, redirectUri);
    },
    step: 'allowed',
    cause: 'denied',
  },
  {
    sentence: 'a sign-in that is over',
    by: 'a browser',
    fail: ({ loop }) =>
      loop.ask('/interaction/a-page-of-long-ago', { headers: { ...page.headers, Cookie: 'a=b' } }),
    step: 'signInShown',
    cause: 'signInOver',
  },
  {
    sentence: 'a form that another site posts',
    by: 'claude',
    fail: async (world) => {
      const { browser, shown } = await openSignIn(world);
      const headers = { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' };
      const body = new URLSearchParams({ username: ann.username });
      return browser.visit(shown.url, undefined, { method: 'POST', headers, body });
    },
    step: 'signInShown',
    cause: 'foreignForm',
  },
  {
    sentence: 'a browser without cookies',
    by: 'a browser',
    fail: ({ loop }) => loop.ask('/interaction/some-page?cookies=asked', page),
    step: 'signInShown',
    cause: 'cookiesBlocked',
  },
  {
    sentence: 'allowed, and the app never comes for its token',
    by: 'claude',
    fail: async (world) => {
      await withCode(world);
      world.clock.advance(3600);
    },
    step: 'allowed',
    cause: 'codeNeverCame',
  },
  {
    sentence: 'the code is used twice',
    by: 'codex',
    fail: async (world) => {
      const { app, redirectUri, attempt, code } = await withCode(world);
      const again = () => world.loop.exchange(app, code, attempt, { redirect_uri: redirectUri });
      await again();
      return again();
    },
    step: 'tokenGiven',
    cause: 'codeUsedTwice',
  },
  {
    sentence: 'the code is too old',
    by: 'chatgpt',
    fail: async (world) => {
      const { app, redirectUri, attempt, code } = await withCode(world);
      world.clock.advance(65);
      return world.loop.exchange(app, code, attempt, { redirect_uri: redirectUri });
    },
    step: 'tokenGiven',
    cause: 'codeExpired',
  },
  {
    sentence: 'a code of nobody',
    by: 'cursor',
    fail: (world) => exchange(world, { code: 'no code of ours' }),
    step: 'tokenGiven',
    cause: 'codeUnknown',
  },
  {
    sentence: 'another address to return to for the token',
    by: 'vscode',
    fail: (world) => exchange(world, { redirect_uri: 'http://127.0.0.1:40404/other' }),
    step: 'tokenGiven',
    cause: 'codeRedirect',
  },
  {
    sentence: 'a verifier that does not fit',
    by: 'claude-code',
    fail: (world) => exchange(world, { verifier: 'v'.repeat(43) }),
    step: 'tokenGiven',
    cause: 'pkceWrong',
  },
  {
    sentence: 'a code of another app',
    by: 'inspector',
    fail: async (world) => {
      const { redirectUri, attempt, code } = await withCode(world);
      const other = await world.loop.register({ redirect_uris: [redirectUri] });
      return world.loop.exchange(other, code, attempt, { redirect_uri: redirectUri });
    },
    step: 'tokenGiven',
    cause: 'otherClient',
  },
  {
    sentence: 'without the code',
    by: 'codex',
    fail: (world) => exchange(world, { code: undefined }),
    step: 'tokenGiven',
    cause: 'tokenRequestInvalid',
  },
  {
    sentence: 'a wrong secret',
    by: 'a seeded client',
    fail: async ({ loop }) => {
      const app = await loop.seed();
      return loop.token({ ...app, clientSecret: 'wrong' }, { grant_type: 'authorization_code', code: 'x' });
    },
    step: 'tokenGiven',
    cause: 'clientSecretWrong',
  },
  {
    sentence: 'a grant that there is not',
    by: 'claude',
    fail: async (world) => world.loop.token((await arrive(world)).app, { grant_type: 'password' }),
    step: 'tokenGiven',
    cause: 'grantType',
  },
  {
    sentence: 'the token is never used',
    by: 'codex',
    fail: async (world) => {
      await connect(world);
      world.clock.advance(3600);
    },
    step: 'tokenGiven',
    cause: 'tokenUnused',
  },
  {
    sentence: 'a refresh token is replayed',
    by: 'chatgpt',
    fail: async (world) => {
      const { app, refreshToken } = await connect(world);
      const { body } = await world.loop.refresh(app, refreshToken);
      await world.loop.refresh(app, body['refresh_token']);
      world.clock.advance(120);
      return world.loop.refresh(app, refreshToken);
    },
    step: 'refreshed',
    cause: 'refreshReplayed',
  },
  {
    sentence: 'idle too long',
    by: 'cursor',
    settings: { AUTH_REFRESH_TOKEN_IDLE_SECONDS: '3600' },
    fail: async (world) => {
      const { app, refreshToken } = await connect(world);
      world.clock.advance(3700);
      return world.loop.refresh(app, refreshToken);
    },
    step: 'refreshed',
    cause: 'refreshIdle',
  },
  {
    sentence: 'a refresh token that nobody knows',
    by: 'vscode',
    fail: async (world) => {
      const { app } = await connect(world);
      return world.loop.refresh(app, 'a token of another database');
    },
    step: 'refreshed',
    cause: 'refreshUnknown',
  },
  {
    sentence: 'more than it was allowed',
    by: 'claude',
    fail: async (world) => {
      const { app, refreshToken } = await connect(world);
      return world.loop.refresh(app, refreshToken, { scope: 'vault.read vault.write' });
    },
    step: 'refreshed',
    cause: 'scopeUnknown',
  },
  {
    sentence: 'a connection that is gone under its token',
    by: 'chatgpt',
    fail: async (world) => {
      const { app, refreshToken } = await connect(world);
      await world.loop.database.commit([{ statement: { sql: 'delete from grants', slots: [] }, values: {} }]);
      return world.loop.refresh(app, refreshToken);
    },
    step: 'refreshed',
    cause: 'grantGone',
  },
  {
    sentence: 'the app takes its connection away',
    by: 'claude-code',
    fail: async (world) => {
      const { app, refreshToken } = await connect(world);
      await world.loop.revoke(app, refreshToken);
    },
    step: 'refreshed',
    cause: 'revoked',
  },
];
