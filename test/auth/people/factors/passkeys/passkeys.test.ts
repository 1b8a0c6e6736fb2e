// Passkeys: added with the browser, signed in with without a name, and nothing taken that is not for here, now and once.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import { compile } from '../../../../../adapters/database/statement.ts';
import { AccountStore } from '../../../../../adapters/stores/accounts.ts';
import { Browser, type Page } from '../../../../../scripts/demo/browser.ts';
import { Authenticator, type Twist } from '../../../../support/authenticator.ts';
import { shiftClock } from '../../../../support/clock.ts';
import { isSignedIn, openSecurity, turnOnCodes } from '../../../../support/codes.ts';
import { lockOut } from '../../../../support/limits.ts';
import {
  addAccount,
  ann,
  type LoopAuth,
  redirectUri,
  startLoopAuth,
  type WorldOptions,
} from '../../../../support/loop-auth.ts';

function optionsOn({ text }: Page): string {
  return /data-options="([^"]*)"/.exec(text)?.[1]?.replaceAll('&quot;', '"') ?? '';
}

function firstId({ text }: Page): string {
  return /name="id" value="([^"]+)"/.exec(text)?.[1] ?? '';
}

async function start(t: Test, options: WorldOptions = {}) {
  const loop = await startLoopAuth(t, { issuerHost: 'localhost', ...options });
  const device = new Authenticator(new URL(loop.issuer).origin);
  return { loop, device };
}

async function goToAdd(loop: LoopAuth, browser: Browser): Promise<Page> {
  await openSecurity(loop, browser);
  return browser.visit(`${loop.issuer}/account/security/passkeys`);
}

async function add(loop: LoopAuth, device: Authenticator, browser = new Browser(), twist: Twist = {}) {
  const page = await goToAdd(loop, browser);
  const passkey = device.create(optionsOn(page), twist);
  return browser.submit(page, { passkey, name: 'the blue key', action: 'add' });
}

/** In a browser that nobody is signed in with. */
async function signIn(loop: LoopAuth, device: Authenticator, twist: Twist = {}, browser = new Browser()) {
  const page = await browser.visit(`${loop.issuer}/account/security`);
  return browser.submit(page, { passkey: device.get(optionsOn(page), twist) });
}

const listed = async (loop: LoopAuth): Promise<number> =>
  (await loop.database.all(compile(loop.database.builder('passkeys')), {})).length;

t.test('one is added, and signs in without a name, a password or a code', async (t) => {
  const clock = shiftClock(t);
  const { loop, device } = await start(t);
  const owner = new Browser();
  t.notMatch((await new Browser().visit(`${loop.issuer}/account`)).text, 'data-passkey', 'nobody has one');
  const done = await add(loop, device, owner);
  t.match(done.text, 'The passkey is added');
  t.match(done.text, 'value="the blue key"');
  await turnOnCodes(loop, owner);
  const browser = new Browser();
  const page = await browser.visit(`${loop.issuer}/account/security`);
  t.match(page.text, 'autocomplete="username webauthn"');
  t.match(JSON.parse(optionsOn(page)), { rpId: 'localhost', userVerification: 'required' });
  const signedIn = await browser.submit(page, { passkey: device.get(optionsOn(page)) });
  t.ok(isSignedIn(signedIn));
  t.equal(signedIn.url.pathname, '/account/security');
  t.notMatch(signedIn.text, 'Not yet', 'it says when it was used');
  clock.advance(1);
  await loop.storeTries();
  const { text } = await owner.visit(`${loop.issuer}/account/activity`);
  t.match(text, 'A passkey was added');
  t.match(text, 'Signed in with a passkey');
});

t.test('for an app it is a sign-in as any other, and the ID token says by what', async (t) => {
  for (const [isSynced, kind] of [
    [true, 'swk'],
    [false, 'hwk'],
  ] as const) {
    const { loop } = await start(t);
    const device = new Authenticator(new URL(loop.issuer).origin, { isSynced });
    await add(loop, device);
    const app = await loop.register();
    const attempt = loop.authorization(app, { scope: 'openid vault.read' });
    const browser = new Browser();
    const page = await browser.visit(attempt.url, redirectUri);
    const consent = await browser.submit(page, { passkey: device.get(optionsOn(page)) }, redirectUri);
    const { url } = await browser.submit(consent, { decision: 'allow' }, redirectUri);
    const { body } = await loop.exchange(app, url.searchParams.get('code') ?? '', attempt);
    t.match(decodeJwt(String(body['id_token'])), { amr: [kind, 'user', 'mfa'], acr: '2' });
    await loop.storeTries();
    const { text } = await browser.visit(`${loop.issuer}/account/activity`);
    t.match(text, 'A test', 'the ledger and the tries know it');
  }
});

