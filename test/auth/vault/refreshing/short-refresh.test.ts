// A refresh in front of the library: the same answer as the library's own, and the same is stored, whatever is exchanged.
import t, { type Test } from 'tap';
import type { Database } from '../../../../adapters/database/database.ts';
import { compile, param, type Row, type Write } from '../../../../adapters/database/statement.ts';
import { hashClientSecret } from '../../../../adapters/models/client.ts';
import { shiftClock } from '../../../support/clock.ts';
import { type LoopAuth, resource, startLoopAuth } from '../../../support/loop-auth.ts';
import { createRandom } from '../../../support/random.ts';
import {
  bendRefresh,
  clientIds,
  owners,
  type RefreshState,
  rowsOfState,
} from '../../../support/refresh-states.ts';

function insert({ builder }: Database, table: string, values: Row): Write {
  const places = Object.fromEntries(Object.keys(values).map((name) => [name, param(name)]));
  const statement = compile(builder(table).insert(places).onConflict('id').ignore());
  return { statement, values };
}

async function fill({ database }: LoopAuth): Promise<void> {
  const people = [owners.ann, owners.disabled].map((id) => ({
    id,
    username: id,
    display_name: id,
    password_hash: 'no password opens this',
    created_at: 1,
    disabled_at: id === owners.disabled ? 1 : null,
  }));
  const app = {
    redirect_uris: ['https://app.example/callback'],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  };
  const secret = { token_endpoint_auth_method: 'client_secret_post', client_secret: hashClientSecret('s') };
  const kinds = [
    { client_id: clientIds.plain },
    { client_id: clientIds.document },
    { client_id: clientIds.secret, ...secret },
    { client_id: clientIds.noRefresh, grant_types: ['authorization_code'] },
    { client_id: clientIds.odd, id_token_signed_response_alg: 'none of them' },
    { client_id: clientIds.api },
  ];
  const clients = kinds.map((kind) => ({
    id: kind.client_id,
    source: 'registration',
    payload: JSON.stringify({ ...app, ...kind }),
    created_at: 1,
    granted_at: 1,
  }));
  await database.commit([
    ...people.map((row) => insert(database, 'accounts', row)),
    ...clients.map((row) => insert(database, 'clients', row)),
  ]);
}

interface Said {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
}

