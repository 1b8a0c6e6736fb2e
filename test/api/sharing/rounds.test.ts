// api/sharing/rounds.ts: many who call at once don't keep those waiting who connect, nor each other out of order.
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import t from 'tap';
import { createBareApp } from '../../../api/http/answer-headers.ts';
import { inTurn, Rounds } from '../../../api/sharing/rounds.ts';
import { callTool, RESOURCE, startWorld } from '../../support/loop-api.ts';
import { countBefore, fewAnswers } from '../../support/newcomers.ts';

function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

t.test('who connects to a busy server waits for each of the others a few times', async (t) => {
  const answer: RequestHandler = (_req, res) => {
    work(2);
    res.end();
  };
  const server = createServer(createBareApp().all('/', inTurn, answer)).listen(0, '127.0.0.1');
  t.teardown(() => server.close().closeAllConnections());
  await once(server, 'listening');
  const waited = await countBefore(
    t,
    (server.address() as AddressInfo).port,
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  );
  t.ok(waited < fewAnswers, `${waited} answers`);
});

t.test(
  'so does who connects to loop-api, for tools over MCP and over REST, and where all others are refused',
  async (t) => {
    const world = await startWorld(t);
    world.auth.addToken('good', RESOURCE);
    const { host, port } = new URL(world.url);
    const head = `Host: ${host}\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n`;
    const body = JSON.stringify(callTool('search', { query: 'note with a plan' }));
    const requests = [
      `POST /mcp HTTP/1.1\r\n${head}Accept: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      `GET /api/search?query=plan HTTP/1.1\r\n${head}\r\n`,
      `GET /mcp HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    ];
    for (const request of requests) {
      const waited = await countBefore(t, Number(port), request);
      t.ok(waited < fewAnswers, `${waited} answers: ${request.slice(0, 20)}`);
    }
  },
);

t.test(
  'calls are begun in order, at once while there is time, and no round takes many of them',
  async (t) => {
    let now = 0;
    const rounds = new Rounds(() => now);
    const begun: string[] = [];
    const take = (name: string, ms: number): void =>
      rounds.take(() => {
        begun.push(name);
        now += ms;
      });
    take('a', 0);
    take('b', 6);
    t.same(begun, ['a', 'b'], 'at once');
    take('c', 0);
    take('d', 0);
    t.same(begun, ['a', 'b'], 'the round has had its time');
    const round = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
    await round();
    take('e', 0);
    t.same(begun, ['a', 'b', 'c'], 'one a round, and who comes then is the last');
    await round();
    await round();
    t.same(begun, ['a', 'b', 'c', 'd', 'e']);
    await round();
    take('f', 0);
    t.equal(begun.at(-1), 'f', 'nobody waits: at once again');
  },
);

t.test('whoever waited goes on with a trace of their own', async (t) => {
  const rounds = new Rounds();
  const trace = new AsyncLocalStorage<string>();
  const seen: Array<string | undefined> = [];
  for (const name of ['one', 'two', 'three']) {
    trace.run(name, () =>
      rounds.take(() => {
        seen.push(trace.getStore());
        work(6);
      }),
    );
  }
  while (seen.length < 3) await new Promise((resolve) => setImmediate(resolve));
  t.same(seen, ['one', 'two', 'three']);
});

t.test('a client that is gone when its turn comes is not served', async (t) => {
  let served = 0;
  const res = { closed: true } as unknown as Response;
  await inTurn({} as Request, res, () => {
    served += 1;
  });
  t.equal(served, 0);
});
