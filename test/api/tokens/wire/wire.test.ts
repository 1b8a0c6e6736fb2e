// The wire to loop-auth by itself: what it keeps, what it bounds, how it ends.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { openWire } from '../../../../api/tokens/wire/wire.ts';

async function startServer(
  t: Test,
  listener: RequestListener,
): Promise<{ url: string; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer(listener).listen(0, '127.0.0.1');
  server.on('connection', (socket) => sockets.add(socket));
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sockets };
}

const question = (ms = 5_000) => ({ headers: { accept: 'text/plain' }, signal: AbortSignal.timeout(ms) });

t.test('the wire', async (t) => {
  t.test('sends what it is given, and asks again on the same connection', async (t) => {
    const { url, sockets } = await startServer(t, (req, res) => {
      req.setEncoding('utf8').on('data', (body) => {
        res.writeHead(202).end(`${req.method} ${req.headers['content-length']} ${body}`);
      });
    });
    const wire = openWire({ connections: 2, mostBytes: 100 });
    t.teardown(() => wire.close());
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = await wire.ask(url, { ...question(), method: 'PUT', body: 'ä note' });
      t.same(answer, { status: 202, text: 'PUT 7 ä note' });
    }
    t.equal(sockets.size, 1);
  });

  t.test('opens no more connections than it may, and all that is asked is answered', async (t) => {
    const { url, sockets } = await startServer(t, (_, res) => {
      setTimeout(() => res.end('yes'), 5);
    });
    const wire = openWire({ connections: 3, mostBytes: 100 });
    t.teardown(() => wire.close());
    const answers = await Promise.all(Array.from({ length: 30 }, () => wire.ask(url, question())));
    t.ok(answers.every(({ text }) => text === 'yes'));
    t.equal(sockets.size, 3);
  });

  t.test('takes no answer that is longer than it may be, but the status of a refusal', async (t) => {
    const { url } = await startServer(t, (req, res) => {
      res.writeHead(req.url === '/refused' ? 404 : 200);
      const more = (): void => {
        if (!res.destroyed) res.write('x'.repeat(50_000), () => setImmediate(more));
      };
      more();
    });
    const wire = openWire({ connections: 2, mostBytes: 100_000 });
    t.teardown(() => wire.close());
    await t.rejects(wire.ask(url, question()), /longer than 100000 bytes/);
    t.same(await wire.ask(`${url}refused`, question()), { status: 404, text: '' });
  });

  t.test('ends with its signal, before the answer and in the middle of it', async (t) => {
    const { url } = await startServer(t, (req, res) => {
      if (req.url === '/begun') res.writeHead(200).write('and');
    });
    const wire = openWire({ connections: 2, mostBytes: 100 });
    t.teardown(() => wire.close());
    await t.rejects(wire.ask(url, question(50)), { name: 'AbortError' });
    await t.rejects(wire.ask(`${url}begun`, question(50)));
  });

  t.test('once closed it has no connection, and opens none', async (t) => {
    const { url, sockets } = await startServer(t, (req, res) => {
      if (req.url === '/answered') res.end();
    });
    const wire = openWire({ connections: 2, mostBytes: 100 });
    await wire.ask(`${url}answered`, question());
    const waiting = wire.ask(url, question());
    const rejected = t.rejects(waiting);
    await delay(20);
    wire.close();
    await rejected;
    await t.rejects(wire.ask(url, question()));
    for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close');
    t.equal(sockets.size, 1);
  });

  t.test('says that nobody is there', async (t) => {
    const wire = openWire({ connections: 2, mostBytes: 100 });
    t.teardown(() => wire.close());
    await t.rejects(wire.ask('http://127.0.0.1:9/', question()), { code: 'ECONNREFUSED' });
  });
});
