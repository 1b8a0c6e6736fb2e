// Clients that describe themselves at a URL (Client ID Metadata Documents): what is read, kept, and used without a network.
import t from 'tap';
import { findKnownDocument } from '../../../auth/clients/known.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { type ClientHosts, startClientHosts } from '../../support/client-hosts.ts';
import { shiftClock } from '../../support/clock.ts';
import { type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';
import {
  connectOver,
  createSigner,
  type Document,
  documentNames,
  readDocument,
} from '../../support/recorded-clients.ts';

const day = 24 * 3600;

const plain: Document = {
  client_id: 'https://client.example/oauth/client.json',
  client_name: 'A client',
  redirect_uris: ['https://client.example/callback'],
};
const app = { clientId: plain.client_id };
const way = { redirectUri: 'https://client.example/callback' };

t.test('every document that comes with loop is found by its own address', (t) => {
  t.same([...documentNames].sort(), ['chatgpt', 'claude', 'claude-code', 'codex', 'vscode']);
  for (const name of documentNames) {
    const document = readDocument(name);
    t.same(findKnownDocument(document.client_id), document, name);
  }
  t.end();
});

t.test('discovery says that documents are taken, and how clients may prove themselves', async (t) => {
  const world = await startLoopAuth(t);
  const { body } = await world.ask('/.well-known/oauth-authorization-server');
  t.equal(body['client_id_metadata_document_supported'], true);
  const methods = body['token_endpoint_auth_methods_supported'] as string[];
  t.ok(methods.includes('none') && methods.includes('private_key_jwt'));
});

t.test('without a registration: its document is read once, and the app is connected', async (t) => {
  const { hosts, world } = await start(t);
  const { status, body } = await connectOver(world, app, way);
  t.equal(status, 200);
  t.ok(await world.isActive(body['access_token']));
  const refreshed = await world.refresh(app, body['refresh_token']);
  t.equal(refreshed.status, 200);
  t.same(hosts.asked, [plain.client_id]);
});

t.test('the person sees whose app it is', async (t) => {
  const { world } = await start(t);
  const browser = new Browser();
  const signIn = await browser.visit(world.authorization(app, { redirect_uri: way.redirectUri }).url);
  t.match(signIn.text, /an app of <strong class="host"><bdi>client\.example</);
  const { username, password } = { username: 'ann', password: 'a sentence that only Ann knows' };
  const consent = await browser.submit(signIn, { username, password });
  t.match(consent.text, /loop has read what this app is at <bdi class="host">client\.example</);
});

t.test(
  'with the network to the document’s host cut: authorize, refresh and introspection of a known client still work',
  async (t) => {
    const clock = shiftClock(t);
    const { hosts, world } = await start(t);
    const first = await connectOver(world, app, way);
    hosts.cut();
    clock.advance(30 * day);
    t.equal((await world.refresh(app, first.body['refresh_token'])).status, 200, 'refresh');
    const second = await connectOver(world, app, way);
    t.equal(second.status, 200, 'authorize');
    t.ok(await world.isActive(second.body['access_token']), 'introspection');
    t.match(world.lines.join(), 'the stored copy is used', 'and the operator can see it');

    const { databasePath } = world;
    const restarted = await startLoopAuth(t, { databasePath, withoutAccount: true });
    t.equal((await connectOver(restarted, app, way)).status, 200, 'authorize, after a restart');
    t.ok(await restarted.isActive(second.body['access_token']), 'introspection, after a restart');
    t.equal(
      (await restarted.refresh(app, second.body['refresh_token'])).status,
      200,
      'refresh, after a restart',
    );
  },
);

t.test('what was read, or could not be, before the clock went back is read again', async (t) => {
  const clock = shiftClock(t);
  const { hosts, world } = await start(t);
  const authorize = async (): Promise<number> =>
    (await world.ask(`/auth${world.authorization(app, { redirect_uri: way.redirectUri }).url.search}`))
      .status;
  hosts.serve(plain.client_id, (_request, response) => void response.writeHead(500).end());
  t.not(await authorize(), 303, 'the host fails');
  hosts.serve(plain.client_id, plain);
  t.not(await authorize(), 303, 'which is remembered for half a minute');
  clock.advance(-3 * 3600);
  t.equal(await authorize(), 303);
  const asked = hosts.asked.length;
  t.equal(await authorize(), 303);
  t.equal(hosts.asked.length, asked, 'what was read is fresh');
  clock.advance(-2 * day);
  t.equal(await authorize(), 303);
  t.equal(hosts.asked.length, asked + 1);
});

t.test('a document that answers badly does not replace the good one, and a new good one does', async (t) => {
  const clock = shiftClock(t);
  const { hosts, world } = await start(t);
  await connectOver(world, app, way);
  for (const bad of [
    { ...plain, client_id: 'https://client.example/another.json' },
    { ...plain, redirect_uris: ['http://evil.example/'] },
    { ...plain, token_endpoint_auth_method: 'client_secret_post' },
    { ...plain, token_endpoint_auth_method: 'private_key_jwt' },
    [],
    {},
  ]) {
    hosts.serve(plain.client_id, bad);
    clock.advance(2 * 3600);
    const asked = hosts.asked.length;
    t.equal((await connectOver(world, app, way)).status, 200, JSON.stringify(bad));
    t.equal(hosts.asked.length, asked + 1, 'it was read again');
  }
  hosts.serve(plain.client_id, (_request, response) => void response.writeHead(404).end());
  clock.advance(2 * 3600);
  t.equal((await connectOver(world, app, way)).status, 200, 'gone');

  hosts.serve(plain.client_id, { ...plain, redirect_uris: ['https://client.example/new'] });
  clock.advance(2 * 3600);
  t.equal(
    (await connectOver(world, app, { redirectUri: 'https://client.example/new' })).status,
    200,
    'the new',
  );
  const { status } = await world.ask(
    `/auth${world.authorization(app, { redirect_uri: way.redirectUri }).url.search}`,
  );
  t.equal(status, 400, 'the old address is no longer one of its own');
});

t.test(
  'a document is read again when its headers say so, after an hour without, and at the latest after a day',
  async (t) => {
    const clock = shiftClock(t);
    const { hosts, world } = await start(t);
    for (const [headers, fresh, due] of [
      [{}, 3500, 200],
      [{ 'Cache-Control': 'max-age=7200' }, 7100, 200],
      [{ 'Cache-Control': 'max-age=31536000' }, day - 100, 200],
      [{ 'Cache-Control': 'no-store' }, 50, 20],
    ] as const) {
      hosts.serve(plain.client_id, plain, headers);
      clock.advance(2 * day);
      const asks = async (): Promise<number> => {
        const before = hosts.asked.length;
        await world.ask(`/auth${world.authorization(app, { redirect_uri: way.redirectUri }).url.search}`);
        return hosts.asked.length - before;
      };
      t.equal(await asks(), 1);
      clock.advance(fresh);
      t.equal(await asks(), 0, `${JSON.stringify(headers)}: fresh`);
      clock.advance(due);
      t.equal(await asks(), 1, `${JSON.stringify(headers)}: due`);
    }
  },
);

t.test(
  'a client nothing is known of: away is 503 with a page, hostile is 400, and neither is asked twice',
  async (t) => {
    const { hosts, world } = await start(t);
    const open = (id: string): ReturnType<LoopAuth['ask']> =>
      world.ask(
        `/auth${world.authorization({ clientId: id }, { redirect_uri: way.redirectUri }).url.search}`,
      );
    const away = await open('https://nobody.example/client.json');
    t.equal(away.status, 503);
    t.match(away.text, 'can’t be checked just now');
    t.equal(away.headers.get('Location'), null);
    await open('https://nobody.example/client.json');
    t.equal(hosts.asked.filter((url) => url.includes('nobody')).length, 1);
    for (const [what, changes] of Object.entries(hostile)) {
      const id = `https://hostile.example/${encodeURIComponent(what)}.json`;
      hosts.serve(id, { ...plain, client_id: id, ...changes });
      const { status, headers } = await open(id);
      t.equal(status, 400, what);
      t.equal(headers.get('Location'), null);
    }
    t.equal(await rowsOf(world), 0, 'nothing is stored');
  },
);

const hostile: Readonly<Record<string, object>> = {
  'another client_id': { client_id: 'https://client.example/oauth/client.json' },
  'no name': { client_name: undefined },
  'no redirect_uris': { redirect_uris: undefined },
  'empty redirect_uris': { redirect_uris: [] },
  'redirect_uris of another type': { redirect_uris: 'https://client.example/' },
  'javascript:': { redirect_uris: ['javascript:alert(1)'] },
  'data:': { redirect_uris: ['data:text/html,x'] },
  'plain http': { redirect_uris: ['http://client.example/'] },
  'too many': { redirect_uris: Array.from({ length: 21 }, (_, n) => `https://client.example/${n}`) },
  'a published secret': { client_secret: 'x' },
  'a shared secret': { token_endpoint_auth_method: 'client_secret_basic' },
  'signing without keys': { token_endpoint_auth_method: 'private_key_jwt' },
  'keys over plain http': {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: 'http://client.example/jwks',
  },
  'a symmetric key': {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] },
  },
};

