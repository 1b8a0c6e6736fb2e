// Device authorization (RFC 8628): the codes, the page that takes them, and what the terminal is answered meanwhile.
import t from 'tap';
import { hashOpaque } from '../../../../adapters/database/hash.ts';
import { compile } from '../../../../adapters/database/statement.ts';
import { TryStore } from '../../../../adapters/stores/timeline/tries.ts';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { shiftClock } from '../../../support/clock.ts';
import { lockDatabase } from '../../../support/database-lock.ts';
import { ann, startLoopAuth } from '../../../support/loop-auth.ts';
import { allow, askForCode, deviceGrant, enter, poll, registerTerminal } from '../../../support/terminal.ts';

t.test(
  'a terminal is told where the code is entered, and gets tokens once a person has said yes',
  async (t) => {
    const world = await startLoopAuth(t);
    const { body: metadata } = await world.ask('/.well-known/oauth-authorization-server');
    t.equal(metadata['device_authorization_endpoint'], `${world.issuer}/device/auth`);
    t.ok((metadata['grant_types_supported'] as string[]).includes(deviceGrant));
    const app = await registerTerminal(world);
    const shown = await askForCode(world, app);
    t.match(shown, { verification_uri: `${world.issuer}/device`, expires_in: 600, interval: 5 });
    t.match(shown.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    t.equal(shown.verification_uri_complete, `${world.issuer}/device?user_code=${shown.user_code}`);
    t.match(await poll(world, app, shown), { status: 400, body: { error: 'authorization_pending' } });

    const browser = new Browser();
    const consent = await enter(world, shown.user_code, browser);
    t.match(consent.text, /Only go on if you started this yourself a moment ago/);
    t.match(consent.text, /in a terminal or on another device/);
    t.match(consent.text, /127\.0\.0\.1/, 'where it asked from');
    const over = await browser.submit(consent, { decision: 'allow' });
    t.equal(over.status, 200);
    t.match(over.text, /id="device-done"/);

    const { status, body } = await poll(world, app, shown);
    t.equal(status, 200);
    t.match(body, { token_type: 'Bearer', scope: 'vault.read', refresh_token: /./ });
    t.match((await world.introspect(body['access_token'])).body, {
      active: true,
      aud: 'http://localhost:8082/mcp',
    });
    const { body: refreshed } = await world.refresh(app, body['refresh_token']);
    t.ok(await world.isActive(refreshed['access_token']));
    t.not(refreshed['refresh_token'], body['refresh_token'], 'it rotates as any other');
  },
);

t.test('a code becomes tokens once, and whoever comes with it again ends them', async (t) => {
  const world = await startLoopAuth(t);
  const app = await registerTerminal(world);
  const shown = await askForCode(world, app);
  await allow(world, shown);
  const [one, other] = await Promise.all([poll(world, app, shown), poll(world, app, shown)]);
  t.same([one.status, other.status].sort(), [200, 400]);
  const again = await poll(world, app, shown);
  t.match(again, { status: 400, body: { error: 'invalid_grant' } });
  const won = one.status === 200 ? one : other;
  t.notOk(await world.isActive(won.body['access_token']));
});

t.test('a code is taken in any case, with or without its dash, and with blanks', async (t) => {
  const world = await startLoopAuth(t);
  const app = await registerTerminal(world);
  const browser = new Browser();
  for (const spell of [
    (code: string) => code.toLowerCase(),
    (code: string) => code.replace('-', ''),
    (code: string) => ` ${code.replace('-', ' ')} `,
  ]) {
    const { user_code } = await askForCode(world, app);
    t.match((await enter(world, spell(user_code), browser)).text, /name="decision"/, spell('abcd-efgh'));
  }
});

t.test(
  'a link with the code in it shows the code to be compared, and goes on by itself nowhere',
  async (t) => {
    const world = await startLoopAuth(t);
    const app = await registerTerminal(world);
    const shown = await askForCode(world, app);
    const browser = new Browser();
    const page = await browser.visit(shown.verification_uri_complete);
    t.equal(page.status, 200);
    t.equal(page.url.href, shown.verification_uri_complete, 'nobody was sent on');
    t.match(page.text, `<bdi>${shown.user_code}</bdi>`);
    t.match(page.text, /Only go on if you started this yourself a moment ago/);
    t.notMatch(page.text, /<script[^>]*>[^<]*submit\(/);
    t.match(await poll(world, app, shown), { body: { error: 'authorization_pending' } });
    const signIn = await browser.submit(page, { user_code: shown.user_code });
    const consent = await browser.submit(signIn, { ...ann });
    await browser.submit(consent, { decision: 'allow' });
    t.equal((await poll(world, app, shown)).status, 200);

    const stopped = await askForCode(world, app);
    const other = await browser.visit(stopped.verification_uri_complete);
    t.match((await browser.submit(other, { abort: 'yes' })).text, /id="device-refused"/);
    t.match(await poll(world, app, stopped), { status: 400, body: { error: 'access_denied' } });
    const { text } = await browser.visit(`${world.issuer}/device?user_code=%3Cscript%3E`);
    t.match(text, /id="user_code"/, 'what is no code is not shown as one');
    t.notMatch(text, /%3Cscript|<script>/i);
  },
);

t.test('a form that says nothing of having compared is asked for that', async (t) => {
  const world = await startLoopAuth(t);
  const app = await registerTerminal(world);
  const shown = await askForCode(world, app);
  const browser = new Browser();
  const page = await browser.visit(`${world.issuer}/device`);
  const compare = await browser.submit(page, { user_code: shown.user_code, confirm: '' });
  t.match(compare.text, `<bdi>${shown.user_code}</bdi>`);
  t.match((await browser.submit(compare, { user_code: shown.user_code })).text, /name="password"/);
});

t.test('whoever mistyped a code corrects it on the page that says so', async (t) => {
  const world = await startLoopAuth(t);
  const { user_code } = await askForCode(world, await registerTerminal(world));
  const browser = new Browser();
  const wrong = await browser.submit(await browser.visit(`${world.issuer}/device`), {
    user_code: 'BCDF-GHJK',
  });
  t.match(wrong.text, /No terminal waits with that code/);
  t.match((await browser.submit(wrong, { user_code: '' })).text, /Enter the code that the terminal shows/);
  t.match(
    (await browser.submit(wrong, { user_code })).text,
    /page was open for too long/,
    'each page is good once',
  );
  const again = await browser.submit(await browser.visit(`${world.issuer}/device`), { user_code });
  t.match(again.text, /name="password"/);
});

t.test('whoever says no at the page of consent has the terminal told so', async (t) => {
  const world = await startLoopAuth(t);
  const app = await registerTerminal(world);
  const shown = await askForCode(world, app);
  const browser = new Browser();
  const over = await browser.submit(await enter(world, shown.user_code, browser), { decision: 'deny' });
  t.match(over.text, /id="device-refused"/);
  for (const _ of [1, 2])
    t.match(await poll(world, app, shown), { status: 400, body: { error: 'access_denied' } });
  t.match((await enter(world, shown.user_code, browser)).text, /That code was entered before/);
});

t.test('a code that ran out is told as such to the terminal and to the person', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t);
  const app = await registerTerminal(world);
  const shown = await askForCode(world, app);
  const entered = await askForCode(world, app);
  const browser = new Browser();
  const consent = await enter(world, entered.user_code, browser);
  clock.advance(650);
  t.match(await poll(world, app, shown), { status: 400, body: { error: 'expired_token' } });
  t.match((await enter(world, shown.user_code, browser)).text, /older than ten minutes/);
  t.match((await browser.submit(consent, { decision: 'allow' })).text, /sign-in is over/);
  t.match(await poll(world, app, entered), { status: 400, body: { error: 'expired_token' } });
});

