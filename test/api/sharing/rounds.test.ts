// api/sharing/rounds.ts: many who call at once don't keep those waiting who connect, nor each other out of order.
import { AsyncLocalStorage } from 'node:async_hooks';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Request, Response } from 'express';
import t from 'tap';
import { startServer, stopServer } from '../../../api/http/server.ts';
import { inRound, leaveTogether, Rounds } from '../../../api/sharing/rounds.ts';
import { callTool, makeVault, RESOURCE, startWorld, waitForIndex } from '../../support/loop-api.ts';
import { countBefore, fewAnswers } from '../../support/newcomers.ts';

function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

t.test(
  'who connects to a busy server waits for each of the others a few times, whatever they ask',
  async (t) => {
    const server = await startServer(
      (_req, res) => {
        work(2);
        res.end();
      },
      { host: '127.0.0.1', port: 0 },
    );
    t.teardown(() => stopServer(server, 0));
    const waited = await countBefore(t, (server.address() as AddressInfo).port, [
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    ]);
    t.ok(waited < fewAnswers, `${waited} answers`);
  },
);

t.test(
  'so does who connects to loop-api while others search, whose bodies come after their heads',
  async (t) => {
    const folder = await makeVault(t);
    // some milliseconds for each search
    const words = Array.from({ length: 120 }, (_, number) => `word${number}`).join(' ');
    for (let number = 0; number < 300; number += 1) {
      await writeFile(join(folder, 'vault', `Note ${number}.md`), words);
    }
    const world = await startWorld(t, { API_VAULT_DIR: join(folder, 'vault') });
    world.auth.addToken('good', RESOURCE);
    await waitForIndex(world);
    const { host, port } = new URL(world.url);
    const body = JSON.stringify(callTool('search', { query: words }));
    const lines = [
      'POST /mcp HTTP/1.1',
      `Host: ${host}`,
      'Authorization: Bearer good',
      'Content-Type: application/json',
      'Accept: application/json, text/event-stream',
      `Content-Length: ${body.length}`,
    ];
    const waited = await countBefore(t, Number(port), [`${lines.join('\r\n')}\r\n\r\n`, body]);
    t.ok(waited < fewAnswers, `${waited} answers`);
  },
);

t.test('calls are begun in order, at once while there is time, and no round takes long', async (t) => {
  let now = 0;
  const rounds = new Rounds(() => now);
  const begun: string[] = [];
  const take = (name: string, ms: number): void =>
    rounds.take(() => {
      begun.push(name);
      // what a call does when its body is there, in the same round
      void Promise.resolve().then(() => {
        now += ms;
      });
    });
  const round = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  take('a', 0);
  take('b', 4);
  t.same(begun, ['a', 'b'], 'at once');
  await Promise.resolve();
  for (const name of ['c', 'd']) take(name, 2);
  take('e', 9);
  take('f', 1);
  t.same(begun, ['a', 'b'], 'the round has had its time');
  await round();
  t.same(begun.slice(2), ['c', 'd'], 'as many as there is time for');
  take('g', 0);
  await round();
  t.same(begun.slice(4), ['e'], 'one that takes long is alone in its round');
  await round();
  t.same(begun.slice(5), ['f', 'g'], 'who came later is the last');
  await round();
  take('h', 0);
  t.equal(begun.at(-1), 'h', 'nobody waits: at once again');
});

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
  await inRound({} as Request, res, () => {
    served += 1;
  });
  t.equal(served, 0);
});

t.test('the answers of a round leave together, in order, when it is over', async (t) => {
  const left: string[] = [];
  const rounds = new Rounds();
  for (const name of ['a', 'b', 'c']) {
    rounds.take(() => {
      leaveTogether(() => left.push(name));
      t.same(left, [], 'not while others are served');
    });
    await Promise.resolve();
  }
  t.same(left, []);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(left, ['a', 'b', 'c']);
  leaveTogether(() => left.push('d'));
  await new Promise((resolve) => setImmediate(resolve));
  t.same(left.slice(3), ['d'], 'one that is alone waits for nobody');
});
