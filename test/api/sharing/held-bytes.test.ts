// api/sharing/held-bytes.ts: what clients ask for and do not take is bounded, by account and over all, and never with 401.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Response as ExpressResponse } from 'express';
import t, { type Test } from 'tap';
import { RequestRefused } from '../../../api/http/errors.ts';
import { endWhenIgnored, HeldBytes } from '../../../api/sharing/held-bytes.ts';
import { openEventStream } from '../../support/event-stream.ts';
import { callTool, LIST_TOOLS, postMcp, RESOURCE, startWorld, type World } from '../../support/loop-api.ts';

const refused = (work: () => void): RequestRefused | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof RequestRefused) return error;
    throw error;
  }
};

t.test(
  'an account may hold so much, all of them together so much, and what is given back counts no more',
  (t) => {
    let all = 0;
    const held = new HeldBytes({ account: 100, all: 150 }, (bytes) => {
      all = bytes;
    });
    const one = held.open('ann');
    const two = held.open('ann');
    one.raise(60);
    t.match(refused(() => two.raise(41))?.options, { status: 503, headers: { 'Retry-After': /^[1-9]/ } });
    two.raise(40);
    t.equal(
      refused(() => one.raise(30)),
      undefined,
      'less than before is never too much',
    );
    const other = held.open('bob');
    t.match(refused(() => other.raise(81))?.options, { status: 503, error: 'temporarily_unavailable' });
    other.raise(80);
    t.ok(refused(() => two.raise(41)));
    other.set(200);
    t.equal(all, 270, 'what is there is counted, whatever was asked for');
    for (const holding of [one, two, other, other]) holding.close();
    t.equal(all, 0);
    t.end();
  },
);

async function startLargeWorld(t: Test): Promise<World> {
  const world = await startWorld(t);
  world.auth.addToken('good', RESOURCE);
  world.auth.addToken('other', RESOURCE, { sub: 'person-2' });
  await writeFile(join(world.folder, 'vault', 'large.md'), '한'.repeat(1_200_000));
  return world;
}

/** Sends a request and reads nothing of its answer. */
function sendUnread(t: Test, { url }: World, head: string[], body = ''): Socket {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname).pause();
  t.teardown(() => socket.destroy());
  socket.write([...head, `Host: ${hostname}`, 'Authorization: Bearer good', '', body].join('\r\n'));
  return socket;
}

async function statusOf(answer: Promise<Response>): Promise<number> {
  const { status, body } = await answer;
  await body?.cancel();
  return status;
}

t.test('bodies that are announced and do not come are held for their account alone', async (t) => {
  const world = await startLargeWorld(t);
  const { url } = world;
  const head = ['POST /mcp HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 1048576'];
  const sockets = Array.from({ length: 20 }, () => sendUnread(t, world, head, '{'));
  let answer: Response;
  do answer = await postMcp(url, 'good', LIST_TOOLS);
  while (answer.status === 200 && (await answer.text()));
  t.equal(answer.status, 503);
  t.match(answer.headers.get('retry-after'), /^[1-9]/);
  t.equal(answer.headers.get('www-authenticate'), null);
  t.match(await answer.json(), { jsonrpc: '2.0', error: { data: { error: 'temporarily_unavailable' } } });
  const rest = await fetch(`${url}/api/list`, { headers: { authorization: 'Bearer good' } });
  t.match(await rest.json(), { status: 503, error: 'temporarily_unavailable' });
  t.equal(await statusOf(postMcp(url, 'other', LIST_TOOLS)), 200, 'another account is not held back');
  for (const socket of sockets) socket.destroy();
  while ((await statusOf(postMcp(url, 'good', LIST_TOOLS))) !== 200);
});

t.test(
  'streams that ask and do not read share one budget: POST gets 503, and nothing else is held back',
  async (t) => {
    const world = await startLargeWorld(t);
    const { url } = world;
    const streams = await Promise.all(Array.from({ length: 4 }, () => openEventStream(t, url, 'good')));
    const ask = async (id: number): Promise<Response | undefined> =>
      streams[id % 4]?.post({ ...callTool('fetch', { id: 'large.md' }), id });
    let refusal: Response | undefined;
    // what the kernel holds for a connection comes on top
    for (let id = 0; refusal === undefined && id < 1_000; id += 1) {
      const answer = await ask(id);
      if (answer?.status !== 202) refusal = answer;
      else await answer.text();
    }
    t.equal(refusal?.status, 503);
    t.match(refusal?.headers.get('retry-after'), /^[1-9]/);
    t.match(await refusal?.json(), { error: { data: { error: 'temporarily_unavailable' } } });
    t.equal(await statusOf(postMcp(url, 'other', LIST_TOOLS)), 200);
    t.equal(await statusOf(postMcp(url, 'good', LIST_TOOLS)), 200, 'a small call of this account is served');
    const first = await streams[0]?.message();
    t.match(
      first,
      { id: 0, result: { structuredContent: { id: 'large.md' } } },
      'what was asked for is still there',
    );
    for (const stream of streams) stream.abort();
    const stream = await openEventStream(t, url, 'good');
    let status = 503;
    while (status === 503) ({ status } = await stream.post(callTool('fetch', { id: 'large.md' })));
    t.equal(status, 202, 'and what the streams held is given back with them');
    t.match(await stream.message(), { id: 7, result: {} });
  },
);

t.test('a client that takes nothing is cut off after a while, one that reads slowly is not', async (t) => {
  const bytes = Buffer.alloc(30_000_000);
  const server = createServer((_req, res) => {
    endWhenIgnored(res as ExpressResponse, 400);
    res.setHeader('Content-Length', bytes.length).end(bytes);
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    return socket;
  };
  const [ignoring, slow] = [await ask(), await ask()];
  const cut = once(ignoring, 'close');
  let read = 0;
  let pauseAt = 0;
  for await (const chunk of slow) {
    read += chunk.length;
    if (read < pauseAt) continue;
    pauseAt += 3_000_000;
    // a third of the time that it is given
    await delay(130);
  }
  t.ok(read > bytes.length, 'the slow one has all of it');
  let taken = 0;
  ignoring.on('data', (chunk) => {
    taken += chunk.length;
  });
  ignoring.resume();
  await cut;
  t.ok(taken < bytes.length, `the other one got ${taken}`);
});
