// A program with an access key: made in a terminal, used with curl, REST and both SDKs' clients, narrowed, revoked.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import type { Pair } from '../../scripts/demo/pair.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { callTool } from '../support/mcp-call.ts';
import { openWithHeader } from '../support/mcp-clients.ts';
import { waitForFolder } from '../support/narrowed.ts';
import { person } from '../support/person.ts';
import { runScript } from '../support/run-script.ts';

const cacheOff = { API_INTROSPECTION_CACHE_SECONDS: '0', API_INTROSPECTION_STALE_SECONDS: '0' };
const root = join(import.meta.dirname, '../..');

interface Made {
  readonly key: string;
  readonly id: string;
  readonly name: string;
}

async function startWritable(t: Test): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-keys-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp(join(root, 'api/sample-vault'), folder, { recursive: true });
  const { pair } = await startConnectedPair(t, { API_VAULT_DIR: folder, ...cacheOff });
  await waitForFolder(pair, 'Journal');
  return pair;
}

async function make(pair: Pair, ...options: string[]): Promise<Made> {
  const args = ['create', '--account', person.username, '--name', 'A program', '--json', ...options];
  const { code, text } = await runScript(pair, 'keys', args);
  if (code !== 0) throw new Error(text);
  return JSON.parse(text) as Made;
}

function rest(pair: Pair, path: string, key: string, body?: object, method = 'POST'): Promise<Response> {
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  const sent = body === undefined ? { headers } : { headers, method, body: JSON.stringify(body) };
  return fetch(pair.resource.replace(/\/mcp$/, `/api/${path}`), sent);
}

t.test('npm run keys makes a key, shows it once, lists and revokes it', async (t) => {
  const pair = await startWritable(t);
  t.match(await runScript(pair, 'keys'), { code: 0, text: /There is no access key/ });
  const args = [
    'create',
    '--account',
    'ANN',
    '--name',
    'Night script',
    '--access',
    'read',
    '--folder',
    'Journal/',
  ];
  const { code, text, trail } = await runScript(pair, 'keys', [...args, '--days', '30']);
  t.equal(code, 0);
  const key = /^loop_\w{49}$/m.exec(text)?.[0] ?? '';
  const id = /Its id: (\S+)/.exec(text)?.[1] ?? '';
  t.match(text, /to read Journal of ann, until 20/);
  t.match(trail, [{ event: 'access_key.created', clientId: `key:${id}`, reason: 'operator' }]);
  t.equal((await callTool(pair.resource, key)).status, 200);
  const list = await runScript(pair, 'keys', ['list']);
  t.match(
    list.text,
    /^name +account +access +folders +made +until +last used +id\nNight script +ann +read +Journal /,
  );
  t.notMatch(list.text + JSON.stringify(list.trail), key.slice(5));
  const { text: json } = await runScript(pair, 'keys', ['list', '--json']);
  t.match(JSON.parse(json), [
    { id, name: 'Night script', account: 'ann', access: 'read', folders: ['Journal'] },
  ]);
  const revoked = await runScript(pair, 'keys', ['revoke', id]);
  t.match(revoked, { code: 0, text: 'Revoked: Night script of ann.\n' });
  t.match(revoked.trail, [{ event: 'access_key.revoked', clientId: `key:${id}` }]);
  t.equal((await callTool(pair.resource, key)).status, 401);
  t.match(await runScript(pair, 'keys', ['revoke', id]), { code: 1, text: /no key of that id/ });
  const endless = await runScript(pair, 'keys', [...args, '--days', 'none', '--json']);
  t.match(JSON.parse(endless.text), { key: /^loop_/, expiresAt: null, access: 'read' });
  t.match(JSON.parse((await runScript(pair, 'keys', [...args, '--json'])).text), { expiresAt: /^20/ });
});

t.test('what an operator types wrong is said, and nothing is made', async (t) => {
  const { pair } = await startConnectedPair(t);
  await waitForFolder(pair, 'Journal');
  const good = ['create', '--account', 'ann', '--name', 'A', '--access', 'read'];
  const cases: ReadonlyArray<readonly [string[], RegExp]> = [
    [['create', '--account', 'bob', '--name', 'A', '--access', 'read'], /no such account/],
    [['create', '--account', 'ann', '--name', ' ', '--access', 'read'], /give the key a name/],
    [['create', '--account', 'ann', '--name', 'A', '--access', 'all'], /allowed is read or write/],
    [['create', '--account', 'ann', '--name', 'A'], /--access/],
    [[...good, '--days', '0'], /1 to 3650, or none/],
    [[...good, '--folder', 'Jurnal'], /"Jurnal" is no folder/],
    [[...good, '--folder', '../Journal'], /is no folder/],
    [[...good, '--folder', ''], /is no folder/],
  ];
  for (const [args, said] of cases) {
    const end = await runScript(pair, 'keys', args, '', { API_RESOURCE: pair.resource });
    t.match(end, { code: 1, text: said }, args.join(' '));
  }
  t.match(await runScript(pair, 'keys'), { text: /There is no access key/ });
  await runScript(pair, 'seed-user', ['--username', 'ann', '--disable']);
  t.match(await runScript(pair, 'keys', good), { code: 1, text: /is disabled/ });
});

