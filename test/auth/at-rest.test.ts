// That nothing live is left behind: neither in the bytes of the database nor in the log.
import t from 'tap';
import { hashOpaque } from '../../adapters/database/hash.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { lockDatabase } from '../support/database-lock.ts';
import { ann, startLoopAuth } from '../support/loop-auth.ts';

const apiSecret = 'the secret of loop-api, 32 signs';

class WatchedBrowser extends Browser {
  /** The values of all cookies that it ever sent. */
  readonly sent = new Set<string>();

  override async visit(...given: Parameters<Browser['visit']>): ReturnType<Browser['visit']> {
    const cookies = await this.cookiesFor(given[0]);
    for (const cookie of cookies.split('; ')) this.sent.add(cookie.split('=')[1] ?? '');
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

t.test('what lies in the database is not taken for what it was made from', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  const stored = (await world.storedBytes()).toString('latin1');
  const hashes = new Set(stored.match(/[\w-]{43}/g));
  t.ok(hashes.has(hashOpaque(tokens.access_token)) && hashes.has(hashOpaque(tokens.refresh_token)));
  for (const hash of [hashOpaque(tokens.access_token), ...[...hashes].slice(0, 40)]) {
    t.notOk(await world.isActive(hash), 'no access token');
    t.equal((await world.refresh(app, hash)).status, 400, 'no refresh token');
  }
});
