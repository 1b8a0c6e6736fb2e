// That nothing live is left behind: neither in the bytes of the database nor in the log.
import { crc32 } from 'node:zlib';
import t from 'tap';
import { hashOpaque } from '../../adapters/database/hash.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { createFactorStores } from '../../adapters/stores/factors/factors.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { type Clock, shiftClock } from '../support/clock.ts';
import { beginCodes, secretBytes, secretOn, turnOnCodes } from '../support/codes.ts';
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
import { allow, askForCode, deviceGrant, enter, poll, registerTerminal } from '../support/terminal.ts';

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
  const key = await makeKey(world, browser);
  t.ok(await world.isActive(key));
  const terminal = await registerTerminal(world);
  const [waiting, shown] = [await askForCode(world, terminal), await askForCode(world, terminal)];
  await browser.visit(waiting.verification_uri_complete);
  await allow(world, shown, {}, browser);
  await enter(world, 'BCDF-GHJK', browser);
  const { body: given } = await poll(world, terminal, shown);
  t.ok(await world.isActive(given['access_token']));
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
      key,
      key.slice('loop_'.length, -6),
      ...[waiting.device_code, shown.device_code, given['access_token'], given['refresh_token']],
    ],
    ...[new URL(setupUrl).searchParams.get('token'), ...browser.sent],
  ].filter((value): value is string => typeof value === 'string' && value.length >= 16);
  t.ok(new Set(live).size >= 18, `${new Set(live).size} values to look for`);
  const stored = await world.storedBytes();
  t.ok(stored.includes(app.clientId), 'the bytes are those of this story');
  const log = world.lines.filter((line) => line !== setupLine).join('\n');
  t.match(log, 'request failed', 'and so is the log');
  const userCodes = [waiting, shown].map(({ user_code }) => user_code);
  const entered = [...userCodes, 'BCDF-GHJK'].flatMap((code) => [code, code.replace('-', '')]);
  for (const value of [...new Set(live), ...entered]) {
    t.notOk(stored.includes(value), `${value.slice(0, 4)}… is not in the database`);
    t.notOk(log.includes(value), `${value.slice(0, 4)}… is not in the log`);
  }
});

/** At the page, as its owner does. */
async function makeKey(world: LoopAuth, browser: Browser): Promise<string> {
  const signIn = await browser.visit(`${world.issuer}/account/keys`);
  const form = await browser.submit(signIn, { ...ann });
  const { text } = await browser.submit(form, { name: 'A program', access: 'write' });
  return /loop_\w{49}/.exec(text)?.[0] ?? '';
}