t.test('a program with an access key', async (t) => {
  const pair = await startWritable(t);
  t.test('the official clients of both SDKs use a key in the header that they are given', async (t) => {
    const reading = await make(pair, '--access', 'read');
    const writing = await make(pair, '--access', 'write');
    for (const [name, { key }] of Object.entries({ reading, writing })) {
      for (const [sdk, client] of await openWithHeader(t, pair.resource, `Bearer ${key}`)) {
        const found = await client.callTool({ name: 'search', arguments: { query: 'NAS' } });
        t.match(JSON.stringify(found), 'Home NAS', `${sdk}, ${name}`);
        const path = `Journal/${sdk.replaceAll(/\W/g, '-')}.md`;
        const written = client.callTool({
          name: 'create_note',
          arguments: { path, text: 'x' },
        }) as Promise<object>;
        if (name === 'writing') t.notMatch(await written, { isError: true }, `${sdk} writes`);
        else await t.rejects(written, `${sdk} is refused`);
      }
    }
  });

  t.test('a key that reads is refused to write, and no challenge names what it does not have', async (t) => {
    const { key } = await make(pair, '--access', 'read');
    const input = { path: 'Journal/x.md', text: 'x' };
    for (const { status, headers } of [
      await callTool(pair.resource, key, 'create_note', input),
      await rest(pair, 'notes', key, input),
    ]) {
      t.equal(status, 403);
      const challenge = headers.get('WWW-Authenticate') ?? '';
      t.match(challenge, /error="insufficient_scope"/);
      t.match(challenge, /scope="vault\.read"/);
    }
    t.equal((await rest(pair, 'search?query=NAS', key)).status, 200);
    const headers = { Authorization: `Bearer ${key}`, Accept: 'text/event-stream' };
    const stream = await fetch(pair.resource.replace(/\/mcp$/, '/sse'), { headers });
    t.equal(stream.status, 200, 'the older transport takes it too');
    await stream.body?.cancel();
  });

  t.test('to a key of some folders nothing else is there', async (t) => {
    const { key } = await make(pair, '--access', 'write', '--folder', 'Journal', '--folder', 'Recipes');
    const outside = await rest(pair, 'notes/Welcome.md', key);
    t.equal(outside.status, 404);
    t.notMatch(await (await rest(pair, 'search?query=NAS', key)).text(), 'Projects/');
    t.match(await (await rest(pair, 'search?query=kimchi', key)).text(), 'Recipes/Water kimchi.md');
    t.equal((await rest(pair, 'notes', key, { path: 'Projects/x.md', text: 'x' })).ok, false);
    t.equal((await rest(pair, 'notes', key, { path: 'Journal/x.md', text: 'x' })).ok, true);
  });

  t.test('the recipes of the document work as they stand', async (t) => {
    const { key } = await make(pair, '--access', 'write');
    const folder = await mkdtemp(join(tmpdir(), 'loop-curl-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const text = await readFile(join(root, 'docs/access-keys.md'), 'utf8');
    const [, recipe = ''] = /## curl[\s\S]*?```sh\n([\s\S]*?)```/.exec(text) ?? [];
    const here = recipe.replaceAll('https://notes.example', new URL(pair.resource).origin);
    const running = promisify(execFile)('bash', ['-euc', here], { cwd: folder });
    running.child.stdin?.end(`${key}\n`);
    const { stdout } = await running;
    for (const said of ['Home NAS', 'Welcome', 'Journal/2026/', '"jsonrpc"']) t.match(stdout, said);
    t.same(await readdir(folder), ['loop.header']);
    const [, url = ''] = /url: "https:\/\/notes\.example\/api\/([^"]+)"/.exec(text) ?? [];
    t.equal((await rest(pair, url, key, { text: '- The washing machine is done.' })).ok, true);
  });

  t.test('whatever becomes of a key, neither log has it', async (t) => {
    const { key, id } = await make(pair, '--access', 'read');
    await callTool(pair.resource, key);
    await callTool(pair.resource, `${key}x`);
    await fetch(`${pair.issuer}/me`, { headers: { Authorization: `Bearer ${key}` } });
    await fetch(`${pair.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: key }),
    });
    await runScript(pair, 'keys', ['revoke', id]);
    await callTool(pair.resource, key);
    await pair.stop('auth');
    t.equal((await callTool(pair.resource, key)).status, 503);
    const log = pair.lines.join('\n');
    t.match(log, 'loop-api');
    t.notMatch(log, key.slice(5, 30));
  });
});
