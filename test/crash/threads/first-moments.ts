// A program of threads.test.ts: threads that open an index as the indexing thread does, and are ended with so much garbage that
// a collection is due: each with 50 KB more than the one before. Argument: a folder of its own.
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openIndexFile } from '../../../api/vault/index/file.ts';

const [folder = ''] = process.argv.slice(2);
const indexPath = join(folder, 'index.db');
const modules = ['thread/kept-index.ts', 'file.ts'].map(
  (name) => new URL(`../../../api/vault/index/${name}`, import.meta.url).href,
);
const source = `
  const { workerData } = require('node:worker_threads');
  const { modules, indexPath, objects } = workerData;
  Promise.all(modules.map((url) => import(url))).then(([, { connectToIndex }]) => {
    globalThis.database = connectToIndex(indexPath);
    let garbage;
    for (let made = 0; made < objects; made += 1) garbage = new Array(10).fill(made);
    process.exit();
  });`;

openIndexFile(indexPath, folder).close();
let threads = 0;
for (; threads < 40; threads += 1) {
  const worker = new Worker(source, {
    eval: true,
    workerData: { modules, indexPath, objects: threads * 500 },
  });
  await once(worker, 'exit');
}
console.log(JSON.stringify({ threads }));
