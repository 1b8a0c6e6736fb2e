// Introspection in front of the library: the same answers as the library's own, whatever is asked about what.
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { hashOpaque } from '../../../adapters/database/hash.ts';
import { compile, param } from '../../../adapters/database/statement.ts';
import { hashClientSecret } from '../../../adapters/models/client.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { ClientStore } from '../../../adapters/stores/clients.ts';
import { createResourceServer } from '../../../auth/clients/resource-servers.ts';
import { createLog } from '../../../auth/http/log.ts';
import { createMetrics } from '../../../auth/http/metrics.ts';
import { openApp } from '../../../auth/service.ts';
import { addAccount, ann, apiSecret, basic, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';
import { createRandom } from '../../support/random.ts';
import { bendToken, type Question, type State, type World } from '../../support/token-states.ts';

interface Said {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true });
t.teardown(() => agent.destroy());

async function ask(origin: string, question: Question): Promise<Said> {
  const { method, headers, sent, query, fields } = question;
  const body = question.body ?? new URLSearchParams(fields).toString();
  const sending = request(`${origin}/token/introspection${query}`, {
    agent,
    method,
    headers: sent === 'in pieces' ? { ...headers, 'content-length': Buffer.byteLength(body) } : headers,
  });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  if (sent === 'in pieces')
    for (const piece of body.match(/.{1,30000}(?=.{9})|.+/g) ?? []) {
      sending.write(piece);
      await new Promise(setImmediate);
    }
  else if (sent === 'chunked') sending.write(body);
  sending.end(sent === 'whole' ? body : undefined);
  const [answer] = await answered;
  const { date: _, 'x-request-id': __, ...told } = answer.headers;
  return { status: answer.statusCode, headers: told, text: (await answer.toArray()).join('') };
}