/** The answer without what chance or the time of day made of it. */
async function ask(loop: LoopAuth, { fields, headers }: RefreshState): Promise<Said> {
  const pairs = Object.entries(fields).flatMap(([name, value = []]) =>
    [value].flat().map((one) => [name, one] as [string, string]),
  );
  const body = new URLSearchParams(pairs).toString();
  const answer = await loop.ask('/token', { method: 'POST', headers, body });
  const { date: _, 'x-request-id': __, ...told } = Object.fromEntries(answer.headers);
  // Signed over another time and issuer.
  if (answer.text.includes('"id_token"')) delete told['content-length'];
  const text = answer.text
    .replace(/("access_token":"(?:ro~)?)[\w-]{43}"/, '$1"')
    .replace(/"id_token":"[^"]+"/, '"id_token":""')
    .replaceAll(loop.origin, 'origin');
  return { status: answer.status, headers: told, text };
}

/** All that is under the grant now. */
async function stored({ database }: LoopAuth, grantId: string): Promise<Row[][]> {
  const under = (table: string, column: string, ...columns: string[]) =>
    compile(
      database
        .builder(table)
        .select(...columns)
        .where({ [column]: param('grantId') })
        .orderBy(columns),
    );
  const { builder: _, ...read } = database;
  const of = (statement: ReturnType<typeof compile>): Promise<Row[]> => read.all(statement, { grantId });
  const refresh = [
    'id',
    'payload',
    'expires_at',
    'used_at',
    'replaced_at',
    'parent_id',
    'salt_ends_at',
    'issued_at',
  ];
  return Promise.all([
    of(under('refresh_tokens', 'grant_id', ...refresh)),
    of(under('access_tokens', 'grant_id', 'payload', 'expires_at')),
    of(under('grants', 'id', 'payload')),
  ]);
}

/** How many statements a request of that loop-auth took, since the last look. */
function countStatements({ database }: LoopAuth): () => number {
  const { first } = database;
  let statements = 0;
  database.first = (...asked) => {
    statements += 1;
    return first(...asked);
  };
  return () => {
    const counted = statements;
    statements = 0;
    return counted;
  };
}

const statesAMinute = 100;
const minutes = 15;

t.test('whatever is exchanged, the answer and what is stored are the library’s', async (t) => {
  const loop = await startLoopAuth(t, { withoutAccount: true });
  const alone = await startLoopAuth(t, { withoutAccount: true, isLibraryAlone: true });
  const both = [loop, alone] as const;
  for (const one of both) await fill(one);
  const random = createRandom(Number(process.env['FC_SEED'] ?? 1));
  const statements = countStatements(loop);
  const real = Date.now;
  t.teardown(() => Object.assign(Date, { now: real }));
  const seen = { given: 0, short: 0, refused: 0 };
  const begun = Math.floor(real() / 1000);
  for (let minute = 0; minute < minutes; minute += 1) {
    // What is limited by the minute is limited in neither of them, and no second passes between two answers.
    const now = begun + 61 * minute;
    Date.now = () => now * 1000 + 500;
    const states = Array.from({ length: statesAMinute }, () => bendRefresh(random, now));
    const rows = states.flatMap((state) => Object.entries(rowsOfState(state)));
    for (const { database } of both)
      await database.commit(rows.map(([table, row]) => insert(database, table, row)));
    for (const state of states) {
      for (let time = 0; time < state.times; time += 1) {
        statements();
        const ours = await ask(loop, state);
        const isShort = statements() <= 3;
        const theirs = await ask(alone, state);
        if (ours.status !== 200) seen.refused += 1;
        else seen[isShort ? 'short' : 'given'] += 1;
        const grantId = String(state.token['grantId']);
        const found = { ours, stored: await stored(loop, grantId) };
        const wanted = { ours: theirs, stored: await stored(alone, grantId) };
        if (JSON.stringify(found) !== JSON.stringify(wanted))
          return void t.same(found, wanted, JSON.stringify(state));
      }
    }
  }
  t.ok(seen.refused > 350, `many are refused: ${seen.refused}`);
  t.ok(seen.short > 350, `many are answered in front of the library: ${seen.short}`);
  t.ok(seen.given > 250, `and many by it: ${seen.given}`);
});

const unsaid = /process_|nodejs_|_bucket|_sum|^#|loop_auth_rows/;

/** What is known of a world afterwards, but for ids and times. */
async function sightings(t: Test, isLibraryAlone: boolean) {
  const loop = await startLoopAuth(t, { isLibraryAlone });
  const { app, tokens } = await loop.connect();
  let token: unknown = tokens.refresh_token;
  const statements = countStatements(loop);
  const before = loop.lines.length;
  let shortly = 0;
  for (let times = 0; times < 4; times += 1) {
    statements();
    token = (await loop.refresh(app, token)).body['refresh_token'];
    if (statements() <= 3) shortly += 1;
  }
  // something of its own may be read by loop-auth meanwhile
  const isShort = shortly >= 2;
  t.equal(
    isShort,
    !isLibraryAlone,
    `of four all but the first, by which the library knows the app: ${shortly}`,
  );
  const lines = loop.lines.slice(before);
  await loop.storeTries();
  const { builder } = loop.database;
  const tries = await loop.database.all(compile(builder('tries').select('steps', 'cause')), {});
  const steps = tries.map(({ steps: all, cause }) => [
    Object.entries(JSON.parse(String(all)) as Record<string, { count: number }>)
      .map(([name, step]) => `${name} ${step.count}`)
      .sort(),
    cause,
  ]);
  const metrics = (await loop.readMetrics()).split('\n').filter((line) => !unsaid.test(line));
  return { lines, steps, metrics };
}

t.test('what is seen of a refresh is the same: the try, metrics and log', async (t) => {
  const [short, long] = [await sightings(t, false), await sightings(t, true)];
  t.same(short, long);
  t.match(JSON.stringify(short.steps), 'refreshed 4');
  t.match(short.metrics.join('\n'), 'loop_auth_events_total{event="grant.success"} 5');
});

t.test('a client that is no longer what the library took is the library’s to judge again', async (t) => {
  const loop = await startLoopAuth(t);
  const { app, tokens } = await loop.connect();
  const once = await loop.refresh(app, tokens.refresh_token);
  const twice = await loop.refresh(app, once.body['refresh_token']);
  t.equal(twice.status, 200);
  const { database } = loop;
  const one = () => database.builder('clients').where({ id: param('id') });
  const row = await database.first(compile(one().select('payload')), { id: app.clientId });
  const write = compile(one().update({ payload: param('payload') }));
  const change = async (members: object) => {
    const payload = JSON.stringify({ ...JSON.parse(String(row?.['payload'])), ...members });
    await database.commit([{ statement: write, values: { id: app.clientId, payload } }]);
  };
  await change({ token_endpoint_auth_method: 'client_secret_post', client_secret: hashClientSecret('s') });
  t.equal((await loop.refresh(app, twice.body['refresh_token'])).status, 401, 'it has a secret now');
  await change({ grant_types: ['authorization_code'] });
  t.equal((await loop.refresh(app, twice.body['refresh_token'])).status, 400, 'it may not refresh any more');
  await change({});
  t.equal((await loop.refresh(app, twice.body['refresh_token'])).status, 200, 'nothing was used up');
});

t.test('eight at once with one token are given the same token, as one family', async (t) => {
  const loop = await startLoopAuth(t);
  const { app, tokens } = await loop.connect();
  const { body } = await loop.refresh(app, tokens.refresh_token);
  const asked = Array.from({ length: 8 }, () => loop.refresh(app, body['refresh_token'], { resource }));
  const answers = await Promise.all(asked);
  t.same([...new Set(answers.map(({ status }) => status))], [200]);
  t.equal(new Set(answers.map((answer) => answer.body['refresh_token'])).size, 1);
  t.equal(new Set(answers.map((answer) => answer.body['access_token'])).size, 8);
});

t.test('a lost answer that is made good is told with whose request it was', async (t) => {
  const loop = await startLoopAuth(t);
  const { app, tokens } = await loop.connect();
  const { body } = await loop.refresh(app, tokens.refresh_token);
  const clock = shiftClock(t);
  await loop.refresh(app, body['refresh_token']);
  clock.advance(3600);
  t.equal((await loop.refresh(app, body['refresh_token'])).status, 200);
  const line = loop.lines.findLast((one) => one.includes('refresh_token.reissued'));
  t.match(JSON.parse(line ?? '{}'), { address: '127.0.0.1', requestId: String });
});

t.test('a grant that is refreshed too often is asked to wait, as ever, and nothing is used up', async (t) => {
  const loop = await startLoopAuth(t);
  const { app, tokens } = await loop.connect();
  const real = Date.now;
  t.teardown(() => Object.assign(Date, { now: real }));
  const now = real();
  Date.now = () => now;
  let token: unknown = tokens.refresh_token;
  let last = await loop.refresh(app, token);
  for (let times = 1; last.status === 200 && times < 510; times += 1) {
    token = last.body['refresh_token'];
    last = await loop.refresh(app, token);
  }
  t.match(last, { status: 503, body: { error: 'temporarily_unavailable' } });
  t.ok(Number(last.headers.get('Retry-After')) > 0);
  Date.now = () => now + 120_000;
  t.equal((await loop.refresh(app, token)).status, 200);
});

t.test('while the database is away the answer is that of an outage, told and counted as ever', async (t) => {
  const told: object[] = [];
  for (const isLibraryAlone of [false, true]) {
    const loop = await startLoopAuth(t, { isLibraryAlone });
    const { app, tokens } = await loop.connect();
    const { body } = await loop.refresh(app, tokens.refresh_token);
    await loop.database.close();
    const { status, text, headers } = await loop.refresh(app, body['refresh_token']);
    const kept = [...headers].filter(([name]) => !/^(date|x-request-id)$/.test(name));
    const { level, msg, route, err } = JSON.parse(
      loop.lines.findLast((line) => line.includes('request failed')) ?? '{}',
    );
    const metrics = (await loop.readMetrics()).split('\n');
    const counted = metrics.filter((line) => /server_error|status="503"/.test(line) && !unsaid.test(line));
    told.push({ status, text, kept, line: { level, msg, route, type: err?.type }, counted });
  }
  const [short, long] = told;
  t.same(short, long);
  t.match(short, { status: 503, line: { msg: 'request failed' } });
});
