// Notes that changed since a time, among more and more: a page of 50 where none did, where some did, and where many did.
import Database from 'better-sqlite3';
import { openIndexFile } from '../../../api/vault/index/file.ts';
import { ScanReader } from '../../../api/vault/index/scan/reader.ts';
import { formatMs, formatRatio, type Measure, median, printMeasures } from '../measure.ts';
import { makeNotes } from './notes.ts';

const sizes = [1000, 10_000, 100_000];
const turns = 50;
const pageNotes = 50;

export function run(): void {
  const readers = sizes.map((notes) => ({ notes, ...fill(notes) }));
  const measures: Measure[] = [];
  for (const matches of [0, 20, 500, 5000]) {
    for (const order of [undefined, 'path'] as const) {
      const first = readers[1];
      for (const { notes, reader } of readers.filter((one) => one.notes >= matches)) {
        const value = timeOf(reader, { order, modifiedSince: notes - matches });
        const beside = first && timeOf(first.reader, { order, modifiedSince: first.notes - matches });
        measures.push({
          what: `${matches} of ${notes.toLocaleString('en')} notes, by ${order ?? 'number'}`,
          value: formatMs(value),
          beside: `of ${sizes[1]}`,
          ratio: formatRatio(value / (beside ?? value)),
        });
      }
    }
  }
  printMeasures(`Pages of ${pageNotes} notes that changed since a time, medians of ${turns}`, measures);
  for (const { remove } of readers) remove();
}

function timeOf(reader: ScanReader, options: Parameters<ScanReader['scan']>[0]): number {
  return median(
    Array.from({ length: turns }, () => {
      const startedAt = performance.now();
      reader.scan(options, pageNotes);
      return performance.now() - startedAt;
    }),
  );
}

/** Rows alone, changed at the times 0 to `count` - 1 in an order of their own. */
function fill(count: number): { reader: ScanReader; remove: () => void } {
  const { indexPath, directory, remove } = makeNotes(0);
  openIndexFile(indexPath, directory).close();
  const database = new Database(indexPath);
  const insert = database.prepare(
    `INSERT INTO notes(id, kind, folder, upward, title, tags, front_matter, revision, stamp, file, unread, modified_at,
      size_bytes, born_at) VALUES (@id, 'note', 'F', @id, @id, '[]', '{"status":"done"}', @id, '', @id, 0, @time, 1, 1)`,
  );
  database.transaction(() => {
    for (let n = 0; n < count; n += 1) insert.run({ id: `F/Note ${n}.md`, time: (n * 7919) % count });
  })();
  return {
    reader: new ScanReader(database),
    remove: () => {
      database.close();
      remove();
    },
  };
}