t.test('what was signed is taken once, for the page that asked, while it is fresh', async (t) => {
  const clock = shiftClock(t);
  const { loop, device } = await start(t);
  await add(loop, device);
  const browser = new Browser();
  const page = await browser.visit(`${loop.issuer}/account`);
  const passkey = device.get(optionsOn(page));
  t.equal((await new Browser().submit(page, { passkey })).status, 401, 'another browser');
  t.ok(isSignedIn(await browser.submit(page, { passkey })));
  const again = await browser.submit(page, { passkey });
  t.equal(again.status, 401);
  // Devices that sync don't count: the challenge alone is what stands against the second time.
  const uncounted = { counter: 0 };
  await loop.database.commit([
    { statement: compile(loop.database.builder('passkeys').update({ counter: 0 })), values: {} },
  ]);
  const next = await browser.visit(`${loop.issuer}/session/end`).then(() => new Browser());
  const fresh = await next.visit(`${loop.issuer}/account`);
  const signed = device.get(optionsOn(fresh), uncounted);
  t.ok(isSignedIn(await next.submit(fresh, { passkey: signed })));
  const replayed = await next.submit(fresh, { passkey: signed });
  t.equal(replayed.status, 401, 'also where nothing is counted');
  t.match(replayed.text, 'could not be taken');
  const old = new Browser();
  const late = await old.visit(`${loop.issuer}/account`);
  clock.advance(601);
  t.equal((await old.submit(late, { passkey: device.get(optionsOn(late)) })).status, 401, 'ten minutes on');
  const app = await loop.register();
  const elsewhere = await old.visit(loop.authorization(app).url, redirectUri);
  const mine = await old.visit(`${loop.issuer}/account`);
  const swapped = device.get(optionsOn(elsewhere));
  t.equal((await old.submit(mine, { passkey: swapped })).status, 401, 'of another sign-in in this browser');
});

t.test('what is not for this place, not of this challenge or not verified is refused', async (t) => {
  const { loop, device } = await start(t);
  await add(loop, device);
  const twists: Record<string, Twist> = {
    'another origin': { origin: 'https://notes.example' },
    'another name': { rpId: 'notes.example' },
    'nobody was there': { isUnverified: true },
    'a challenge of its own': { challenge: Buffer.from('mine').toString('base64url') },
  };
  for (const [what, twist] of Object.entries(twists)) {
    const page = await signIn(loop, device, twist);
    t.equal(page.status, 401, what);
    t.notOk(isSignedIn(page));
    const other = new Authenticator(device.origin);
    t.equal((await add(loop, other, new Browser(), twist)).status, 422, `${what}, when it is added`);
  }
  t.equal(await listed(loop), 1);
  t.ok(isSignedIn(await signIn(loop, device)));
});

t.test('a counter that does not grow is that of a copy', async (t) => {
  const { loop, device } = await start(t);
  await add(loop, device);
  t.ok(isSignedIn(await signIn(loop, device, { counter: 7 })));
  t.equal((await signIn(loop, device, { counter: 7 })).status, 401);
  t.equal((await signIn(loop, device, { counter: 6 })).status, 401);
  t.ok(isSignedIn(await signIn(loop, device, { counter: 8 })));
});

t.test('a passkey that is not known here, and what is none, is refused in words', async (t) => {
  const { loop, device } = await start(t);
  await add(loop, device);
  const stranger = new Authenticator(device.origin);
  const page = await goToAdd(loop, new Browser());
  stranger.create(optionsOn(page));
  const refused = await signIn(loop, stranger);
  t.equal(refused.status, 401);
  t.match(refused.text, 'not known here');
  const browser = new Browser();
  const form = await browser.visit(`${loop.issuer}/account`);
  for (const passkey of [
    'x',
    '[]',
    'null',
    '{"id":1}',
    '{"id":"x","response":{}}',
    '{"id":"x","response":null}',
  ])
    t.equal((await browser.submit(form, { passkey })).status, 401, passkey);
});

t.test('a closed account is not opened by its passkey', async (t) => {
  const { loop, device } = await start(t);
  await add(loop, device);
  const accounts = new AccountStore(loop.database);
  const account = await accounts.findByUsername(ann.username);
  await accounts.setDisabled(String(account?.id), true);
  t.equal((await signIn(loop, device)).status, 401);
});

t.test('its owner gets in though others have used up the tries of the account', async (t) => {
  const { loop, device } = await start(t);
  await add(loop, device);
  await lockOut(loop, ann.username);
  t.ok(isSignedIn(await signIn(loop, device)));
});

