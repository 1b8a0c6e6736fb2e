// That nothing live is left behind: neither in the bytes of the database nor in the log.
import t from 'tap';
import { hashOpaque } from '../../adapters/database/hash.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { type Clock, shiftClock } from '../support/clock.ts';
import { lockDatabase } from '../support/database-lock.ts';
import { lockOut } from '../support/limits.ts';
import {
  type Answer,
  type App,
  ann,
  basic,
  type LoopAuth,
  present,
  redirectUri,
  startLoopAuth,
} from '../support/loop-auth.ts';
import { type StolenCopy, stealCopy } from '../support/stolen-copy.ts';

// Thousands of requests: more than the usual two minutes on a busy machine.
t.setTimeout(600_000);

const apiSecret = 'the secret of loop-api, 32 signs';

class WatchedBrowser extends Browser {
  /** The values of all cookies that it ever sent, signatures too. */
  readonly sent = new Set<string>();
  /** The names of all cookies that it was ever given, without those of signatures. */
  readonly names = new Set<string>();

  override async visit(...given: Parameters<Browser['visit']>): ReturnType<Browser['visit']> {
    const cookies = await this.cookiesFor(given[0]);
    for (const cookie of cookies.split('; ').filter(Boolean)) {
      const [name = '', value = ''] = cookie.split('=');
      this.sent.add(value);
      if (!name.endsWith('.sig')) this.names.add(name);
    }
    return super.visit(...given);
  }
}

t.test('after a whole story neither the database nor the log has anything that can be used', async (t) => {
  const world = await startLoopAuth(t, { withoutAccount: true, settings: { API_CLIENT_SECRET: apiSecret } });
  const setupLine = world.lines.find((line) => line.includes('"setupUrl"')) ?? '{}';
  const { setupUrl } = JSON.parse(setupLine) as { setupUrl: string };
  await createFirstAccount(setupUrl, ann);
  const app = await world.register({ token_endpoint_auth_method: 'client_secret_post' });
  const browser = new WatchedBrowser();
  const attempt = world.authorization(app, { scope: 'openid vault.read' });
  const guess = 'a guess at the password';
  await browser.submit(await browser.visit(world.authorization(app).url), {
    username: 'ann',
    password: guess,
  });
  const code = await world.code(attempt, browser);
  const { body: tokens } = await world.exchange(app, code, attempt);
  const { body: refreshed } = await world.refresh(app, tokens['refresh_token']);
  await world.introspect(refreshed['access_token']);
  // What goes wrong is logged in full: the client's own faults, and an outage of ours.
  await world.refresh({ ...app, clientSecret: 'a wrong secret of the app' }, refreshed['refresh_token']);
  await browser.visit(`${world.issuer}/session/end`);
  const unlock = await lockDatabase(world.databasePath);
  const [outage] = await Promise.all([
    world.refresh(app, refreshed['refresh_token']),
    browser.visit(world.authorization(app).url),
  ]);
  await unlock();
  t.equal(outage.status, 503);

  const live = [
    ...[tokens, refreshed].flatMap((one) => [one['access_token'], one['refresh_token'], one['id_token']]),
    ...[
      code,
      app.clientSecret,
      attempt.verifier,
      ann.password,
      guess,
      apiSecret,
      'a wrong secret of the app',
    ],
    ...[new URL(setupUrl).searchParams.get('token'), ...browser.sent],
  ].filter((value): value is string => typeof value === 'string' && value.length >= 16);
  t.ok(new Set(live).size >= 18, `${new Set(live).size} values to look for`);
  const stored = await world.storedBytes();
  t.ok(stored.includes(app.clientId), 'the bytes are those of this story');
  const log = world.lines.filter((line) => line !== setupLine).join('\n');
  t.match(log, 'request failed', 'and so is the log');
  for (const value of new Set(live)) {
    t.notOk(stored.includes(value), `${value.slice(0, 4)}… is not in the database`);
    t.notOk(log.includes(value), `${value.slice(0, 4)}… is not in the log`);
  }
});

type Try = (value: string) => Promise<Answer>;

/** What a thief has who has a copy: everything in it, and what discovery tells anybody. */
interface Loot {
  readonly world: LoopAuth;
  readonly copy: StolenCopy;
  readonly app: App;
  readonly secretApp: App;
  readonly cookieNames: ReadonlySet<string>;
  /** More than a thief has: the verifier of a code that is still good. */
  readonly verifier: string;
}

