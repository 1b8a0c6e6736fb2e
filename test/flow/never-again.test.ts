// Never asked to sign in again: what clients, networks, keys and time do to a connection, on one loop-auth.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import t, { type Test } from 'tap';
import { KeyStore } from '../../adapters/stores/keys.ts';
import { createKeySeal } from '../../auth/keys/seal.ts';
import { rotateKeys } from '../../auth/keys/server-keys.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { shiftClock } from '../support/clock.ts';
import { engines } from '../support/databases.ts';
import { type LoopAuth, startLoopAuth } from '../support/loop-auth.ts';

const hour = 3600;
const day = 24 * hour;

async function refreshed(
  loop: LoopAuth,
  app: Parameters<LoopAuth['refresh']>[0],
  token: unknown,
): Promise<string> {
  const { status, body } = await loop.refresh(app, token);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return String(body['refresh_token']);
}

for (const engine of engines) {
  const start = async (t: Test): Promise<LoopAuth> =>
    startLoopAuth(t, { settings: { AUTH_DATABASE_URL: await engine.create(t) } });

  t.test(`${engine.name}: time`, async (t) => {
    t.test('a client that was idle for 60 days comes back', async (t) => {
      const clock = shiftClock(t);
      const loop = await start(t);
      const { app, tokens } = await loop.connect();
      clock.advance(60 * day);
      const next = await loop.refresh(app, tokens.refresh_token);
      t.equal(next.status, 200);
      t.ok(await loop.isActive(next.body['access_token']));
    });

    t.test('a client that calls every day is still there after a year', async (t) => {
      const clock = shiftClock(t);
      const loop = await start(t);
      const { app, tokens } = await loop.connect();
      let token = tokens.refresh_token;
      for (let today = 0; today < 366; today += 1) {
        clock.advance(day);
        token = await refreshed(loop, app, token);
      }
      t.pass('366 refreshes, a day between each');
    });

    t.test('one that was away longer than the idle time gets invalid_grant', async (t) => {
      const clock = shiftClock(t);
      const loop = await start(t);
      const { app, tokens } = await loop.connect();
      clock.advance(91 * day);
      t.match(await loop.refresh(app, tokens.refresh_token), {
        status: 400,
        body: { error: 'invalid_grant' },
      });
    });
  });

  t.test(`${engine.name}: clients that lose answers and race themselves`, async (t) => {
    t.test('the answer to a refresh is lost and the client tries again at once', async (t) => {
      const loop = await start(t);
      const { app, tokens } = await loop.connect();
      const lost = await refreshed(loop, app, tokens.refresh_token);
      t.equal(await refreshed(loop, app, tokens.refresh_token), lost, 'the same successor');
      await refreshed(loop, app, lost);
    });

    t.test('the answer to a refresh is lost and the client tries again an hour later', async (t) => {
      const clock = shiftClock(t);
      const loop = await start(t);
      const { app, tokens } = await loop.connect();
      const lost = await refreshed(loop, app, tokens.refresh_token);
      clock.advance(hour);
      const found = await refreshed(loop, app, tokens.refresh_token);
      t.not(found, lost, 'a new successor');
      clock.advance(hour);
      await refreshed(loop, app, found);
      t.ok(
        loop.lines.some((line) => line.includes('refresh_token.reissued')),
        'and the log says so',
      );
    });

    t.test('five processes refresh with the same token at the same moment', async (t) => {
      const loop = await start(t);
      const { app, tokens } = await loop.connect();
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => loop.refresh(app, tokens.refresh_token)),
      );
      t.same(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 200],
      );
      t.equal(new Set(answers.map(({ body }) => body['refresh_token'])).size, 1, 'one successor for all');
      for (const { body } of answers) t.ok(await loop.isActive(body['access_token']));
      await refreshed(loop, app, answers[0]?.body['refresh_token']);
    });

    t.test('a callback that runs twice redeems one code many times: the connection lives', async (t) => {
      const clock = shiftClock(t);
      const loop = await start(t);
      const app = await loop.register();
      const attempt = loop.authorization(app);
      const code = await loop.code(attempt);
      const redeem = () => loop.exchange(app, code, attempt);
      const answers = await Promise.all(Array.from({ length: 8 }, redeem));
      answers.push(await redeem());
      clock.advance(28);
      answers.push(...(await Promise.all([redeem(), redeem()])));
      t.same(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 10 }, () => 400)]);
      const { body } = answers.find(({ status }) => status === 200) ?? {};
      t.ok(await loop.isActive(body?.['access_token']));
      const next = await refreshed(loop, app, body?.['refresh_token']);
      clock.advance(3);
      t.match(await redeem(), { status: 400, body: { error: 'invalid_grant' } });
      t.match(await loop.refresh(app, next), { status: 400 }, 'half a minute later it is somebody else');
    });

    t.test('owner and thief refreshing hourly, half an hour apart: both are cut off', async (t) => {
      const clock = shiftClock(t);
      const loop = await start(t);
      const { app, tokens } = await loop.connect();
      const shared = await refreshed(loop, app, tokens.refresh_token);
      clock.advance(hour);
      const thief = await refreshed(loop, app, shared);
      clock.advance(hour / 2);
      const owner = await refreshed(loop, app, shared);
      clock.advance(hour / 2);
      t.match(await loop.refresh(app, thief), { status: 400, body: { error: 'invalid_grant' } });
      clock.advance(hour / 2);
      t.match(await loop.refresh(app, owner), { status: 400, body: { error: 'invalid_grant' } });
      t.ok(
        loop.lines.some((line) => line.includes('refresh_token.replayed')),
        'and the log says so',
      );
    });

    t.test('a slash on resource, no resource, a wrong one: none costs a sign-in', async (t) => {
      const loop = await start(t);
      const { app, tokens } = await loop.connect();
      const resource = loop.config.resources[0];
      const slash = await loop.refresh(app, tokens.refresh_token, { resource: `${resource}/` });
      t.equal(slash.status, 200);
      const none = await loop.refresh(app, slash.body['refresh_token'], { resource: undefined });
      t.equal(none.status, 200);
      const token = none.body['refresh_token'];
      const wrong = await loop.refresh(app, token, { resource: 'https://elsewhere.example/mcp' });
      t.match(wrong, { status: 400, body: { error: 'invalid_target' } });
      t.equal((await loop.refresh(app, token)).status, 200, 'the token was not burnt');
    });
  });

  t.test(`${engine.name}: browsers`, async (t) => {
    t.test('the browser’s session expires: connections go on', async (t) => {
      const clock = shiftClock(t);
      const loop = await start(t);
      const { app, tokens } = await loop.connect();
      clock.advance(15 * day);
      await refreshed(loop, app, tokens.refresh_token);
    });

    t.test('the person signs out in the browser: connections go on', async (t) => {
      const loop = await start(t);
      const browser = new Browser();
      const { app, tokens } = await loop.connect({ browser });
      const page = await browser.submit(await browser.visit(`${loop.issuer}/session/end`), { logout: 'yes' });
      t.match(page.text, /signed out/i);
      t.match(
        (await browser.visit(loop.authorization(app).url)).text,
        /name="password"/,
        'the browser has forgotten',
      );
      t.ok(await loop.isActive(tokens.access_token));
      await refreshed(loop, app, tokens.refresh_token);
    });
  });

  t.test(`${engine.name}: keys`, async (t) => {
    const rotate = async (loop: LoopAuth): Promise<void> => {
      await rotateKeys(new KeyStore(loop.database), createKeySeal(loop.config.encryptionKey));
      await loop.refreshKeys();
    };
    const keySet = async (loop: LoopAuth): Promise<JSONWebKeySet> =>
      JSON.parse((await loop.ask('/jwks')).text) as JSONWebKeySet;

    for (const alg of ['RS256', 'ES256']) {
      t.test(`${alg}: signing keys and cookie keys are rotated while clients are connected`, async (t) => {
        const clock = shiftClock(t);
        const loop = await start(t);
        const browser = new Browser();
        const parameters = { scope: 'openid vault.read' };
        const chosen = await loop.register({ id_token_signed_response_alg: alg });
        const { app, tokens } = await loop.connect({ app: chosen, browser, parameters });
        const idToken = (tokens as { id_token?: string }).id_token ?? '';
        const before = await keySet(loop);
        await rotate(loop);
        t.equal((await keySet(loop)).keys.length, 4, 'the new keys are published at once');
        const token = await refreshed(loop, app, tokens.refresh_token);
        clock.advance(11 * 60);
        await loop.refreshKeys();
        const { body } = await loop.refresh(app, token);
        const now = await keySet(loop);
        const signedNow = await jwtVerify(String(body['id_token']), createLocalJWKSet(now), {
          currentDate: new Date(),
        });
        t.equal(signedNow.protectedHeader.alg, alg);
        const known = before.keys.map(({ kid }) => kid);
        t.notOk(known.includes(signedNow.protectedHeader.kid), 'the new key signs ten minutes later');
        await jwtVerify(idToken, createLocalJWKSet(now), { currentDate: new Date() });
        t.notMatch(
          (await browser.visit(loop.authorization(app).url)).text,
          /name="password"/,
          'the browser is still signed in',
        );
      });
    }

    t.test('a superseded key is published until nothing it signed can live', async (t) => {
      const clock = shiftClock(t);
      const loop = await start(t);
      await rotate(loop);
      clock.advance(2 * day);
      await loop.refreshKeys();
      t.equal((await keySet(loop)).keys.length, 4);
      clock.advance(hour);
      await loop.refreshKeys();
      t.equal((await keySet(loop)).keys.length, 2);
    });
  });
}
