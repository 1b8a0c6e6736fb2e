// Several workers answer as one process does: what one of them writes, all find; who comes second is told so.
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import t from 'tap';
import { createSeal } from '../../../api/people/sealing.ts';
import { openEventStream } from '../../support/event-stream.ts';
import { callTool, LIST_TOOLS, RESOURCE } from '../../support/loop-api.ts';
import { findPort, type Lane, startWorkers } from '../../support/workers.ts';

const laneOf = (lanes: ReadonlyMap<number, Lane>, number: number): Lane => {
  const lane = lanes.get(number);
  if (lane === undefined) throw new Error(`there is no connection to worker ${number}`);
  return lane;
};

t.test(
  'a note that is written through any worker is found by the next search through any other',
  async (t) => {
    const lanes = await (await startWorkers(t, 3)).lanes(t);
    t.same([...lanes.keys()].sort(), [1, 2, 3]);
    for (const [writer, lane] of lanes) {
      const word = `quagga${writer}`;
      const { id } = await lane.call('create_note', { path: `zoo/${word}.md`, text: `A ${word} grazes.` });
      for (const [reader, other] of lanes) {
        t.match(await other.call('search', { query: word }), { results: [{ id }] }, `${writer} → ${reader}`);
      }
      const read = await laneOf(lanes, 1).call('fetch', { id });
      await lane.call('delete_note', { id, revision: read.metadata.revision });
      for (const [reader, other] of lanes) {
        t.same((await other.call('search', { query: word })).results, [], `gone: ${writer} → ${reader}`);
      }
    }
  },
);

t.test(
  'of two who change one note at once through two workers one wins, and the other is told',
  async (t) => {
    const lanes = await (await startWorkers(t, 3)).lanes(t);
    const one = laneOf(lanes, 2);
    const other = laneOf(lanes, 3);
    for (let round = 0; round < 10; round += 1) {
      const { metadata } = await one.call('fetch', { id: 'garden.md' });
      const { revision } = metadata;
      const texts = [`from two, ${round}`, `from three, ${round}`];
      const answers = await Promise.all(
        [one, other].map((lane, index) =>
          lane.call('replace_note', { id: 'garden.md', revision, text: texts[index] }),
        ),
      );
      const won = answers.findIndex((answer) => answer.refused === undefined);
      t.match(answers[1 - won], { refused: /has changed since it was read/ });
      t.match(await laneOf(lanes, 1).call('fetch', { id: 'garden.md' }), { text: texts[won] });
    }
  },
);

t.test('what is refused is refused as one process does, over REST too', async (t) => {
  const lanes = await (await startWorkers(t, 2)).lanes(t);
  for (const [number, lane] of lanes) {
    const stale = await lane.send('/api/notes/garden.md', {
      method: 'PUT',
      token: 'good',
      body: { revision: '"0"', text: 'x' },
    });
    t.equal(stale.status, 409, `worker ${number}`);
    t.match(JSON.parse(stale.text), { error: 'stale_revision', currentRevision: /./ });
    t.match(await lane.call('delete_note', { id: 'nowhere.md', revision: 'x' }), {
      refused: /no note with this id/,
    });
    const body = { path: 'garden.md', text: 'x' };
    t.equal((await lane.send('/api/notes', { method: 'POST', token: 'good', body })).status, 409);
    t.equal((await lane.send('/api/notes', { method: 'POST', token: 'reader', body })).status, 403);
    t.equal((await lane.send('/api/notes', { method: 'POST', token: 'dead', body })).status, 401);
  }
});

