// auth/http/limits/turns.ts, inRounds: who connects is let in however many ask, which anybody may do.
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { inRounds } from '../../../../auth/http/limits/turns.ts';
import { startServer, stopServer } from '../../../../auth/http/server.ts';
import { countBefore, fewAnswers } from '../../../support/newcomers.ts';

function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

t.test('who connects to a busy server waits for each of the others a few times', async (t) => {
  const server = await startServer(
    (_req, res) => {
      work(1);
      res.end();
    },
    '127.0.0.1',
    0,
  );
  t.teardown(() => {
    server.closeAllConnections();
    return stopServer(server);
  });
  const { port } = server.address() as AddressInfo;
  const waited = await countBefore(t, port, ['GET / HTTP/1.1\r\nHost: a\r\n\r\n']);
  t.ok(waited < fewAnswers, `${waited} answers`);
});

t.test('who is gone when their turn comes is not served', async (t) => {
  let served = 0;
  const listener = inRounds(() => {
    served += 1;
  });
  const open = (closed: boolean) => listener({} as never, { closed } as never);
  for (const closed of [false, true, false]) open(closed);
  await new Promise(setImmediate);
  t.equal(served, 2);
});
