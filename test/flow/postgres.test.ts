// PostgreSQL for more than one machine: two loop-auth processes on one database, and the way there from SQLite.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { connectApp } from '../support/connected-pair.ts';
import { engines, postgres, postgresUrl } from '../support/databases.ts';
import { callTool } from '../support/mcp-call.ts';
import { person } from '../support/person.ts';
import { runScript } from '../support/run-script.ts';

const secret = randomBytes(24).toString('base64url');

/** Two loop-auth of one issuer; the second listens elsewhere, as behind a proxy. */
async function startTwo(t: Test): Promise<[Pair, Pair]> {
  const shared = { AUTH_DATABASE_URL: await postgres.create(t), API_CLIENT_SECRET: secret };
  const one = await Pair.create(shared);
  t.teardown(() => one.close());
  await one.start('auth');
  await createFirstAccount(one.setupUrl(), person);
  const two = await Pair.create({ ...shared, AUTH_ISSUER: one.issuer, API_RESOURCE: one.resource });
  t.teardown(() => two.close());
  await two.start('auth');
  return [one, two];
}

async function refreshAt(
  pair: Pair,
  clientId: string,
  token: string,
): Promise<{ status: number; next: string }> {
  try {
    const response = await fetch(`${pair.authOrigin}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, refresh_token: token }),
    });
    const { refresh_token: next = '' } = (await response.json()) as { refresh_token?: string };
    return { status: response.status, next };
  } catch {
    return { status: 0, next: '' };
  }
}

t.test(
  'two loop-auth processes on one PostgreSQL',
  { skip: !postgresUrl && engines.length === 1 },
  async (t) => {
    const [one, two] = await startTwo(t);
    const { clientId, tokens } = await connectApp(one);
    let token = tokens.refresh_token;

    t.test('the same refresh token at both in the same moment has one successor', async (t) => {
      const answers = await Promise.all(
        [one, two, one, two, one].map((pair) => refreshAt(pair, clientId, token)),
      );
      t.same(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 200],
      );
      t.equal(new Set(answers.map(({ next }) => next)).size, 1);
      token = answers[0]?.next ?? '';
    });
    t.test('either is killed at any time: the other goes on with the same tokens', async (t) => {
      for (const [killed, other] of [
        [one, two],
        [two, one],
      ] as const) {
        const during = refreshAt(killed, clientId, token);
        await killed.kill('auth');
        const cut = await during;
        t.ok([0, 200].includes(cut.status), 'cut off or answered, never refused');
        const next = await refreshAt(other, clientId, token);
        t.equal(next.status, 200);
        if (cut.status === 200) t.equal(cut.next, next.next, 'the answer before the kill still holds');
        token = next.next;
        await killed.start('auth');
      }
    });
  },
);

t.test(
  'SQLite moved to PostgreSQL by npm run migrate-store',
  { skip: !postgresUrl && engines.length === 1 },
  async (t) => {
    const pair = await Pair.create({ API_CLIENT_SECRET: secret });
    t.teardown(() => pair.close());
    await pair.start('auth');
    await pair.start('api');
    await createFirstAccount(pair.setupUrl(), person);
    const connection = await connectApp(pair);
    const to = await postgres.create(t);
    t.match(await runScript(pair, 'migrate-store', ['--to', to]), { code: 1, text: /stop loop-auth first/ });
    await pair.stop('auth');
    const { code, text } = await runScript(pair, 'migrate-store', ['--to', to]);
    t.equal(code, 0, text);
    t.match(text, /accounts +1\n/);
    t.match(await runScript(pair, 'migrate-store', ['--to', to]), { code: 1, text: /not empty/ });
    pair.useDatabase(to);
    await pair.start('auth');
    t.equal(
      (await callTool(pair.resource, connection.tokens.access_token)).status,
      200,
      'the access token works',
    );
    t.equal((await connection.refresh(connection.tokens.refresh_token)).status, 200, 'and the refresh token');
    await t.resolves(connectApp(pair), 'and the account signs in');
  },
);

t.test(
  'a dump of PostgreSQL, restored into an empty database, costs no sign-in to clients that did not refresh since',
  { skip: !postgresUrl && engines.length === 1 },
  async (t) => {
    const from = await postgres.create(t);
    const pair = await Pair.create({ API_CLIENT_SECRET: secret, AUTH_DATABASE_URL: from });
    t.teardown(() => pair.close());
    await pair.start('auth');
    await createFirstAccount(pair.setupUrl(), person);
    const connection = await connectApp(pair);
    const file = join(pair.folder, 'loop-auth.dump');
    const run = promisify(execFile);
    await run('pg_dump', ['--format=custom', `--file=${file}`, from]);
    t.match((await run('pg_restore', ['--list', file])).stdout, /TABLE DATA public refresh_tokens/);
    await pair.stop('auth');
    const to = await postgres.create(t);
    await run('pg_restore', ['--exit-on-error', `--dbname=${to}`, file]);
    pair.useDatabase(to);
    await pair.start('auth');
    t.equal((await connection.refresh(connection.tokens.refresh_token)).status, 200);
  },
);