t.test('no route takes what a stolen copy holds, nor what can be made of it', async (t) => {
  const clock = shiftClock(t);
  const ask = createCrowd(clock);
  const world = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
  const browser = new WatchedBrowser();
  const app = await world.register();
  const { tokens } = await world.connect({ app, browser, parameters: { scope: 'openid vault.read' } });
  const { body: refreshed } = await world.refresh(app, tokens.refresh_token);
  const secretApp = await world.register({ token_endpoint_auth_method: 'client_secret_post' });
  await browser.visit(`${world.issuer}/account`);
  const attempt = world.authorization(app);
  const code = await world.code(attempt, browser);
  const { url: interaction } = await browser.visit(world.authorization(app).url);
  await new WatchedBrowser().visit(world.authorization(app).url);
  const copy = stealCopy(t, world.databasePath);
  const loot = { world, copy, app, secretApp, cookieNames: browser.names, verifier: attempt.verifier };

  const sent = async (path: string) => ({
    headers: { Cookie: await browser.cookiesFor(world.issuer + path) },
  });
  const real = {
    account: await ask(world, '/account', await sent('/account')),
    session: await ask(world, silent(loot), await sent('/auth')),
    interaction: await ask(world, interaction.pathname, await sent(interaction.pathname)),
  };
  const jwts = await copy.jwts(world.issuer);
  t.ok(copy.values.length > 200 && jwts.length > 30 && copy.compositions.length > 2000);
  t.ok(copy.values.includes(hashOpaque(tokens.access_token)), 'the copy is of this story');
  const signedIn = cookieTries(loot, ask);
  const presented = presentedTries(loot, ask);
  const candidates = [...copy.values, ...jwts];
  t.same(await findTaken({ code: presented.code }, candidates), []);
  t.equal((await presented.code(code)).status, 200, 'the code lived as long as it was tried');
  t.same(await findTaken({ ...signedIn, ...presented }, candidates), []);
  // What is composed could only be a cookie of our own making: the library looks its own up.
  t.same(await findTaken({ account: signedIn.account }, copy.compositions), []);
  // The crowd moves the clock past lock-outs: this one begins now, and nobody moves it while it lasts.
  await lockOut(world, ann.username);
  const device = deviceTry(loot);
  t.same(await findTaken({ device }, [...candidates, ...copy.compositions]), []);
  const own = await world.post('/account/sign-in', ann, (await sent('/account')).headers);
  t.ok(isTaken(own, await device('unknown')), 'the real one lets past it');

  // What is real is told apart from what is not, so that it would have been noticed above.
  for (const [answer, attempt] of [
    [real.account, signedIn.account],
    [real.session, signedIn.session],
    [real.interaction, presented.interaction],
  ] as const) {
    t.ok(isTaken(answer, await attempt('unknown')));
  }
  t.equal((await presented.clientSecret(String(secretApp.clientSecret))).status, 200);
  t.equal((await presented.introspection(String(refreshed['access_token']))).body['active'], true);
  t.equal((await presented.apiSecret(apiSecret)).status, 200);
  t.equal(
    (await presented.refreshToken(String(refreshed['refresh_token']))).status,
    200,
    'and nothing was revoked',
  );
});

function silent({ world, app }: Loot): string {
  return `/auth${world.authorization(app, { prompt: 'none' }).url.search}`;
}

/** Every cookie at once, at each route that looks at one. */
function cookieTries(loot: Loot, ask: Ask) {
  const { world, copy, cookieNames } = loot;
  const withCookies = (value: string) => ({ headers: { Cookie: copy.cookies(cookieNames, value) } });
  const quiet = silent(loot);
  return {
    account: (value) => ask(world, '/account', withCookies(value)),
    session: (value) => ask(world, quiet, withCookies(value)),
  } satisfies Record<string, Try>;
}

/** Whether the cookie of a browser that somebody signed in with lets past a lock-out: with the right password it shows. */
function deviceTry({ world, copy, cookieNames }: Loot): Try {
  let count = 0;
  const attempt = (value: string): Promise<Answer> => {
    count += 1;
    const address = `198.19.${(count >> 8) & 255}.${count & 255}`;
    const headers = { Cookie: copy.cookies(cookieNames, value), 'X-Forwarded-For': address };
    return world.post('/account/sign-in', ann, headers);
  };
  return async (value) => {
    const answer = await attempt(value);
    // Places share counters (docs/storage.md), and one of thousands may share that of Ann's own: another does not.
    return answer.status < 400 ? attempt(value) : answer;
  };
}