t.test('a document has 5 KiB at most, exactly', async (t) => {
  const { hosts, world } = await start(t);
  for (const [bytes, status] of [
    [5 * 1024, 303],
    [5 * 1024 + 1, 503],
  ] as const) {
    const id = `https://large.example/${bytes}.json`;
    const text = JSON.stringify({ ...plain, client_id: id });
    const padded = text + ' '.repeat(bytes - text.length);
    hosts.serve(id, (_request, response) => void response.writeHead(200).end(padded));
    const { url } = world.authorization({ clientId: id }, { redirect_uri: way.redirectUri });
    t.equal((await world.ask(`/auth${url.search}`)).status, status, `${bytes} bytes`);
  }
});

t.test('a document is read once for all who wait for it', async (t) => {
  const { hosts, world } = await start(t);
  let answer = (): void => {};
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve;
  });
  hosts.serve(plain.client_id, async (_request, response) => {
    await mayAnswer;
    response.writeHead(200).end(JSON.stringify(plain));
  });
  const { url } = world.authorization(app, { redirect_uri: way.redirectUri });
  const waiting = Array.from({ length: 6 }, () => world.ask(`/auth${url.search}`));
  while (hosts.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 200));
  answer();
  t.same(
    (await Promise.all(waiting)).map(({ status }) => status),
    Array(6).fill(303),
  );
  t.same(hosts.asked, [plain.client_id]);
});