t.test(
  'a terminal that polls faster than it was told is told to slow down, and pays nothing for it',
  async (t) => {
    const clock = shiftClock(t);
    const world = await startLoopAuth(t);
    const app = await registerTerminal(world);
    const shown = await askForCode(world, app);
    t.match(await poll(world, app, shown), { body: { error: 'authorization_pending' } });
    t.match(await poll(world, app, shown), { status: 400, body: { error: 'slow_down' } });
    clock.advance(5);
    t.match(await poll(world, app, shown), { body: { error: 'authorization_pending' } });
    clock.advance(5 - 3600);
    const afterStep = await poll(world, app, shown);
    t.match(afterStep, { body: { error: 'authorization_pending' } }, 'the clock went back meanwhile');
    t.match(await poll(world, app, shown), { body: { error: 'slow_down' } });
    await allow(world, shown);
    t.equal((await poll(world, app, shown)).status, 200, 'who was let in waits for nothing');
    const refused = world.lines.filter((line) => line.includes('token.refused'));
    t.same(refused, [], 'and asking is no refusal, in the log');
    t.notMatch(await world.readMetrics(), /event="grant.error"/, 'nor in the metrics');
  },
);

t.test('codes that are none are counted against the network, and what is right counts nothing', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
  const app = await registerTerminal(world);
  const stranger = new Browser({ 'X-Forwarded-For': '198.51.100.9' });
  for (let n = 0; n < 20; n += 1)
    t.match((await enter(world, 'BCDF-GHJK', stranger)).text, /No terminal waits with that code/);
  const { user_code } = await askForCode(world, app);
  const full = await enter(world, user_code, stranger);
  t.equal(full.status, 429);
  t.ok(Number(full.headers.get('Retry-After')) > 0);

  const person = new Browser({ 'X-Forwarded-For': '198.51.100.10' });
  for (let n = 0; n < 22; n += 1) {
    const { user_code } = await askForCode(world, app);
    t.match((await enter(world, user_code, person)).text, /name="decision"/);
  }
  clock.advance(15 * 60 + 1);
  t.match((await enter(world, 'BCDF-GHJK', stranger)).text, /No terminal waits/);
});

