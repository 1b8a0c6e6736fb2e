// The indexing thread: keeps the index in step with the folder, so that no search ever waits for a disk.
import { parentPort, workerData } from 'node:worker_threads';
import { connectToIndex } from './index-file.ts';
import { IndexKeeper } from './index-keeper.ts';
import { IndexWriter } from './index-writer.ts';

const { root, indexPath } = workerData as { root: string; indexPath: string };
const database = connectToIndex(indexPath);
const keeper = new IndexKeeper({
  root,
  writer: new IndexWriter(database),
  inTransaction: (work): void => database.transaction(work)(),
  onProgress: (progress): void => parentPort?.postMessage(progress),
});

// The one message is: close. An error anywhere ends the thread, which tells openVault's side of it.
parentPort?.once('message', () => {
  void keeper.close().then(() => {
    database.close();
    parentPort?.close();
  });
});

await keeper.run();
