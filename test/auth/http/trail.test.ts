// The trail: what happened to accounts, apps and connections, a line each, with nothing that a person typed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { openLimits } from '../../../auth/http/limits/limits.ts';
import { networkOf } from '../../../auth/http/limits/network.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { authorizeInBrowser, createFirstAccount } from '../../../scripts/demo/sign-in.ts';
import { startClientHosts } from '../../support/client-hosts.ts';
import { shiftClock } from '../../support/clock.ts';
import { lockDatabase } from '../../support/database-lock.ts';
import { ann, type LoopAuth, startLoopAuth, type WorldOptions } from '../../support/loop-auth.ts';
import { sendBytes } from '../../support/raw-request.ts';

type Line = Readonly<Record<string, unknown>>;

const read = (world: LoopAuth): Line[] => world.lines.map((line) => JSON.parse(line) as Line);
const trailOf = (world: LoopAuth): Line[] => read(world).filter(({ msg }) => msg === 'trail');
const told = (world: LoopAuth, event: string): Line[] =>
  trailOf(world).filter((line) => line['event'] === event);

interface World {
  readonly world: LoopAuth;
  readonly accountId: string;
}

async function start(t: Test, options: WorldOptions = {}): Promise<World> {
  const world = await startLoopAuth(t, options);
  const account = await new AccountStore(world.database).findByUsername(ann.username);
  return { world, accountId: String(account?.id) };
}

const everyLine = { address: '127.0.0.1', requestId: /^[\w-]{36}$/ };

t.test('sign-ins good and bad, each with why, who and from where', async (t) => {
  const { world, accountId } = await start(t);
  const app = await world.register();
  const { clientId } = app;
  const browser = new Browser();
  const page = await browser.visit(world.authorization(app).url);
  await browser.submit(page, { ...ann, password: 'a slip of the tongue' });
  await browser.submit(page, { username: 'somebody typed', password: 'what they typed' });
  await browser.submit(page, { ...ann });
  await world.post('/account/sign-in', { ...ann });
  await new AccountStore(world.database).setDisabled(accountId, true);
  await world.post('/account/sign-in', { ...ann });
  t.match(told(world, 'sign_in.failed'), [
    { level: 40, reason: 'password', accountId, clientId, ...everyLine },
    { level: 40, reason: 'unknown', clientId, ...everyLine },
    { level: 40, reason: 'disabled', accountId, ...everyLine },
  ]);
  t.notOk('accountId' in (told(world, 'sign_in.failed')[1] ?? {}));
  t.match(told(world, 'sign_in.succeeded'), [
    { level: 30, accountId, clientId, ...everyLine },
    { level: 30, accountId, ...everyLine },
  ]);
  const log = world.lines.join();
  for (const typed of ['somebody typed', 'what they typed', 'a slip', `${ann.username}"`, ann.password])
    t.notOk(log.includes(typed), 'nothing that was typed');
});

t.test('a lock-out says whose account it is', async (t) => {
  const { world, accountId } = await start(t);
  const slip = { username: ann.username, password: 'x' };
  await Promise.all(Array.from({ length: 10 }, () => world.post('/account/sign-in', slip)));
  t.equal((await world.post('/account/sign-in', slip)).status, 429);
  t.match(told(world, 'sign_in.locked_out'), [{ level: 40, accountId, ...everyLine }]);
});

t.test('accounts made, apps registered or read, consent, revocations', async (t) => {
  const hosts = await startClientHosts(t);
  const world = await startLoopAuth(t, { withoutAccount: true, fetchJson: hosts.fetchJson });
  const { setupUrl } = read(world).find((line) => 'setupUrl' in line) ?? {};
  await createFirstAccount(String(setupUrl), ann);
  const accountId = String((await new AccountStore(world.database).findByUsername(ann.username))?.id);
  t.match(told(world, 'account.created'), [{ accountId, ...everyLine }]);

  const { app, tokens } = await world.connect();
  const { clientId } = app;
  t.match(told(world, 'client.registered'), [{ clientId, ...everyLine }]);
  const [allowed] = told(world, 'consent.allowed');
  t.match(allowed, { accountId, clientId, grantId: String, ...everyLine });
  await authorizeInBrowser(world.authorization(app).url, ann, { decision: 'deny' });
  t.match(told(world, 'consent.denied'), [{ accountId, clientId, ...everyLine }]);
  t.equal(told(world, 'consent.allowed').length, 1);
  await world.revoke(app, tokens.refresh_token);
  t.match(told(world, 'connection.revoked'), [
    { clientId, grantId: allowed?.['grantId'], reason: 'app', ...everyLine },
  ]);

  await world.connect({ app });
  const browser = new Browser();
  const page = await browser.submit(await browser.visit(`${world.issuer}/account`), { ...ann });
  const id = /name="id" value="([^"]+)"/.exec(page.text)?.[1];
  // The first form that has an id of the connection is the one of its removal: it may read only.
  await browser.submit(await browser.submit(page, { id: String(id) }), { confirm: 'yes' });
  t.match(told(world, 'connection.revoked')[1], {
    accountId,
    clientId,
    grantId: id,
    reason: 'person',
    ...everyLine,
  });

  const document = 'https://client.example/client.json';
  const redirect_uri = 'https://client.example/cb';
  hosts.serve(document, { client_id: document, client_name: 'A client', redirect_uris: [redirect_uri] });
  await world.ask(`/auth${world.authorization({ clientId: document }, { redirect_uri }).url.search}`);
  t.match(told(world, 'client.document_read'), [{ clientId: document, ...everyLine }]);
});

