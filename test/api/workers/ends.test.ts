// Workers that end: what was in flight there fails, the next call does not, and nobody is told to sign in again.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openEventStream } from '../../support/event-stream.ts';
import { callTool, LIST_TOOLS, postMcp, postModern, readJson } from '../../support/loop-api.ts';
import { connectBoth } from '../../support/mcp-clients.ts';
import { until } from '../../support/until.ts';
import { startWorkers, type Workers } from '../../support/workers.ts';

/** Calls one after the other until it is told to end, each on a connection of its own; resolves to the statuses, 0 for none. */
function keepCalling(work: () => Promise<Response>): () => Promise<Set<number>> {
  const statuses = new Set<number>();
  let isOver = false;
  const calling = (async (): Promise<void> => {
    while (!isOver) {
      statuses.add(
        await work().then(
          ({ status }) => status,
          () => 0,
        ),
      );
    }
  })();
  return async () => {
    isOver = true;
    await calling;
    return statuses;
  };
}

const search = callTool('search', { query: 'apple' });
const close = { connection: 'close' };

async function expectAll(t: Test, { url }: Workers, what: string): Promise<void> {
  for (let call = 0; call < 6; call += 1) {
    const answer = await postMcp(url, 'good', search, close);
    t.match(
      await readJson(answer),
      { result: { structuredContent: { results: [{ id: 'garden.md' }] } } },
      what,
    );
  }
}

t.test('each worker is killed under calls of both eras', async (t) => {
  const workers = await startWorkers(t, 3);
  const { url } = workers;
  const clients = await connectBoth(t, url);
  const ends = [
    keepCalling(() => postMcp(url, 'good', search, close)),
    keepCalling(() => postModern(url, 'good', 'tools/call', search.params, close)),
    keepCalling(() => postMcp(url, 'good', LIST_TOOLS)),
  ];
  for (const number of [2, 1, 3]) {
    const pid = workers.pidOf(number);
    process.kill(pid, 'SIGKILL');
    const next = await workers.nextPid(number, pid);
    t.not(next, pid);
    await expectAll(t, workers, `after worker ${number}`);
    for (const client of clients) {
      const { structuredContent } = await client.callTool({ name: 'search', arguments: { query: 'apple' } });
      t.match(structuredContent, { results: [{ id: 'garden.md' }] });
    }
  }
  for (const end of ends)
    t.same(
      [...(await end())].filter((status) => ![0, 200].includes(status)),
      [],
    );
  const again = workers.log.filter(({ msg }) => msg === 'a worker ended and is started again');
  t.match(again, [{ endedWorker: 2, signal: 'SIGKILL' }, { endedWorker: 1 }, { endedWorker: 3 }]);
  await until(async () => (await workers.lanes(t)).size === 3, 'all workers to answer');
  const lanes = await workers.lanes(t);
  const saysOf = async (number: number): Promise<unknown> =>
    JSON.parse((await lanes.get(number)?.send('/readyz'))?.text ?? '{}').workers;
  t.equal(await saysOf(2), 'ending', 'who has seen two end says so, without a number');
  t.equal(await saysOf(1), undefined, 'one end may be anything');
  for (const [writer, lane] of lanes) {
    const word = `kudu${writer}`;
    await lane.call('create_note', { path: `${word}.md`, text: word });
    for (const other of lanes.values()) {
      t.match(await other.call('search', { query: word }), { results: [{ id: `${word}.md` }] });
    }
  }
  writeFileSync(join(workers.folder, 'vault', 'elsewhere.md'), 'A gnu from another program.');
  for (const lane of lanes.values()) {
    const isFound = async (): Promise<boolean> =>
      (await lane.call('search', { query: 'gnu' })).results.length > 0;
    await until(isFound, 'the watcher');
  }
});

t.test(
  'the worker that writes is killed under changes: each is made whole or not at all, and what is told is true',
  async (t) => {
    const workers = await startWorkers(t, 3);
    const lanes = await workers.lanes(t);
    const text = 'x'.repeat(50_000);
    const told = new Map<string, string>();
    const writing = [2, 3].map(async (number) => {
      for (let turn = 0; turn < 15; turn += 1) {
        const path = `many/${number}-${turn}.md`;
        const answer = await lanes.get(number)?.call('create_note', { path, text: `${turn} ${text}` });
        told.set(path, answer.refused ?? 'made');
      }
    });
    await until(() => told.size > 4, 'changes to be under way');
    process.kill(workers.pidOf(1), 'SIGKILL');
    await Promise.all(writing);
    t.equal(told.size, 30);
    const [lane] = lanes.values();
    for (const [path, said] of told) {
      const turn = /-(\d+)/.exec(path)?.[1];
      const there = await readFile(join(workers.folder, 'vault', path), 'utf8').then(
        (written) => written.trimEnd(),
        () => undefined,
      );
      if (said === 'made') t.equal(there, `${turn} ${text}`, path);
      else {
        t.match(said, /not known which|nothing was changed/);
        t.ok(there === undefined || there === `${turn} ${text}`, 'whole or not at all');
      }
    }
    t.ok([...told.values()].filter((said) => said === 'made').length > 24, 'the others waited');
    const found = async (): Promise<boolean> => {
      const answer = await lane?.send('/readyz');
      return JSON.parse(answer?.text ?? '{}').indexing === false;
    };
    await until(found, 'the index');
  },
);