t.test('a token with folders finds through any worker what it has written through another', async (t) => {
  const workers = await startWorkers(t, 3);
  const folders = ['projects'];
  const details = [{ type: 'vault', locations: [RESOURCE], actions: ['read', 'write'], folders }];
  workers.auth.addToken('narrow', RESOURCE, {
    scope: 'vault.read vault.write',
    authorization_details: details,
  });
  const lanes = await workers.lanes(t);
  for (const [writer, lane] of lanes) {
    const word = `okapi${writer}`;
    const id = `projects/${word}.md`;
    await lane.call('create_note', { path: id, text: `An ${word}.` }, 'narrow');
    t.match(await lane.call('create_note', { path: `${word}.md`, text: 'x' }, 'narrow'), {
      refused: /not open to clients/,
    });
    for (const [reader, other] of lanes) {
      for (const token of ['narrow', 'good']) {
        t.match(
          await other.call('search', { query: word }, token),
          { results: [{ id }] },
          `${writer} → ${reader}`,
        );
      }
      t.same((await other.call('search', { query: 'apple' }, 'narrow')).results, [], 'nothing of the rest');
    }
  }
});

t.test('whichever worker a message of a stream comes to, the answer is on the stream', async (t) => {
  const workers = await startWorkers(t, 3);
  const lanes = await workers.lanes(t);
  workers.auth.addToken('other', RESOURCE, { scope: 'vault.write', client_id: 'client-2' });
  const streams = await Promise.all(Array.from({ length: 6 }, () => openEventStream(t, workers.url, 'good')));
  const owners = new Set(streams.map(({ endpoint }) => /sessionId=(\d)\./.exec(endpoint)?.[1]));
  t.ok(owners.size > 1, 'streams of several workers');
  for (const stream of streams) {
    for (const [id, lane] of lanes) {
      const send = (message: object, token = 'good') =>
        lane.send(stream.endpoint, { method: 'POST', token, body: message });
      const body = { ...callTool('search', { query: 'apple' }), id };
      t.equal((await send(body)).status, 202);
      const answer = await stream.message();
      t.match(answer, { id, result: { structuredContent: { results: [{ id: 'garden.md' }] } } });
      const write = { ...callTool('append_to_note', { id: 'garden.md', text: `line ${id}` }), id };
      t.equal((await send(write)).status, 202);
      t.match(await stream.message(), { id, result: { structuredContent: { id: 'garden.md' } } });
      t.equal((await send(write, 'other')).status, 404, 'it is not the session of another client');
      t.equal((await send(write, 'dead')).status, 401);
    }
  }
  const [lane] = lanes.values();
  for (const sessionId of ['9.x', '2.x', 'x', '', '0.1', '-1.2']) {
    const answer = await lane?.send(`/messages?sessionId=${sessionId}`, {
      method: 'POST',
      token: 'good',
      body: LIST_TOOLS,
    });
    t.equal(answer?.status, 404, JSON.stringify(sessionId));
  }
});

t.test('the official client of the older transport works at several workers', async (t) => {
  const { url } = await startWorkers(t, 3);
  const requestInit = { headers: { authorization: 'Bearer good', connection: 'close' } };
  const clients = Array.from({ length: 4 }, () => new Client({ name: 'test', version: '1' }));
  t.teardown(() => Promise.all(clients.map((client) => client.close())));
  for (const client of clients) {
    await client.connect(new SSEClientTransport(new URL(`${url}/sse`), { requestInit }) as never);
    for (let call = 0; call < 4; call += 1) {
      const found = await client.callTool({ name: 'search', arguments: { query: 'apple' } });
      t.match(found.structuredContent, { results: [{ id: 'garden.md' }] });
    }
  }
});

t.test('a stream ends with its token, wherever that was last seen', async (t) => {
  const workers = await startWorkers(t, 2, { API_INTROSPECTION_CACHE_SECONDS: '1' });
  workers.auth.addToken('short', RESOURCE, { scope: 'vault.read' });
  const lanes = await workers.lanes(t);
  const stream = await openEventStream(t, workers.url, 'short');
  for (const lane of lanes.values()) {
    await lane.send(stream.endpoint, { method: 'POST', token: 'short', body: LIST_TOOLS });
    await stream.message();
  }
  workers.auth.tokens.delete('short');
  const gone = async (): Promise<boolean> => {
    const event = await stream.next();
    return event === undefined || (event.event === 'comment' ? gone() : false);
  };
  t.ok(await gone());
});

