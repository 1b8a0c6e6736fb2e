// The REST API over HTTP: each operation, each kind of problem, and the description of it all.
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import {
  LIST_TOOLS,
  postMcp,
  postModern,
  RESOURCE,
  readJson,
  sendRaw,
  startReadOnlyWorld,
  startWriterWorld,
  type World,
} from '../../support/loop-api.ts';

async function startRestWorld(t: Test): Promise<World> {
  const world = await startWriterWorld(t);
  world.auth.addToken('reader', 'https://notes.example/sse', { scope: 'vault.read' });
  return world;
}

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the test is about to find out
  body: any;
}

async function send(
  { url }: World,
  method: string,
  path: string,
  body?: unknown,
  token = 'writer',
): Promise<Answer> {
  const answer = await fetch(url + path, {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

async function expectProblem(t: Test, sent: Promise<Answer>, status: number, error: string): Promise<Answer> {
  const answer = await sent;
  t.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  t.match(answer.body, { type: 'about:blank', title: /^[A-Z]/, status, error, detail: /\w/ });
  t.equal(answer.status, status, error);
  return answer;
}

t.test('reading', async (t) => {
  const world = await startRestWorld(t);
  const korean = `/api/notes/${encodeURIComponent('한국어')}/${encodeURIComponent('인증')}.md`;
  t.match(await send(world, 'GET', '/api/search?query=apple', undefined, 'reader'), {
    status: 200,
    body: { results: [{ id: 'garden.md', url: 'https://notes.example/notes/garden.md' }] },
  });
  for (const path of [korean, korean.replace(/\/(?=[^/]*$)/, '%2F')]) {
    t.match(await send(world, 'GET', path), { status: 200, body: { id: '한국어/인증.md' } }, path);
  }
  t.match(await send(world, 'GET', '/api/list?folder=projects'), {
    body: { entries: [{ path: 'projects/loop.md' }] },
  });
  const { body } = await send(world, 'GET', '/api/scan?limit=2');
  t.equal(body.notes.length, 2);
  const rest = await send(world, 'GET', `/api/scan?limit=2&cursor=${body.nextCursor}`);
  t.equal(rest.body.notes.length, 1);
  t.equal(
    (
      await fetch(`${world.url}/api/search?query=a`, {
        method: 'HEAD',
        headers: { authorization: 'Bearer reader' },
      })
    ).status,
    200,
  );
  t.equal(rest.headers.get('cache-control'), 'no-store');
});

t.test('writing', async (t) => {
  const world = await startRestWorld(t);
  const made = await send(world, 'POST', '/api/notes', { path: 'new/첫.md', text: '# First\n\n## Log\n' });
  t.equal(made.status, 201);
  const location = made.headers.get('location') ?? '';
  t.ok(location.startsWith('https://notes.example/api/notes/new/'), location);
  const address = location.slice('https://notes.example'.length);
  const appended = await send(world, 'POST', `${address}/append`, {
    text: 'one',
    heading: 'Log',
    revision: made.body.revision,
  });
  const edited = await send(world, 'PATCH', address, {
    field: 'status',
    value: 'new',
    revision: appended.body.revision,
  });
  t.match((await send(world, 'GET', address)).body, {
    text: '# First\n\n## Log\none\n',
    metadata: { frontMatter: { status: 'new' } },
  });
  const replaced = await send(world, 'PUT', address, { text: 'over', revision: edited.body.revision });
  const file = join(world.folder, 'vault', 'new', '첫.md');
  t.equal(await readFile(file, 'utf8'), '---\nstatus: new\n---\nover\n');
  await expectProblem(
    t,
    send(world, 'DELETE', `${address}?revision=${edited.body.revision}`),
    409,
    'stale_revision',
  ).then(({ body }) => t.equal(body.currentRevision, replaced.body.revision));
  t.match(await send(world, 'DELETE', `${address}?revision=${replaced.body.revision}`), {
    status: 200,
    body: { trashPath: '.trash/new/첫.md' },
  });
  await expectProblem(t, send(world, 'GET', address), 404, 'not_found');
});

t.test('every refusal is a problem, and says what was wrong', async (t) => {
  const world = await startRestWorld(t);
  const note = { path: 'garden.md', text: 'x' };
  const challenge = (answer: Answer): string => answer.headers.get('www-authenticate') ?? '';
  const none = await expectProblem(
    t,
    send(world, 'GET', '/api/search?query=a', undefined, ''),
    401,
    'unauthorized',
  );
  t.match(challenge(none), /^Bearer resource_metadata="[^"]+\/mcp", scope="vault\.read vault\.write"$/);
  await expectProblem(t, send(world, 'GET', '/api/scan', undefined, 'unknown'), 401, 'invalid_token');
  const step = await expectProblem(
    t,
    send(world, 'POST', '/api/notes', note, 'reader'),
    403,
    'insufficient_scope',
  );
  t.match(challenge(step), /scope="vault\.read vault\.write"$/);
  await expectProblem(t, send(world, 'POST', '/api/notes', note), 409, 'already_exists');
  await expectProblem(t, send(world, 'POST', '/api/notes', { path: 'a.md' }), 400, 'invalid_request');
  await expectProblem(t, send(world, 'POST', '/api/notes', []), 400, 'invalid_request');
  await expectProblem(t, send(world, 'POST', '/api/notes'), 415, 'unsupported_media_type');
  await expectProblem(t, send(world, 'GET', '/api/search'), 400, 'invalid_request');
  await expectProblem(t, send(world, 'GET', '/api/scan?limit=many'), 400, 'invalid_request');
  await expectProblem(t, send(world, 'GET', '/api/scan?cursor=made-up'), 400, 'invalid_request');
  await expectProblem(t, send(world, 'GET', '/api/notes/%ff.md'), 400, 'invalid_request');
  await expectProblem(t, send(world, 'GET', '/api/notes/..%2f..%2fetc%2fpasswd.md'), 404, 'not_found');
  await expectProblem(t, send(world, 'GET', '/api/nothing'), 404, 'not_found');
  const method = await expectProblem(t, send(world, 'POST', '/api/scan', {}), 405, 'method_not_allowed');
  t.equal(method.headers.get('allow'), 'GET, OPTIONS');
  const foreign = await sendRaw(`${world.url}/api/scan`, { headers: { origin: 'https://evil.example' } });
  t.equal(foreign.status, 403);
  world.auth.failure = 500;
  const away = await expectProblem(
    t,
    send(world, 'GET', '/api/scan', undefined, 'new'),
    503,
    'temporarily_unavailable',
  );
  t.match(away.headers.get('retry-after'), /^[1-9]/);
});

t.test('the token and its scopes are decided about before the body is read', async (t) => {
  const world = await startRestWorld(t);
  const huge = { path: 'x.md', text: 'x'.repeat(3_000_000) };
  t.equal((await send(world, 'POST', '/api/notes', huge, 'unknown')).status, 401);
  t.equal((await send(world, 'POST', '/api/notes', huge, 'reader')).status, 403);
  t.equal((await send(world, 'POST', '/api/notes', huge)).status, 413);
});

t.test('/openapi.json is made of the tools’ schemas, and what ChatGPT asks of it', async (t) => {
  const world = await startRestWorld(t);
  const { status, body } = await send(world, 'GET', '/openapi.json', undefined, '');
  t.equal(status, 200);
  t.match(body, {
    openapi: '3.1.0',
    servers: [{ url: 'https://notes.example' }],
    components: {
      securitySchemes: {
        loop: {
          type: 'oauth2',
          flows: {
            authorizationCode: {
              authorizationUrl: `${world.auth.issuer}/auth`,
              tokenUrl: `${world.auth.issuer}/token`,
              scopes: { 'vault.read': String, 'vault.write': String },
            },
          },
        },
      },
    },
  });
  const { result } = await readJson(await postMcp(world.url, 'writer', LIST_TOOLS));
  const operations = Object.values(body.paths).flatMap((item) =>
    Object.values(item as Record<string, Answer['body']>),
  );
  t.equal(operations.length, result.tools.length);
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  for (const operation of operations) {
    const { description, title, annotations, inputSchema, outputSchema, securitySchemes } = result.tools.find(
      (tool: { title: string }) => tool.title === operation.summary,
    );
    t.match(operation, {
      summary: title,
      description,
      'x-openai-isConsequential': !annotations.readOnlyHint,
    });
    t.same(operation.security, [{ loop: securitySchemes[0].scopes }]);
    t.ok(description.length <= 300);
    const taken = [
      ...operation.parameters.map(({ name }: { name: string }) => name),
      ...Object.keys(operation.requestBody?.content['application/json'].schema.properties ?? {}),
    ];
    t.same(taken.sort(), Object.keys(inputSchema.properties).sort(), operation.operationId);
    const done = operation.responses['200'] ?? operation.responses['201'];
    t.same(done.content['application/json'].schema, outputSchema);
  }
});

t.test('where the vault may only be read, writing is not described, and says so', async (t) => {
  const world = await startReadOnlyWorld(t);
  world.auth.addToken('writer', RESOURCE, { scope: 'vault.read vault.write' });
  const { body } = await send(world, 'GET', '/openapi.json');
  t.same(
    Object.values(body.paths).flatMap((item) => Object.keys(item as object)),
    ['get', 'get', 'get', 'get'],
  );
  const { flows } = body.components.securitySchemes.loop;
  t.same(Object.keys(flows.authorizationCode.scopes), ['vault.read']);
  await expectProblem(t, send(world, 'POST', '/api/notes', { path: 'a.md', text: 'a' }), 403, 'read_only');
});

t.test(
  'a folder of notes that is away: searches go on, reads and writes are told so, and /readyz',
  async (t) => {
    const world = await startRestWorld(t);
    const { url, folder, log } = world;
    await rename(join(folder, 'vault'), join(folder, 'away'));
    for (const { status, headers, body } of [
      await send(world, 'GET', '/api/notes/garden.md'),
      await send(world, 'POST', '/api/notes', { path: 'new', text: 'x' }),
    ]) {
      t.same([status, headers.get('retry-after')], [503, '30']);
      t.match(body, { error: 'vault_away', detail: /can't be reached just now/ });
    }
    t.match((await send(world, 'GET', '/api/search?query=apple')).body, { results: [{ id: 'garden.md' }] });
    const read = await postModern(url, 'writer', 'resources/read', { uri: 'vault:///garden.md' });
    t.match(await readJson(read), {
      error: { code: -32_603, message: /can't be reached just now/ },
    });
    const readyUntil = async (vault: string | undefined) => {
      for (;;) {
        const answer = await fetch(`${url}/readyz`);
        t.equal(answer.status, 200);
        const body = (await answer.json()) as { vault?: string };
        if (body.vault === vault) return;
        await setTimeout(20);
      }
    };
    await readyUntil('away');
    t.match(await world.readMetrics(), /^loop_api_vault_away 1$/m);
    await rename(join(folder, 'away'), join(folder, 'vault'));
    await readyUntil(undefined);
    t.equal((await send(world, 'GET', '/api/notes/garden.md')).status, 200);
    t.equal(log.filter(({ msg }) => /folder of notes/.test(String(msg))).length, 2, 'said once each');
  },
);