t.test('a call that was on its way to a worker that died fails, and does not wait for ever', async (t) => {
  const workers = await startWorkers(t, 2);
  process.kill(workers.pidOf(2), 'SIGSTOP');
  let settled = 0;
  const calls = Array.from({ length: 6 }, async () => {
    const status = await postMcp(workers.url, 'good', search, close).then(
      (answer) => answer.status,
      () => 0,
    );
    settled += 1;
    return status;
  });
  // one is given to the worker that takes nothing, and the others are not
  await until(() => settled === 5, 'the other worker to answer', 30_000);
  process.kill(workers.pidOf(2), 'SIGKILL');
  t.same((await Promise.all(calls)).sort(), [0, 200, 200, 200, 200, 200]);
});

t.test('a stream ends with its worker, and its session is unknown to the next', async (t) => {
  const workers = await startWorkers(t, 2);
  const stream = await openEventStream(t, workers.url, 'good');
  const number = Number(/sessionId=(\d)\./.exec(stream.endpoint)?.[1]);
  const pid = workers.pidOf(number);
  process.kill(pid, 'SIGKILL');
  await stream.next().catch(() => undefined);
  const lost = await stream.post(LIST_TOOLS);
  t.equal(lost.status, 404);
  await workers.nextPid(number, pid);
  t.equal((await stream.post(LIST_TOOLS)).status, 404);
});

t.test('an index that is damaged under all workers is made anew', async (t) => {
  const workers = await startWorkers(t, 3);
  const lanes = await workers.lanes(t);
  const path = join(workers.folder, 'index.db');
  writeFileSync(path, Buffer.alloc(statSync(path).size, 7));
  for (const lane of lanes.values()) {
    const isFound = (): Promise<boolean> =>
      lane.call('search', { query: 'rebuild' }).then(
        ({ results }) => results[0]?.id === 'projects/loop.md',
        () => false,
      );
    await until(isFound, 'the index to be made anew', 30_000);
  }
});

for (const isGroup of [false, true]) {
  t.test(
    `on SIGTERM to ${isGroup ? 'all processes' : 'the primary'} running calls are answered`,
    async (t) => {
      const { child, exited, auth, url, pidOf, log } = await startWorkers(t, 3);
      auth.delayMs = 700;
      const calls = Array.from({ length: 6 }, () => postMcp(url, 'good', search, close));
      calls.push(postMcp(url, 'good', callTool('append_to_note', { id: 'garden.md', text: 'late' }), close));
      await until(() => auth.introspections.length > 2, 'the calls to be under way');
      if (isGroup) for (const number of [1, 2, 3]) process.kill(pidOf(number), 'SIGTERM');
      child.kill('SIGTERM');
      for (const call of calls) {
        const answer = await call;
        t.equal(answer.status, 200);
        t.match(await readJson(answer), { result: { structuredContent: {} } });
      }
      t.equal(await exited, 0);
      t.equal(log.filter(({ msg }) => msg === 'loop-api stopped').length, 4, 'each in its order');
      t.equal(log.at(-1)?.['worker'], undefined, 'the primary last');
    },
  );
}

t.test('a primary that is killed takes its workers with it', async (t) => {
  const { child, pidOf } = await startWorkers(t, 2);
  const pids = [pidOf(1), pidOf(2)];
  child.kill('SIGKILL');
  const isAlive = (pid: number): boolean => {
    try {
      return !/^\d+ \(.*\) Z/.test(
        execFileSync('cat', [`/proc/${pid}/stat`], { encoding: 'utf8', stdio: 'pipe' }),
      );
    } catch {
      return false;
    }
  };
  await until(() => !pids.some(isAlive), 'the workers to end');
});

t.test('what is wrong at the start is said once, and ends all', async (t) => {
  const expectFault = async (settings: Record<string, string>, fault: RegExp): Promise<void> => {
    const failure = await startWorkers(t, 3, settings).then(
      () => '',
      (error: Error) => error.message,
    );
    t.match(failure, fault);
    t.equal(failure.trim().split('\n').length, 2, failure);
  };
  await expectFault({ API_VAULT_DIR: '/nowhere/notes' }, /^it ended:\nThere is no folder .*API_VAULT_DIR/);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => void other.close());
  const { port } = other.address() as AddressInfo;
  await expectFault({ API_PORT: String(port) }, new RegExp(`^it ended:\nPort ${port} .*API_PORT`));
});