t.test('more documents at once than are read: 503 at once, and good a moment later', async (t) => {
  const { hosts, world } = await start(t);
  const waiting: Array<() => void> = [];
  const open = (n: number): ReturnType<LoopAuth['ask']> => {
    const id = `https://slow.example/${n}.json`;
    hosts.serve(id, (_request, response) => {
      waiting.push(() => response.writeHead(200).end(JSON.stringify({ ...plain, client_id: id })));
    });
    const { url } = world.authorization({ clientId: id }, { redirect_uri: way.redirectUri });
    return world.ask(`/auth${url.search}`);
  };
  const underWay = [open(1), open(2)];
  while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const refused = await open(3);
  t.equal(refused.status, 503);
  t.match(refused.headers.get('Retry-After'), /^[1-9]/);
  t.equal(hosts.asked.length, 2, 'its host was not asked');
  const elsewhere = await world.ask(
    `/auth${world.authorization(app, { redirect_uri: way.redirectUri }).url.search}`,
  );
  t.equal(elsewhere.status, 303, 'another host is');
  for (const answer of waiting) answer();
  for (const { status } of await Promise.all(underWay)) t.equal(status, 303);
  const again = open(3);
  while (waiting.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  waiting[2]?.();
  t.equal((await again).status, 303, 'it was not remembered against it');
});

t.test('a client whose keys can’t be read for the moment is no unknown client', async (t) => {
  const { hosts, world } = await start(t);
  const signer = await createSigner('one');
  const waiting: Array<() => void> = [];
  const ask = async (n: number): ReturnType<LoopAuth['ask']> => {
    const uri = `https://slow.example/${n}.jwks`;
    hosts.serve(uri, (_request, response) => {
      waiting.push(() => response.writeHead(200).end(JSON.stringify({ keys: [signer.publicKey] })));
    });
    const { clientId } = await world.register({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: uri,
    });
    return world.refresh({ clientId }, 'gone', await signer.proofFor(clientId, world.issuer));
  };
  const underWay = [ask(1), ask(2)];
  while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  t.match(await ask(3), { status: 503, body: { error: 'temporarily_unavailable' } });
  for (const answer of waiting) answer();
  for (const answer of await Promise.all(underWay)) t.match(answer.body, { error: 'invalid_grant' });
});

t.test('an address that is no document’s is an unknown client, and nothing is fetched', async (t) => {
  const { hosts, world } = await start(t);
  for (const id of [
    'http://client.example/oauth/client.json',
    'https://client.example',
    'https://client.example/',
    'https://client.example/a/../oauth/client.json',
    'https://CLIENT.example/oauth/client.json',
    'https://client.example:443/oauth/client.json',
    'https://client.example/oauth/client.json#x',
    'https://client.example/oauth/client.json#',
    'https://user@client.example/oauth/client.json',
    'https://127.0.0.1/client.json',
    'https://[::1]/client.json',
    'https://client.example/\\oauth',
    `https://client.example/${'x'.repeat(1024)}`,
  ]) {
    const { status, text } = await world.ask(
      `/auth${world.authorization({ clientId: id }, { redirect_uri: way.redirectUri }).url.search}`,
    );
    t.equal(status, 400, id.slice(0, 60));
    t.match(text, 'This app is not known here');
  }
  t.same(hosts.asked, []);
});

t.test('only a person’s authorization request makes us read a document', async (t) => {
  const { hosts, world } = await start(t);
  const { status, body } = await world.refresh(app, 'made up');
  t.equal(status, 401);
  t.equal(body['error'], 'invalid_client');
  t.equal((await world.revoke(app, 'made up')).status, 401);
  t.same(hosts.asked, []);
});

t.test('whoever makes us read many new documents has to wait', async (t) => {
  const { world } = await start(t);
  const statuses = new Set<number>();
  for (let n = 0; n < 25; n += 1) {
    const id = `https://many.example/${n}.json`;
    const { status, headers } = await world.ask(`/auth${world.authorization({ clientId: id }).url.search}`);
    if (status === 429) t.ok(Number(headers.get('Retry-After')) > 0);
    statuses.add(status);
  }
  t.same([...statuses], [503, 429]);
  const { status } = await connectOver(world, app, way).catch((error: Error) => ({ status: error.message }));
  t.match(status, /429/, 'an app that is new waits with them');
});

t.test(
  'the copies that come with loop are used only where nothing was read and the host is away',
  async (t) => {
    const hosts = await startClientHosts(t);
    const world = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
    hosts.cut();
    const clock = shiftClock(t);
    const claude = readDocument('claude');
    const known = { clientId: claude.client_id };
    const first = await connectOver(world, known, { redirectUri: String(claude.redirect_uris[0]) });
    t.equal(first.status, 200);
    t.ok(await world.isActive(first.body['access_token']), 'and from then on it is a client like any other');
    hosts.mend();
    hosts.serve(claude.client_id, { ...claude, redirect_uris: ['https://claude.ai/new'] });
    clock.advance(60);
    t.equal(
      (await connectOver(world, known, { redirectUri: 'https://claude.ai/new' })).status,
      200,
      'read in the end',
    );

    hosts.cut();
    clock.advance(2 * day);
    const later = await connectOver(world, known, { redirectUri: 'https://claude.ai/new' });
    t.equal(later.status, 200, 'what was read is not replaced by what came with loop');
    hosts.mend();

    const vscode = readDocument('vscode');
    hosts.serve(vscode.client_id, { ...vscode, client_id: 'https://vscode.dev/other.json' });
    const { url } = world.authorization(
      { clientId: vscode.client_id },
      { redirect_uri: String(vscode.redirect_uris[0]) },
    );
    t.equal((await world.ask(`/auth${url.search}`)).status, 400, 'where the host has spoken, it has spoken');
    hosts.cut();
    clock.advance(60);
    t.equal((await world.ask(`/auth${url.search}`)).status, 303, 'by that alone');
  },
);

t.test('ChatGPT’s document with private_key_jwt', async (t) => {
  const clock = shiftClock(t);
  const hosts = await startClientHosts(t);
  const world = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
  const chatgpt = readDocument('chatgpt');
  const jwksUri = String(chatgpt['jwks_uri']);
  const clientApp = { clientId: chatgpt.client_id };
  const redirectUri = String(chatgpt.redirect_uris[0]);
  const [old, rotated, stranger] = await Promise.all(['key-1', 'key-2', 'key-1'].map(createSigner));
  if (!old || !rotated || !stranger) throw new Error('no signers');
  hosts.serve(chatgpt.client_id, chatgpt);
  hosts.serve(jwksUri, { keys: [old.publicKey] });
  const proof = (signer = old): ReturnType<typeof old.proofFor> =>
    signer.proofFor(chatgpt.client_id, `${world.issuer}/token`);

  const { status, body } = await connectOver(world, clientApp, { redirectUri, proof });
  t.equal(status, 200, 'goes through');
  t.ok(await world.isActive(body['access_token']));
  let token = body['refresh_token'];
  const refresh = async (fields: Record<string, string | undefined>): Promise<number> => {
    const answer = await world.refresh(clientApp, token, fields);
    if (answer.status === 200) token = answer.body['refresh_token'];
    else t.match(answer.body['error'], answer.status === 503 ? 'temporarily_unavailable' : 'invalid_client');
    return answer.status;
  };
  const reads = (): number => hosts.asked.filter((url) => url === jwksUri).length;

  t.equal(await refresh(await proof()), 200);
  t.equal(reads(), 1, 'its keys were read once');
  t.equal(await refresh({}), 401, 'without a proof');
  t.equal(await refresh(await proof(stranger)), 401, 'with another key of that name');
  const used = await proof();
  t.equal(await refresh(used), 200);
  t.equal(await refresh(used), 401, 'with a proof that was used');

  hosts.serve(jwksUri, { keys: [rotated.publicKey] });
  clock.advance(60);
  t.equal(await refresh(await proof(rotated)), 200, 'a new key is looked up at once');
  t.equal(reads(), 2);
  t.equal(await refresh(await proof(old)), 401, 'and the old one is no longer good');

  hosts.cut();
  clock.advance(2 * day);
  t.equal(await refresh(await proof(rotated)), 200, 'with its host away');
  clock.advance(60);
  t.equal(
    await refresh(await old.proofFor(chatgpt.client_id, world.issuer, { kid: 'key-3' })),
    503,
    'unknown key',
  );
  clock.advance(6 * day);
  t.equal(await refresh(await proof(rotated)), 503, 'after a week the stored keys are not trusted any more');
  hosts.mend();
  hosts.serve(
    jwksUri,
    (_request, response) => void response.writeHead(200).end('{"keys":[{"kty":"oct","k":"AA"}]}'),
  );
  clock.advance(60);
  t.equal(await refresh(await proof(rotated)), 503, 'a key set that is none');
  hosts.serve(jwksUri, { keys: [rotated.publicKey] });
  clock.advance(60);
  t.equal(await refresh(await proof(rotated)), 200, 'nothing was burnt');
});

async function start(
  t: Parameters<typeof startLoopAuth>[0],
): Promise<{ hosts: ClientHosts; world: LoopAuth }> {
  const hosts = await startClientHosts(t);
  hosts.serve(plain.client_id, plain);
  return { hosts, world: await startLoopAuth(t, { fetchJson: hosts.fetchJson }) };
}

async function rowsOf(world: LoopAuth): Promise<number> {
  return (await world.database.all({ sql: 'SELECT id FROM clients', slots: [] }, {})).length;
}
