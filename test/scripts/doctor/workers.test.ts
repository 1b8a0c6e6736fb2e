// What the doctor says of loop-api in several processes.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { lookAtWorkers } from '../../../scripts/doctor/local.ts';
import type { Subject } from '../../../scripts/doctor/subject.ts';

/** Of `workers` that answer in turn, one says that others keep ending; undefined where the settings are elsewhere. */
async function openSubject(t: Test, workers: number | undefined, ending?: number): Promise<Subject> {
  let asked = 0;
  const server = createServer((_req, res) => {
    asked += 1;
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ status: 'ready', ...(asked === ending && { workers: 'ending' }) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const apiAddress = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { apiAddress, api: workers === undefined ? undefined : { workers } } as Subject;
}

const megabytes = 2 ** 20;

t.test('memory that is too small for so many workers is told with what they need', async (t) => {
  const look = async (workers: number | undefined, memory: number) =>
    lookAtWorkers({ subject: await openSubject(t, workers) }, memory * megabytes);
  t.match(await look(4, 256), [
    { state: 'warning', cause: 'workersMemory', values: { workers: 4, needed: 800, memory: 256 } },
  ]);
  t.match(await look(2, 480), { state: 'ok', detail: '2' });
  t.same(await look(1, 100), [], 'of one alone there is no line');
  t.same(await look(undefined, 100), [], 'nor where the settings are elsewhere');
});

t.test('workers that keep ending are told, whichever of them says so', async (t) => {
  for (const workers of [3, undefined]) {
    const subject = await openSubject(t, workers, 3);
    t.match(await lookAtWorkers({ subject }, 8000 * megabytes), [
      { state: 'failure', cause: 'workersEnding', values: { needed: workers === 3 ? 640 : 800 } },
    ]);
  }
});

t.test('what this machine or its container has is known', async (t) => {
  const found = await lookAtWorkers({ subject: await openSubject(t, 100_000, 1) });
  t.match(found, [{ cause: 'workersMemory' }, { cause: 'workersEnding' }]);
});