t.test('neither code is in the database, nor can one be found out from it', async (t) => {
  const world = await startLoopAuth(t);
  const app = await registerTerminal(world);
  const shown = await askForCode(world, app);
  await enter(world, shown.user_code);
  const bare = shown.user_code.replace('-', '');
  const stored = await world.storedBytes();
  const { builder } = world.database;
  const rows = await world.database.all(
    compile(builder('device_codes').select('id', 'user_code', 'payload')),
    {},
  );
  t.equal(rows.length, 1);
  t.equal(rows[0]?.['id'], hashOpaque(shown.device_code));
  for (const code of [shown.device_code, shown.user_code, bare])
    t.notOk(stored.includes(code), code.slice(0, 3));
  t.not(rows[0]?.['user_code'], hashOpaque(bare), 'all codes there are could be hashed within a minute');
  const standIn = `row:${rows[0]?.['id']}`;
  await allow(world, await askForCode(world, app));
  t.match(await poll(world, app, { device_code: standIn }), {
    status: 400,
    body: { error: 'invalid_grant' },
  });
});

t.test('while the database is away, terminals and people are told to come again', async (t) => {
  const world = await startLoopAuth(t);
  const app = await registerTerminal(world);
  const shown = await askForCode(world, app);
  const browser = new Browser();
  const page = await browser.visit(`${world.issuer}/device`);
  const unlock = await lockDatabase(world.databasePath);
  const asking = { client_id: app.clientId, scope: 'vault.read' };
  const [polled, asked, entered] = await Promise.all([
    poll(world, app, shown),
    world.post('/device/auth', asking),
    browser.submit(page, { user_code: shown.user_code }),
  ]);
  await unlock();
  t.match([asked.status, entered.status], [503, 503]);
  t.match(entered.text, /Not available for a moment/);
  t.ok(polled.status === 503 || polled.body['error'] === 'authorization_pending', 'never invalid_grant');
  t.equal((await allow(world, shown)).status, 200, 'and nothing was used up');
  t.equal((await poll(world, app, shown)).status, 200);
});

