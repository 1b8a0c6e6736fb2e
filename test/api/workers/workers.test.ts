// Several workers answer as one process does: what one of them writes, all find; who comes second is told so.
import t from 'tap';
import { type Lane, startWorkers } from '../../support/workers.ts';

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
