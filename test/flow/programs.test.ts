// A program that acts for an account without a person: made by an operator, used by the SDK's own provider, taken away.
import {
  Client,
  ClientCredentialsProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import t from 'tap';
import type { Pair } from '../../scripts/demo/pair.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { person } from '../support/person.ts';
import { runScript } from '../support/run-script.ts';

// A process for each step: more than the usual two minutes on a busy machine.
t.setTimeout(600_000);

interface Made {
  readonly client_id: string;
  readonly client_secret: string;
  readonly issuer: string;
}

const ofProgram = ['--grant', 'client_credentials', '--account'];

async function make(pair: Pair, ...args: string[]): Promise<Made> {
  const wish = ['create', '--name', 'Digest', '--json', ...args];
  const { code, text } = await runScript(pair, 'seed-client', wish, '', { API_RESOURCE: pair.resource });
  if (code !== 0) throw new Error(text);
  return JSON.parse(text) as Made;
}

/** From the bare URL, as the program of somebody who has an id and a secret. */
async function connect(pair: Pair, made: Made): Promise<Client> {
  const authProvider = new ClientCredentialsProvider({
    clientId: made.client_id,
    clientSecret: made.client_secret,
    expectedIssuer: made.issuer,
  });
  const client = new Client({ name: 'digest', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(pair.resource), { authProvider }));
  return client;
}

async function idsOf(client: Client, query: string): Promise<string[]> {
  const { structuredContent } = await client.callTool({ name: 'search', arguments: { query } });
  return (structuredContent as { results: Array<{ id: string }> }).results.map(({ id }) => id);
}

t.test('the SDK’s provider signs in from the bare URL, and finds what the operator gave', async (t) => {
  const { pair } = await startConnectedPair(t, {
    API_INTROSPECTION_CACHE_SECONDS: '0',
    API_INTROSPECTION_STALE_SECONDS: '0',
  });
  const all = await connect(pair, await make(pair, ...ofProgram, 'ANN'));
  const found = await idsOf(all, 'project');
  const folder = found.find((id) => id.includes('/'))?.split('/')[0] ?? '';
  t.ok(
    found.some((id) => !id.startsWith(`${folder}/`)),
    `${found}`,
  );
  const made = await make(pair, ...ofProgram, person.username, '--folder', `/${folder}/`);
  const narrowed = await connect(pair, made);
  const within = await idsOf(narrowed, 'project');
  t.ok(within.length > 0 && within.every((id) => id.startsWith(`${folder}/`)), `${within}`);
  const { isError } = await narrowed
    .callTool({ name: 'create_note', arguments: { path: `${folder}/New.md`, text: 'x' } })
    .catch(() => ({ isError: true }));
  t.ok(isError, 'it may read only');

  const elsewhere = await runScript(pair, 'seed-client', [
    'create',
    '--name',
    'x',
    ...ofProgram,
    'ann',
    '--json',
  ]);
  t.match(JSON.parse(elsewhere.text), { resource: 'http://localhost:8082/mcp' }, 'without API_RESOURCE');
  await t.rejects(connect(pair, JSON.parse(elsewhere.text) as Made), /made for http:\/\/localhost:8082\/mcp/);

  const { text } = await runScript(pair, 'connections', ['list', '--json']);
  t.equal((JSON.parse(text) as unknown[]).length, 3);
  const revoked = await runScript(pair, 'connections', ['revoke', '--client', made.client_id]);
  t.match(revoked, { code: 0, trail: [{ event: 'connection.revoked', clientId: made.client_id }] });
  await t.rejects(idsOf(narrowed, 'project'), 'its token is over, and it gets no other');
  t.same(await idsOf(all, 'project'), found, 'the other one goes on');
  await all.close();
  await narrowed.close();
});

t.test('what an operator may not wish for is told by option, and nothing is made', async (t) => {
  const { pair } = await startConnectedPair(t);
  const named = ['--name', 'x'];
  for (const [args, text] of [
    [['--grant', 'client_credentials', ...named], /--account/],
    [[...ofProgram, 'ann'], /--name/],
    [[...ofProgram, 'nobody', ...named], /--account: there is no such account/],
    [[...ofProgram, 'ann', ...named, '--access', 'all'], /--access: read "all"; allowed: read, write/],
    [[...ofProgram, 'ann', ...named, '--folder', '../up'], /--folder: "..\/up" is no folder/],
    [[...ofProgram, 'ann', ...named, '--auth-method', 'none'], /--auth-method: read "none"/],
    [[...ofProgram, 'ann', ...named, '--public'], /client_credentials goes with/],
    [['--account', 'ann', ...named], /client_credentials alone/],
    [
      ['--grant', 'client_credentials', 'refresh_token', '--account', 'ann', ...named],
      /client_credentials alone/,
    ],
  ] as const) {
    t.match(await runScript(pair, 'seed-client', ['create', ...args]), { code: 1, text }, args.join(' '));
  }
  t.match(await runScript(pair, 'seed-client', ['list']), { text: /There are no clients/ });
});