t.test('it is named anew and removed, by its owner alone', async (t) => {
  const clock = shiftClock(t);
  const { loop, device } = await start(t);
  const owner = new Browser();
  const page = await add(loop, device, owner);
  const bob = { username: 'bob', password: 'a sentence that only Bob knows' };
  await addAccount(loop.database, bob);
  const other = new Browser();
  await openSecurity(loop, other, bob);
  for (const action of ['rename', 'remove']) {
    const id = firstId(page);
    const headers = { Origin: new URL(loop.issuer).origin, 'Sec-Fetch-Site': 'same-origin' };
    const body = new URLSearchParams({ action, id, name: 'mine' });
    await other.visit(`${loop.issuer}/account/security/passkeys`, undefined, {
      method: 'POST',
      headers,
      body,
    });
  }
  const kept = await owner.visit(`${loop.issuer}/account/security`);
  t.match(kept.text, 'value="the blue key"');
  const renamed = await owner.submit(kept, { name: ' my\u202e phone ', action: 'rename' });
  t.match(renamed.text, 'value="my phone"');
  const remove = (from: Page): Promise<Page> => {
    const id = firstId(from);
    return owner.submit(
      { ...from, text: from.text.replaceAll('value="rename"', 'value="remove"') },
      { name: '', id },
    );
  };
  clock.advance(301);
  const asked = await remove(renamed);
  t.match(asked.text, 'Type your password again');
  const back = await owner.submit(asked, { ...ann });
  t.match((await remove(back)).text, 'The passkey is removed here');
  t.equal(await listed(loop), 0);
});

t.test('adding takes the password or a passkey of the last five minutes', async (t) => {
  const clock = shiftClock(t);
  const { loop, device } = await start(t);
  const owner = new Browser();
  const page = await goToAdd(loop, owner);
  clock.advance(301);
  const passkey = device.create(optionsOn(page));
  const asked = await owner.submit(page, { passkey, name: 'late', action: 'add' });
  t.match(asked.text, 'Type your password again');
  t.equal(await listed(loop), 0);
  t.match((await owner.submit(asked, { ...ann })).text, 'data-passkey="create"');
  await add(loop, device, owner);
  clock.advance(301);
  const again = await owner.visit(`${loop.issuer}/account/security/passkeys`);
  t.match(again.text, 'Type your password again');
  const opened = await owner.submit(again, { passkey: device.get(optionsOn(again)) });
  t.match(opened.text, 'data-passkey="create"');
});

t.test('nothing that a device says of its maker is looked at, nor any address in it', async (t) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.url));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { loop, device } = await start(t);
  // A map of one: {"x5c": text}, with an address in it.
  const url = Buffer.from(`http://127.0.0.1:${port}/crl`);
  const statement = Buffer.concat([Buffer.from('a163783563', 'hex'), Buffer.from([0x78, url.length]), url]);
  const page = await add(loop, device, new Browser(), { attestation: { fmt: 'packed', statement } });
  t.match(page.text, 'The passkey is added');
  t.same(asked, []);
});

t.test('where browsers take none the page says why, and nothing is offered', async (t) => {
  for (const [settings, said] of [
    [{ AUTH_ISSUER: 'http://nas.example:8083' }, 'begins with https'],
    [{ AUTH_ISSUER: 'https://192.168.1.5' }, 'made of numbers'],
    [{}, 'made of numbers'],
  ] as const) {
    const loop = await startLoopAuth(t, { settings });
    const headers = settings.AUTH_ISSUER ? { Host: new URL(settings.AUTH_ISSUER).host } : {};
    const sign = { Origin: new URL(loop.issuer).origin, 'Sec-Fetch-Site': 'same-origin', ...headers };
    const answer = await loop.post('/account/sign-in', ann, sign);
    const cookie = answer.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    const { text } = await loop.ask('/account/security', { headers: { ...headers, Cookie: cookie } });
    t.match(text, said);
    t.notMatch(text, 'href="/account/security/passkeys"');
    const page = await loop.ask('/account/security/passkeys', { headers: { ...headers, Cookie: cookie } });
    t.match(page.text, said);
    t.notMatch(page.text, '<form method="post" action="/account/security/passkeys"');
  }
});

t.test('who makes the first account is offered one, and may leave it', async (t) => {
  const { loop } = await start(t, { withoutAccount: true });
  const line = loop.lines.find((one) => one.includes('"setupUrl"')) ?? '{}';
  const { setupUrl } = JSON.parse(line) as { setupUrl: string };
  const browser = new Browser();
  const page = await browser.submit(await browser.visit(setupUrl), { ...ann });
  t.equal(page.url.pathname, '/connect');
  t.match(page.text, 'href="account/security/passkeys"');
  t.notMatch((await browser.visit(`${loop.issuer}/connect`)).text, 'href="account/security/passkeys"');
});