t.test('a refresh token that two use says whose it was', async (t) => {
  const clock = shiftClock(t);
  const { world, accountId } = await start(t);
  const { app, tokens } = await world.connect();
  const { body } = await world.refresh(app, tokens.refresh_token);
  await world.refresh(app, body['refresh_token']);
  clock.advance(3600);
  t.equal((await world.refresh(app, tokens.refresh_token)).status, 400);
  const facts = { level: 40, accountId, clientId: app.clientId, grantId: String, ...everyLine };
  t.match(told(world, 'refresh_token.replayed'), [facts]);
});

t.test('what was not committed is not told, and each line is a count', async (t) => {
  const { world } = await start(t);
  const release = await lockDatabase(world.databasePath);
  t.equal((await world.tryRegister({ redirect_uris: ['https://app.example/cb'] })).status, 503);
  await release();
  t.same(told(world, 'client.registered'), []);
  await world.register();
  await world.post('/account/sign-in', { username: ann.username, password: 'x' });
  const text = await world.readMetrics();
  t.match(text, 'loop_auth_events_total{event="client.registered"} 1');
  t.match(text, 'loop_auth_events_total{event="sign_in.failed"} 1');
});

t.test('a registration, an authorization and a token that are refused are a line each', async (t) => {
  const { world } = await start(t);
  const { app } = await world.connect();
  const { clientId } = app;
  await world.tryRegister({ redirect_uris: [] });
  await world.ask('/auth?client_id=what-somebody-typed&response_type=code');
  const { url } = world.authorization(app, { scope: 'nonsense', response_type: 'token' });
  await world.ask(`/auth${url.search}`);
  await world.refresh(app, 'gone-token');
  await world.token({ clientId: 'typed-too' }, { grant_type: 'refresh_token', refresh_token: 'x' });
  t.match(told(world, 'registration.refused'), [{ level: 40, reason: 'invalid_redirect_uri', ...everyLine }]);
  t.match(told(world, 'authorization.refused'), [
    { level: 40, reason: 'invalid_client', ...everyLine },
    { level: 40, reason: /^[\w.-]+$/, clientId, ...everyLine },
  ]);
  t.match(told(world, 'token.refused'), [
    { level: 40, reason: 'invalid_grant', clientId, ...everyLine },
    { level: 40, reason: 'invalid_client', ...everyLine },
  ]);
  for (const typed of ['what-somebody-typed', 'gone-token', 'typed-too', 'nonsense'])
    t.notOk(world.lines.join().includes(typed), 'nothing that was typed');
  const text = await world.readMetrics();
  t.match(text, 'loop_auth_events_total{event="registration.refused"} 1');
  t.match(text, 'loop_auth_events_total{event="authorization.refused"} 2');
  t.match(text, 'loop_auth_events_total{event="token.refused"} 2');
});

t.test('what is not refused is not told as refused, nor what a person denied', async (t) => {
  const { world } = await start(t);
  const { app, tokens } = await world.connect();
  await world.refresh(app, tokens.refresh_token);
  await authorizeInBrowser(world.authorization(app).url, ann, { decision: 'deny' });
  await world.ask('/nothing');
  await world.post('/account/sign-in', { ...ann, password: 'x' });
  t.same(
    trailOf(world).filter(({ event }) => String(event).endsWith('.refused')),
    [],
  );
});

