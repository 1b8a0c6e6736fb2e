// api/http/server.ts: how long a client may take to ask, and a stop that lets running requests end.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { requestLimits, startServer, stopServer } from '../../../api/http/server.ts';
import { testPipelines } from '../../support/pipelines.ts';

const here = { host: '127.0.0.1', port: 0 };

function open(t: Test, server: Server): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  t.teardown(() => socket.destroy());
  return socket;
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

t.test('half a request is given up after its time, with an answer that says so', async (t) => {
  // The longest that it can take is the limit and the time between two looks at it.
  const shown = { requestTimeout: 400, headersTimeout: 200, connectionsCheckingInterval: 50 };
  const server = await startServer((req, res) => void req.resume().once('end', () => res.end()), here, shown);
  t.teardown(() => stopServer(server, 0));
  const head = 'POST / HTTP/1.1\r\nHost: a\r\n';
  for (const text of [head, `${head}Content-Length: 9\r\n\r\nhalf`]) {
    const socket = open(t, server);
    socket.write(text);
    const answer = await readAll(socket);
    t.match(answer, /^HTTP\/1\.1 408 /, text);
    t.match(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''), { error_description: /took too long/ });
  }
});

t.test(
  'the times are those of loop-auth, and looked after more often than Node does by itself',
  async (t) => {
    const server = await startServer((_req, res) => void res.end(), here);
    t.teardown(() => stopServer(server, 0));
    t.same(requestLimits, {
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 5_000,
    });
    t.match(server, { requestTimeout: 30_000, headersTimeout: 10_000 });
  },
);

t.test('a stop takes nothing new, lets what runs end, and cuts what does not', async (t) => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  const server = await startServer(async (req, res) => {
    if (req.url === '/never') return arrive();
    await mayAnswer;
    res.end('done');
  }, here);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const running = fetch(url);
  const never = fetch(`${url}/never`);
  never.catch(() => undefined);
  const idle = open(t, server);
  await once(idle, 'connect');
  await arrived;
  const stopped = stopServer(server, 500);
  await t.rejects(fetch(url));
  answer();
  t.equal(await (await running).text(), 'done');
  await stopped;
  await t.rejects(never);
});

t.test('requests of one connection are answered in turn, and who sends many is cut off', (t) =>
  testPipelines(t, (listener) => startServer(listener, here)),
);