t.test('with AUTH_ENCRYPTION_KEY no secret of a second factor is in the database or the log', async (t) => {
  const settings = { AUTH_ENCRYPTION_KEY: 'a key that is not beside the database, 32 signs' };
  const world = await startLoopAuth(t, { settings });
  const browser = new WatchedBrowser();
  const begun = secretOn(await beginCodes(world, browser));
  const { secret, recovery } = await turnOnCodes(world, browser);
  t.match([begun, secret], [/^[A-Z2-7]{32}$/, /^[A-Z2-7]{32}$/]);
  t.equal(recovery.length, 10);
  const other = new Browser();
  const asked = await other.submit(await other.visit(`${world.issuer}/account`), { ...ann });
  const [, step = ''] = /name="step" value="([^"]+)"/.exec(asked.text) ?? [];
  t.match(step, /^[\w-]{43}$/);
  const stored = await world.storedBytes();
  t.ok(stored.includes('one_time_codes'), 'the bytes are those of this story');
  const log = world.lines.join('\n');
  const secrets = [begun, secret, step, ...recovery].flatMap((one) => [one, one.replaceAll('-', '')]);
  for (const one of secrets) {
    t.notOk(stored.includes(one), `${one.slice(0, 4)}… is not in the database`);
    t.notOk(log.includes(one), `${one.slice(0, 4)}… is not in the log`);
  }
  for (const bytes of [begun, secret].map(secretBytes)) {
    for (const form of ['latin1', 'hex', 'base64', 'base64url'] as const)
      t.notOk(stored.includes(bytes.toString(form), 0, 'latin1'), form);
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
  readonly terminal: App;
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
  const key = await makeKey(world, browser);
  await browser.visit(`${world.issuer}/account`);
  const attempt = world.authorization(app);
  const code = await world.code(attempt, browser);
  const { url: interaction } = await browser.visit(world.authorization(app).url);
  await new WatchedBrowser().visit(world.authorization(app).url);
  const step = 'a step that only its form knows, 43 signs long';
  const { id: accountId = '' } = (await new AccountStore(world.database).findByUsername(ann.username)) ?? {};
  const tomorrow = Math.floor(Date.now() / 1000) + 24 * 3600;
  const { signInSteps } = createFactorStores(world.database);
  await signInSteps.begin(`code-after-password:${step}`, { accountId, value: '' }, tomorrow);
  const terminal = await registerTerminal(world);
  const [waiting, shown] = [await askForCode(world, terminal), await askForCode(world, terminal)];
  await allow(world, shown, {}, browser);
  await enter(world, (await askForCode(world, terminal)).user_code, browser);
  const copy = stealCopy(t, world.databasePath);
  const cookieNames = browser.names;
  const loot = { world, copy, app, secretApp, terminal, cookieNames, verifier: attempt.verifier };

  const sent = async (path: string) => ({
    headers: { Cookie: await browser.cookiesFor(world.issuer + path) },
  });
  const real = {
    account: await ask(world, '/account', await sent('/account')),
    session: await ask(world, silent(loot), await sent('/auth')),
    interaction: await ask(world, interaction.pathname, await sent(interaction.pathname)),
  };
  const jwts = await copy.jwts(world.issuer);
  t.comment(`${copy.values.length} values, ${jwts.length} tokens`);
  t.ok(copy.values.length > 200 && jwts.length > 30 && copy.compositions.length > 2000);
  t.ok(copy.values.includes(hashOpaque(tokens.access_token)), 'the copy is of this story');
  t.ok(copy.values.includes(hashOpaque(key)), 'and so is the key');
  const signedIn = cookieTries(loot, ask);
  const presented = presentedTries(loot, ask);
  const candidates = [...copy.values, ...jwts];
  t.same(await findTaken({ code: presented.code }, candidates), []);
  t.equal((await presented.code(code)).status, 200, 'the code lived as long as it was tried');
  const { userCode, ...ofTerminals } = terminalTries(loot, ask);
  const standIns = copy.values.map((value) => `row:${value}`);
  t.same(await findTaken(ofTerminals, [...candidates, ...standIns]), []);
  // As many as may be tried in an hour, of what could be the hash of one.
  const short = copy.values.filter((value) => /^[\w-]{1,64}$/.test(value));
  t.ok(short.length < 580, String(short.length));
  t.same(await findTaken({ userCode }, short), []);
  t.match((await userCode(waiting.user_code)).headers.get('Location'), '/interaction/');
  t.equal((await ofTerminals.deviceCode(shown.device_code)).status, 200, 'these lived as long, too');
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
  t.equal((await presented.step(step)).status, 200);
  t.equal((await presented.clientSecret(String(secretApp.clientSecret))).status, 200);
  t.equal((await presented.introspection(String(refreshed['access_token']))).body['active'], true);
  t.equal((await presented.apiSecret(apiSecret)).status, 200);
  t.equal((await presented.introspection(key)).body['active'], true);
  t.equal((await presented.accessKey(key.slice('loop_'.length, -6))).body['active'], true);
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

/** What a terminal polls with, what is entered for it, and the way back from a sign-in for it. */
function terminalTries({ world, copy, terminal, cookieNames }: Loot, ask: Ask) {
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    ask(world, path, { method: 'POST', body: present(fields), headers });
  const cookies = new Map<string, string>();
  let last = ask(world, '/device');
  return {
    deviceCode: (device_code) =>
      post('/token', { grant_type: deviceGrant, client_id: terminal.clientId, device_code }),
    // In one session, one after the other: each page has what the next form must bring along.
    userCode: (user_code) => {
      last = last.then(({ headers, text }) => {
        for (const set of headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
          cookies.set(name, value);
        }
        const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(text) ?? [];
        const Cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
        return post('/device', { user_code, xsrf, confirm: 'yes' }, { Cookie });
      });
      return last;
    },
    deviceResume: (value) => {
      const path = `/device/${encodeURIComponent(value)}`;
      return ask(world, path, { headers: { Cookie: copy.cookies(cookieNames, value) } });
    },
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
    accessKey: (value) =>
      post('/token/introspection', { token: asKey(value) }, { Authorization: basic('loop-api', apiSecret) }),
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
    step: (value) => post('/account/sign-in', { step: value, code: '', with: 'recovery' }),
    setup: (token) => ask(world, `/setup?${present({ token })}`),
  } satisfies Record<string, Try>;
}

/** The form of a key is no secret: a thief makes one of whatever there is. */
function asKey(value: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const random = value
    .replace(/[^0-9A-Za-z]/g, '0')
    .slice(0, 43)
    .padEnd(43, '0');
  let [rest, checksum] = [crc32(random), ''];
  for (let at = 0; at < 6; at += 1) {
    checksum = `${digits[rest % 62]}${checksum}`;
    rest = Math.floor(rest / 62);
  }
  return `loop_${random}${checksum}`;
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
  return [status, pathname, searchParams.get('error'), text].join(' ').replace(/(?<![\w-])[\w-]{20,}/g, '…');
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