t.test('an authorization that is sent back to its app refused is told as well', async (t) => {
  const { world } = await start(t);
  const { app } = await world.connect();
  const { url } = world.authorization(app, { prompt: 'none', scope: 'vault.read vault.write' });
  const answer = await world.ask(`/auth${url.search}`);
  t.match(answer.headers.get('Location'), 'error=login_required');
  t.match(told(world, 'authorization.refused'), [{ clientId: app.clientId, reason: 'login_required' }]);
});

t.test('the code of every error page is found in the log, with the address', async (t) => {
  const hosts = await startClientHosts(t);
  const { world } = await start(t, { fetchJson: hosts.fetchJson });
  const app = await world.register();
  const to = (parameters: Record<string, string>, clientId = app.clientId): string =>
    `/auth${world.authorization({ clientId }, parameters).url.search}`;
  const foreign = { method: 'POST', headers: { Origin: 'https://evil.example' }, body: 'a=b' };
  const large = { method: 'POST', body: new URLSearchParams({ username: 'x'.repeat(20_000) }) };
  const pages: ReadonlyArray<readonly [string, string, RequestInit?]> = [
    ['not known here', to({}, 'nobody')],
    ['somewhere else', to({ redirect_uri: 'https://evil.example/' })],
    ['sign-in is over', '/auth/gone'],
    ['sign-in is over', '/interaction/gone'],
    ['could not be let in', to({ prompt: 'none' })],
    ['could not be let in', to({ response_type: 'token' })],
    ['did not work', '/auth'],
    ['from another site', '/account/sign-in', foreign],
    ['too much at once', '/account/sign-in', large],
    ['can’t be checked just now', to({}, 'https://away.example/client.json')],
  ];
  for (const [words, path, init] of pages) {
    const { text } = await world.ask(path, init);
    t.match(text, words);
    isInLog(t, world, text, words);
  }
  const release = await lockDatabase(world.databasePath);
  const { text } = await world.post('/account/sign-in', { ...ann });
  await release();
  isInLog(t, world, text, 'Not available');
  const request = 'GET /account HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
  const other = await sendBytes(Number(new URL(world.origin).port), request);
  isInLog(t, world, other, 'another address');
  const { visits } = await openLimits(world.database);
  for (let n = 0; n < 600; n += 1) await visits.ofNetworkTenMinutes.take(networkOf('127.0.0.1'));
  isInLog(t, world, (await world.ask(to({}))).text, 'Too many requests');
});

function isInLog(t: Test, world: LoopAuth, page: string, words: string): void {
  t.match(page, words);
  const code = /class="whole">([\w-]{36})</.exec(page)?.[1];
  t.ok(code, `${words}: shows a code`);
  const found = read(world).filter((line) => line['requestId'] === code);
  t.equal(found.length, 1, `${words}: is one line`);
}

t.test('the filters for fail2ban find the address in real lines, each in its own alone', async (t) => {
  const filterOf = (name: string): RegExp => {
    const file = readFileSync(join(import.meta.dirname, '../../../docs/fail2ban', name), 'utf8');
    const pattern = /^failregex = (.+)$/m.exec(file)?.[1] ?? '';
    t.match(pattern, '<HOST>');
    return new RegExp(pattern.replace('<HOST>', '(?<host>[0-9a-f.:]+)'));
  };
  const { world } = await start(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
  const from = (address: string) => ({ 'X-Forwarded-For': address });
  // A name may say what it likes: it is not in the line.
  const username = '","event":"sign_in.failed","address":"198.51.100.99"';
  await world.post('/account/sign-in', { username, password: 'x' }, from('203.0.113.9'));
  await world.post('/account/sign-in', { username, password: 'x' }, from('2001:db8::7'));
  await world.post('/account/sign-in', { ...ann }, from('198.51.100.1'));
  await world.register();
  const fields = { grant_type: 'refresh_token', refresh_token: 'x', client_id: username };
  await world.post('/token', fields, from('203.0.113.10'));
  await world.post('/reg', {}, from('203.0.113.11'));
  await world.ask(`/auth?client_id=${username}`, { headers: from('203.0.113.12') });
  // As Docker's json-file driver writes them.
  const wrapped = world.lines.map((log) =>
    JSON.stringify({ log, stream: 'stdout', time: '2026-11-26T12:00:00Z' }),
  );
  for (const [name, addresses] of [
    ['loop-auth.conf', ['203.0.113.9', '2001:db8::7']],
    ['loop-auth-requests.conf', ['203.0.113.10', '203.0.113.11', '203.0.113.12']],
  ] as const) {
    const filter = filterOf(name);
    for (const lines of [world.lines, wrapped])
      t.same(lines.map((line) => filter.exec(line)?.groups?.['host']).filter(Boolean), addresses, name);
  }
});
