// The largest note takes no more memory to read than loop-api's container has to spare, whatever is in it.
import { Worker } from 'node:worker_threads';
import t from 'tap';

const units = ['a\n\n', '> a\n', '- a:: b\n', '#` ', '#$ ', '[a]: b\n'];

t.test('five megabytes of anything are read with 77 MB, as compose leaves them', async (t) => {
  for (const unit of units) {
    const reading = `
      const { parseNoteContent } = await import(${JSON.stringify(import.meta.resolve('../../../../../api/vault/notes/content.ts'))});
      const bytes = Buffer.from('a|b\\n-|-\\n' + ${JSON.stringify(unit)}.repeat(${5_000_000 / unit.length}));
      parseNoteContent('Note.md', bytes);
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(reading)}`), {
      resourceLimits: { maxOldGenerationSizeMb: 77, maxYoungGenerationSizeMb: 6 },
    });
    const ended = await new Promise((resolve) => worker.once('error', resolve).once('exit', resolve));
    t.equal(ended, 0, JSON.stringify(unit));
  }
});