t.test('whichever worker is asked for metrics, they are of all', async (t) => {
  const metricsPort = await findPort();
  const workers = await startWorkers(t, 3, { API_METRICS_PORT: String(metricsPort) });
  const lanes = await workers.lanes(t);
  const read = async (name: string): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, {
      headers: { connection: 'close' },
    });
    const line = (await answer.text()).split('\n').find((one) => one.startsWith(`${name} `));
    return Number(line?.split(' ')[1]);
  };
  const name = 'loop_api_requests_total{route="/mcp",status="200"}';
  for (const lane of lanes.values()) await lane.call('search', { query: 'apple' });
  // so often that each of them is asked
  for (let time = 0; time < 6; time += 1) t.equal(await read(name), 3);
  t.equal(await read('loop_api_introspections_total{outcome="active"}'), 3, 'each has its own answers');
  const streams = await Promise.all([1, 2, 3].map(() => openEventStream(t, workers.url, 'good')));
  t.equal(await read('loop_api_open_streams'), 3);
  for (const stream of streams) stream.abort();
  const away = await read('loop_api_vault_away');
  t.equal(away, 0);
});

t.test('a person who is signed in is so at every worker', async (t) => {
  const lanes = await (await startWorkers(t, 3)).lanes(t);
  const seal = createSeal({ read: () => 'api-secret' });
  const inAnHour = Math.floor(Date.now() / 1_000) + 3_600;
  const sealed = await seal.close('session', { token: 'good', name: 'minji' }, inAnHour);
  for (const [number, lane] of lanes) {
    const options = {
      cookie: `__Host-loop_vault_session=${sealed}`,
      host: 'notes.example',
      accept: 'text/html',
    };
    t.equal((await lane.send('/vault', { headers: options })).status, 200, `worker ${number}`);
    const { cookie: _, ...stranger } = options;
    t.equal((await lane.send('/vault', { headers: stranger })).status, 303);
  }
});

t.test('what a client changed is brought back through any worker, and shown by all', async (t) => {
  const workers = await startWorkers(t, 3);
  const lanes = await workers.lanes(t);
  const seal = createSeal({ read: () => 'api-secret' });
  const inAnHour = Math.floor(Date.now() / 1_000) + 3_600;
  const sealed = await seal.close('session', { token: 'good', name: 'minji' }, inAnHour);
  const headers = {
    cookie: `__Host-loop_vault_session=${sealed}`,
    host: 'notes.example',
    origin: 'https://notes.example',
    accept: 'text/html',
  };
  const undo = (lane: Lane, wish: Record<string, string>) =>
    lane.send('/vault/changes', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      text: String(new URLSearchParams({ ...wish, confirm: 'yes' })),
    });
  for (const [number, lane] of lanes) {
    const text = `written by ${number}`;
    const { id } = await lane.call('append_to_note', { id: 'garden.md', text });
    const list = await lane.send('/vault/changes', { headers });
    const change = /changes\?id=([^"&]+)/.exec(list.text)?.[1] ?? '';
    const undone = await undo(lane, { id: decodeURIComponent(change) });
    t.equal(undone.status, 303, undone.text.slice(0, 300));
    for (const [reader, other] of lanes) {
      t.notMatch((await other.call('fetch', { id })).text, text, `${number} → ${reader}`);
      t.same((await other.call('search', { query: `"${text}"` })).results, []);
      const shown = await other.send(String(undone.headers['location']), { headers });
      t.equal(shown.status, 200);
    }
  }
  for (const [number, lane] of lanes) {
    const closed = `closed-${number}.md`;
    await lane.call('create_note', { path: closed, text: 'x' });
    await lane.call('append_to_note', { id: closed, text: 'y' });
    await lane.call('create_note', { path: `open-${number}.md`, text: 'x' });
    await chmod(join(workers.folder, 'vault', closed), 0o444);
    const { headers: answered } = await undo(lane, { app: 'client-1', since: '1h' });
    t.match(answered['location'], 'why=noteReadOnly', `what ended it halfway comes through from ${number}`);
    await chmod(join(workers.folder, 'vault', closed), 0o644);
    await undo(lane, { app: 'client-1', since: '1h' });
  }
});