/** A second loop-auth on the same database, whose library answers every introspection. */
async function openLong(t: Test, loop: LoopAuth): Promise<string> {
  const app = await openApp(loop.config, {
    database: loop.database,
    log: createLog('fatal', { write: () => {} }),
    metrics: createMetrics(),
    isLibraryAlone: true,
  });
  const server = createServer(app.listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await app.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const documentId = 'https://app.example/client.json';
const client = { redirect_uris: ['http://127.0.0.1/'], token_endpoint_auth_method: 'none' } as const;

async function fill(loop: LoopAuth): Promise<World> {
  const { database } = loop;
  const accounts = new AccountStore(database);
  const disabled = await addAccount(database, { ...ann, username: '닫힌 계정' });
  const close = database.builder('accounts').where({ id: param('id') });
  await database.commit([{ statement: compile(close.update({ disabled_at: 1 })), values: { id: disabled } }]);
  const clients = new ClientStore(database);
  const secret = { token_endpoint_auth_method: 'client_secret_basic', client_secret: hashClientSecret('s') };
  const kinds = [
    { client_id: 'plain', client_name: 'A plain app' },
    { client_id: 'nameless' },
    { client_id: 'empty', client_name: '' },
    { client_id: 'long', client_name: '이름 "quoted" \u2028 👩‍🚀 '.repeat(8) },
    { client_id: documentId, client_name: 'By its document' },
    { client_id: 'expired', client_name: 'With a secret', ...secret, client_secret_expires_at: 7 },
    { client_id: 'pairwise', client_name: 'Pairwise', subject_type: 'pairwise' },
    { client_id: 'loop-api', client_name: 'A row that the library never reads' },
    { client_id: 'addressless', client_name: 'Old', redirect_uris: ['javascript:alert(1)'] },
  ];
  for (const kind of kinds)
    await clients.add('registration', { ...client, response_types: ['code'], ...kind } as never);
  const foreign = { id: 'files', secret: 'of the files', resource: 'https://files.example/mcp' };
  const server = {
    ...createResourceServer('files', 'Files'),
    client_secret: hashClientSecret(foreign.secret),
  };
  const words = { names: { en: 'Files' }, scopes: [{ scope: 'files.read', words: {} }] };
  await clients.add('resource-server', server, { resources: [{ resource: foreign.resource, ...words }] });
  return {
    accounts: { ann: String((await accounts.findByUsername(ann.username))?.id), disabled, gone: 'nobody' },
    clients: [...kinds.map((kind) => kind.client_id), 'gone'],
    foreign,
    refreshToken: (await loop.connect()).tokens.refresh_token as string,
  };
}

/** Stores all of them at once. */
function createKeeper({ database }: LoopAuth) {
  const table = (name: string) => database.builder(name);
  // Kept whatever its payload says: the sweep runs in both of them.
  const ids = { id: param('id'), payload: param('payload'), expires_at: 9_999_999_999 };
  const token = compile(
    table('access_tokens')
      .insert({ ...ids, grant_id: param('grantId') })
      .onConflict('id')
      .merge(),
  );
  const owners = { account_id: param('accountId'), client_id: param('clientId'), created_at: 9_999_999_999 };
  const grant = compile(table('grants').insert({ ...ids, ...owners }));
  return (states: readonly State[]) =>
    database.commit(
      states.flatMap(({ grantId, isStored, ...one }) => {
        const { accountId, clientId } = { ...one.grant, ...one.columns };
        const columns = { accountId: String(accountId), clientId: String(clientId) };
        const values = { id: grantId, payload: JSON.stringify(one.grant), ...columns };
        const kept = { id: hashOpaque(one.value), payload: JSON.stringify(one.token), grantId };
        return [
          ...(isStored.grant ? [{ statement: grant, values }] : []),
          ...(isStored.token ? [{ statement: token, values: kept }] : []),
        ];
      }),
    );
}

const statesAMinute = 100;
const minutes = 30;

t.test('whatever is asked about whatever token, the answer is the library’s', async (t) => {
  const loop = await startLoopAuth(t);
  const world = await fill(loop);
  const long = await openLong(t, loop);
  const keep = createKeeper(loop);
  const random = createRandom(Number(process.env['FC_SEED'] ?? 1));
  const { first } = loop.database;
  let statements = 0;
  loop.database.first = (...asked) => {
    statements += 1;
    return first(...asked);
  };
  const real = Date.now;
  t.teardown(() => Object.assign(Date, { now: real }));
  const seen = { active: 0, short: 0 };
  const begun = Math.floor(real() / 1000);
  for (let minute = 0; minute < minutes; minute += 1) {
    // What is limited by the minute is limited in neither of them, and no second passes between two answers.
    const now = begun + 61 * minute;
    Date.now = () => now * 1000 + 500;
    const states = Array.from({ length: statesAMinute }, () => bendToken(random, world, now));
    await keep(states);
    for (const state of states) {
      const theirs = await ask(long, state.question);
      statements = 0;
      const ours = await ask(loop.origin, state.question);
      const isActive = theirs.text.includes('"active":true');
      if (isActive) seen.active += 1;
      if (isActive && statements === 1) seen.short += 1;
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        return void t.same(ours, theirs, JSON.stringify(state));
    }
  }
  t.ok(seen.active > (minutes * statesAMinute) / 4, `many are live: ${seen.active}`);
  t.ok(seen.short > seen.active * 0.6, `and most of these answered in one statement: ${seen.short}`);
});

const unsaid = /process_|nodejs_|_bucket|_sum|^#|loop_auth_rows/;

/** What is known of a world afterwards, but for ids and times. */
async function sightings(t: Test, isLibraryAlone: boolean) {
  const loop = await startLoopAuth(t, { isLibraryAlone });
  const { tokens: other } = await loop.connect();
  await loop.introspect(other.access_token);
  const { tokens } = await loop.connect();
  const { first } = loop.database;
  const before = loop.lines.length;
  let shortly = 0;
  loop.database.first = (statement, values) => {
    if (/access_tokens.*display_name|display_name.*access_tokens/.test(statement.sql)) shortly += 1;
    return first(statement, values);
  };
  const answers: number[] = [];
  for (let times = 0; times < 3; times += 1)
    answers.push((await loop.introspect(tokens.access_token)).status);
  loop.database.first = first;
  t.equal(shortly, isLibraryAlone ? 0 : 3, 'questions of three that were looked for in one statement');
  const lines = loop.lines.slice(before);
  await Promise.all([loop.storeCalls(), loop.storeTries()]);
  const tries = await loop.database.all(compile(loop.database.builder('tries').select('steps', 'cause')), {});
  const calls = await loop.database.all(
    compile(loop.database.builder('grant_calls').select('calls').orderBy('calls')),
    {},
  );
  const steps = tries.map(({ steps: all, cause }) => [Object.keys(JSON.parse(String(all))).sort(), cause]);
  const metrics = (await loop.readMetrics()).split('\n').filter((line) => !unsaid.test(line));
  return { answers, lines, steps, calls, metrics };
}

t.test('what is seen of a call is the same: the try, the count, metrics and log', async (t) => {
  const [short, long] = [await sightings(t, false), await sightings(t, true)];
  t.same(short, long);
  t.match(JSON.stringify(short.steps), 'called');
  t.match(short.metrics.join('\n'), 'loop_auth_request_seconds_count{route="introspection",status="200"} 4');
  t.same(short.calls, [{ calls: 1 }, { calls: 3 }]);
});

t.test('while the database is away the answer is that of an outage, told and counted as ever', async (t) => {
  const told: object[] = [];
  for (const isLibraryAlone of [false, true]) {
    const loop = await startLoopAuth(t, { isLibraryAlone });
    const { tokens } = await loop.connect();
    await loop.introspect(tokens.access_token);
    await loop.database.close();
    const { status, text, headers } = await loop.introspect(tokens.access_token);
    const kept = [...headers].filter(([name]) => !/^(date|x-request-id)$/.test(name));
    const { level, msg, route, err } = JSON.parse(
      loop.lines.findLast((line) => line.includes('request failed')) ?? '{}',
    );
    const metrics = (await loop.readMetrics())
      .split('\n')
      .filter((line) => /server_error|status="503"/.test(line));
    const counted = metrics.filter((line) => !unsaid.test(line));
    told.push({ status, text, kept, line: { level, msg, route, type: err?.type }, counted });
  }
  const [short, long] = told;
  t.same(short, long);
  t.match(short, { status: 503, line: { msg: 'request failed' } });
});

t.test('a credential that is taken no more opens nothing, nor one that differs in a sign', async (t) => {
  const loop = await startLoopAuth(t);
  const { tokens } = await loop.connect();
  const right = basic('loop-api', apiSecret);
  for (let times = 0; times < 2; times += 1)
    t.ok((await loop.introspect(tokens.access_token, right)).body['active']);
  for (const wrong of [
    `${right}=`,
    right.toLowerCase(),
    `${right} `.repeat(2),
    basic('loop-api', 'guess'),
    'Basic ',
  ])
    t.not((await loop.introspect(tokens.access_token, wrong)).status, 200, wrong);
});