t.test('what a person gives a terminal is what any app gets: of these folders, reading alone', async (t) => {
  const world = await startLoopAuth(t);
  await world.describe({ folders: ['Projects', 'Daily'] });
  const app = await registerTerminal(world);
  const shown = await askForCode(world, app, { scope: 'vault.write offline_access openid' });
  await allow(world, shown, { access: 'read', reach: 'some', folders: 'Projects' });
  const { body } = await poll(world, app, shown);
  t.match(body['scope'], /vault\.read/);
  t.notMatch(body['scope'], /vault\.write/);
  const detail = { type: 'vault', actions: ['read'], folders: ['Projects'], withheld: ['write'] };
  t.match(body['authorization_details'], [detail]);
  const { body: refreshed } = await world.refresh(app, body['refresh_token'], {
    scope: 'vault.write vault.read',
  });
  t.match(refreshed['authorization_details'], [detail]);
});

t.test('another account signs in instead, and another app’s client can’t come with the code', async (t) => {
  const world = await startLoopAuth(t);
  const app = await registerTerminal(world);
  const shown = await askForCode(world, app);
  const browser = new Browser();
  const consent = await enter(world, shown.user_code, browser);
  const signIn = await browser.submit(consent, { decision: 'other-account' });
  const again = await browser.submit(signIn, { ...ann });
  t.match((await browser.submit(again, { decision: 'allow' })).text, /id="device-done"/);
  const thief = await registerTerminal(world);
  t.match(await poll(world, thief, shown), { status: 400, body: { error: 'invalid_grant' } });
  t.equal((await poll(world, app, shown)).status, 200);
});

t.test('a form that another site posts is refused, and so is one without its page', async (t) => {
  const world = await startLoopAuth(t);
  const { user_code } = await askForCode(world, await registerTerminal(world));
  const foreign = await world.post(
    '/device',
    { user_code, confirm: 'yes' },
    { Origin: 'https://evil.example' },
  );
  t.equal(foreign.status, 403);
  const bare = await world.post('/device', { user_code, confirm: 'yes' }, { Accept: 'text/html' });
  t.equal(bare.status, 400);
  t.match(bare.text, /keeps no cookies/);
  const back = await world.ask('/device/x', { headers: { Accept: 'text/html' } });
  t.match(
    back,
    { status: 400, text: /sign-in is over/ },
    'the way back from a sign-in, in a browser without a session',
  );
  t.equal((await world.ask('/device/auth')).status, 405);
  t.match(await world.post('/device/auth', { client_id: 'nobody' }), {
    status: 401,
    body: { error: 'invalid_client' },
  });
  const app = await world.register();
  t.match(await world.post('/device/auth', { client_id: app.clientId }), {
    status: 400,
    body: { error: 'unauthorized_client', error_description: /is not allowed for this client/ },
  });
});

t.test('what happened says that it was a terminal, and each step of it in one row', async (t) => {
  const world = await startLoopAuth(t);
  const app = await registerTerminal(world);
  const shown = await askForCode(world, app);
  const browser = new Browser();
  await poll(world, app, shown);
  await allow(world, shown, {}, browser);
  t.equal((await poll(world, app, shown)).status, 200);
  await world.storeTries();
  const tries = await new TryStore(world.database).list(undefined);
  t.equal(tries.length, 1);
  const steps = ['described', 'codeShown', 'codeEntered', 'signInShown', 'signedIn', 'allowed', 'tokenGiven'];
  t.same(Object.keys(tries[0]?.steps ?? {}), steps);
  const { text } = await browser.visit(`${world.issuer}/account/activity`);
  t.match(text, 'Code of the terminal entered');
  t.match(text, 'An app in a terminal was allowed, by its code.');
  t.notMatch(text, 'registered</', 'the ledger calls it by its name');
  const account = await browser.visit(`${world.issuer}/account`);
  t.match(account.text, 'An app in a terminal or on another device');
  t.notMatch(account.text, 'No longer registered');
});
