// Listening and stopping.

import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import t from 'tap';
import { PortUnavailable, startServer, stopServer } from '../../../auth/http/server.ts';
import { testPipelines } from '../../support/pipelines.ts';

t.test('a port that can not be had is explained', async (t) => {
  const server = await startServer((_request, response) => void response.end(), '127.0.0.1', 0);
  t.teardown(() => stopServer(server));
  const { port } = server.address() as AddressInfo;
  await t.rejects(
    startServer(() => {}, '127.0.0.1', port),
    {
      name: 'PortUnavailable',
      message: `port ${port} on 127.0.0.1 is taken by another program; stop it or set AUTH_PORT`,
    },
  );
  await t.rejects(
    startServer(() => {}, '192.0.2.1', 0),
    /AUTH_HOST/,
  );
  await t.rejects(
    startServer(() => {}, '192.0.2.1', 0),
    PortUnavailable,
  );
});

t.test('a request that never becomes whole is given up within 15 s', async (t) => {
  const server = await startServer((_request, response) => void response.end(), '127.0.0.1', 0);
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => stopServer(server));
  const { port } = server.address() as AddressInfo;
  const startedAt = performance.now();
  const ended = Array.from({ length: 20 }, async () => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n'));
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    return answer;
  });
  for (const answer of await Promise.all(ended)) t.match(answer, /^HTTP\/1\.1 408 /);
  // Node's own interval would make it 30 s.
  t.ok(performance.now() - startedAt < 20_000);
});

t.test('a request under way is finished before the server stops, and no new one is taken', async (t) => {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const server = await startServer(
    async (_request, response) => {
      arrive();
      await mayAnswer;
      response.end('done');
    },
    '127.0.0.1',
    0,
  );
  const { port } = server.address() as AddressInfo;
  const idle = connect(port, '127.0.0.1');
  const idleEnded = new Promise((resolve) => idle.once('close', resolve));
  const underWay = fetch(`http://127.0.0.1:${port}/`);
  await arrived;
  const stopped = stopServer(server);
  await t.rejects(fetch(`http://127.0.0.1:${port}/`));
  answer();
  t.equal(await (await underWay).text(), 'done');
  const answeredAt = performance.now();
  idle.end();
  await Promise.all([stopped, idleEnded]);
  t.ok(performance.now() - answeredAt < 2500, 'without waiting for what the client keeps open');
});

t.test('requests of one connection are answered in turn, and who sends many is cut off', (t) =>
  testPipelines(t, (listener) => startServer(listener, '127.0.0.1', 0)),
);