/** Each credential that is presented by value, wherever one is taken. */
function presentedTries({ world, copy, app, secretApp, cookieNames, verifier }: Loot, ask: Ask) {
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    ask(world, path, { method: 'POST', body: present(fields), headers });
  const bearer = (value: string) => ({
    Authorization: `Bearer ${/^[\x21-\x7e]+$/.test(value) ? value : 'x'}`,
  });
  const client_id = app.clientId;
  return {
    interaction: (value) => {
      const path = `/interaction/${encodeURIComponent(value)}`;
      return ask(world, path, { headers: { Cookie: copy.cookies(cookieNames, value) } });
    },
    resume: (value) => {
      const path = `/auth/${encodeURIComponent(value)}`;
      return ask(world, path, { headers: { Cookie: copy.cookies(cookieNames, value) } });
    },
    consent: (value) => {
      const path = `/interaction/${encodeURIComponent(value)}`;
      return post(path, { decision: 'allow' }, { Cookie: copy.cookies(cookieNames, value) });
    },
    signingOut: (value) =>
      post(
        '/session/end/confirm',
        { logout: 'yes', xsrf: value },
        { Cookie: copy.cookies(cookieNames, value) },
      ),
    introspection: (token) =>
      post('/token/introspection', { token }, { Authorization: basic('loop-api', apiSecret) }),
    apiSecret: (value) =>
      post('/token/introspection', { token: 'x' }, { Authorization: basic('loop-api', value) }),
    clientSecret: (client_secret) =>
      post('/token/revocation', { token: 'x', client_id: secretApp.clientId, client_secret }),
    refreshToken: (refresh_token) =>
      post('/token', { grant_type: 'refresh_token', client_id, refresh_token }),
    code: (code) =>
      post('/token', {
        grant_type: 'authorization_code',
        redirect_uri: redirectUri,
        client_id,
        code,
        code_verifier: verifier,
      }),
    assertion: (client_assertion) =>
      post('/token/revocation', {
        token: 'x',
        client_assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      }),
    userinfo: (value) => ask(world, '/me', { headers: bearer(value) }),
    clientConfiguration: (value) => ask(world, `/reg/${client_id}`, { headers: bearer(value) }),
    setup: (token) => ask(world, `/setup?${present({ token })}`),
  } satisfies Record<string, Try>;
}

/** Names the routes that took a value for something, and the values. */
async function findTaken(tries: Readonly<Record<string, Try>>, values: readonly string[]): Promise<string[]> {
  const taken: string[] = [];
  for (const [name, attempt] of Object.entries(tries)) {
    const unknown = await attempt('x'.repeat(43));
    await forEach(values, async (value) => {
      if (isTaken(await attempt(value), unknown)) taken.push(`${name}: ${value}`);
    });
  }
  return taken;
}

function isTaken(answer: Answer, unknown: Answer): boolean {
  return answer.status < 400 && shapeOf(answer) !== shapeOf(unknown);
}

/** What a person or program could tell two answers apart by, without what is new in each. */
function shapeOf({ status, headers, text }: Answer): string {
  const { pathname, searchParams } = new URL(headers.get('Location') ?? '/', 'http://any');
  return [status, pathname, searchParams.get('error'), text].join(' ').replace(/[\w-]{20,}/g, '…');
}

type Ask = (world: LoopAuth, path: string, init?: RequestInit) => Promise<Answer>;

/** Asks as one of many: what a thief is refused must be refused for what it is, and not because of a limit. */
function createCrowd(clock: Clock): Ask {
  let count = 0;
  return async function ask(world, path, init = {}): Promise<Answer> {
    count += 1;
    const address = `198.18.${(count >> 8) & 255}.${count & 255}`;
    const headers = { ...(init.headers as Record<string, string>), 'X-Forwarded-For': address };
    const answer = await world.ask(path, { ...init, headers });
    if (answer.status !== 429) return answer;
    clock.advance(Number(answer.headers.get('Retry-After')) + 1);
    return ask(world, path, init);
  };
}

async function forEach<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values();
  const worker = async (): Promise<void> => {
    for (const one of rest) await work(one);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
