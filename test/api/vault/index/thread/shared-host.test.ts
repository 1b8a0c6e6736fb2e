// One indexing thread for several processes: each index is kept once, and each who has it open hears what is its own.
import t from 'tap';
import type { IndexHosting, IndexListener } from '../../../../../api/vault/index/thread/hosting.ts';
import type { KeptIndexOptions } from '../../../../../api/vault/index/thread/kept-index.ts';
import { RemoteIndexHost, runErrands } from '../../../../../api/vault/index/thread/remote-host.ts';
import { SharedIndexHost } from '../../../../../api/vault/index/thread/shared-host.ts';
import type { IndexWorkerNews, IndexWorkerOrder } from '../../../../../api/vault/index/thread/worker.ts';

/** A thread that writes down what it is told. */
class Told implements IndexHosting {
  readonly isElsewhere = false;
  readonly orders: IndexWorkerOrder[] = [];
  readonly removed: number[] = [];
  readonly listeners = new Map<number, IndexListener>();
  isKept = (): boolean => false;
  prepare = (): Promise<void> => Promise.resolve();
  discard = (): void => undefined;
  add(listener: IndexListener): number {
    this.listeners.set(this.listeners.size + 1, listener);
    return this.listeners.size;
  }
  tell(order: IndexWorkerOrder): void {
    this.orders.push(order);
  }
  async remove(index: number): Promise<void> {
    this.removed.push(index);
  }
  says(news: IndexWorkerNews): void {
    this.listeners.get(news.index)?.onNews(news);
  }
}

const options = { indexPath: '/nowhere/index.db' } as KeptIndexOptions;
const progress = { notes: 1, indexed: 1, building: false } as never;

/** A process that has the index open; what it hears. */
function open(host: IndexHosting): { index: number; heard: IndexWorkerNews[] } {
  const heard: IndexWorkerNews[] = [];
  const index = host.add({
    onNews: (news) => heard.push(news),
    onEnd: () => heard.push({ kind: 'closed', index: -1 }),
  });
  host.tell({ kind: 'open', index, options });
  return { index, heard };
}

t.test('an index is opened once, and who comes later hears at once how far it is', (t) => {
  const thread = new Told();
  const host = new SharedIndexHost(thread);
  const one = open(host);
  thread.says({ kind: 'progress', index: 1, progress });
  const other = open(host);
  t.match(thread.orders, [{ kind: 'open', index: 1 }]);
  t.equal(thread.orders.length, 1);
  t.same(one.heard, [{ kind: 'progress', index: one.index, progress }]);
  t.same(other.heard, [{ kind: 'progress', index: other.index, progress }]);
  t.ok(host.isKept(options.indexPath));
  t.end();
});

t.test('an order is answered to the one who gave it, under its own number', (t) => {
  const thread = new Told();
  const host = new SharedIndexHost(thread);
  const [one, other] = [open(host), open(host)];
  host.tell({ kind: 'refresh', index: one.index, number: 7, id: 'a.md' });
  host.tell({ kind: 'refresh', index: other.index, number: 7, id: 'b.md' });
  const [, first, second] = thread.orders as Array<{ number: number; id: string }>;
  t.match([first, second], [{ id: 'a.md' }, { id: 'b.md' }]);
  t.not(first?.number, second?.number);
  thread.says({ kind: 'done', index: 1, number: second?.number ?? 0 });
  t.same(one.heard, []);
  t.same(other.heard, [{ kind: 'done', index: other.index, number: 7 }]);
  t.end();
});

t.test('it is closed with the last who has it open, and all hear when it fails', async (t) => {
  const thread = new Told();
  const host = new SharedIndexHost(thread);
  const [one, other] = [open(host), open(host)];
  host.tell({ kind: 'close', index: one.index });
  t.same(one.heard, [{ kind: 'closed', index: one.index }]);
  await host.remove(one.index, true);
  t.equal(thread.orders.length, 1, 'it goes on for the other');
  const third = open(host);
  thread.says({ kind: 'failed', index: 1, message: 'x', code: undefined, cause: undefined });
  t.match([other.heard, third.heard], [[{ kind: 'failed' }], [{ kind: 'failed' }]]);
  t.notOk(host.isKept(options.indexPath), 'who opens it next opens it anew');
  await host.remove(other.index, true);
  t.same(thread.removed, []);
  await host.remove(third.index, true);
  t.same(thread.removed, [1]);
});

t.test('what another process orders is done here, and ends with it', (t) => {
  const thread = new Told();
  const shared = new SharedIndexHost(thread);
  const own = open(shared);
  const remote: RemoteIndexHost = new RemoteIndexHost({
    tell: (errand) => errands.run(structuredClone(errand)),
    prepare: () => Promise.resolve(),
  });
  const errands = runErrands(shared, (news) => remote.hear(structuredClone(news)));
  const other = open(remote);
  thread.says({ kind: 'progress', index: 1, progress });
  t.same(other.heard, [{ kind: 'progress', index: other.index, progress }]);
  remote.tell({ kind: 'refresh', index: other.index, number: 1, id: 'a.md' });
  thread.says({ kind: 'done', index: 1, number: (thread.orders[1] as { number: number }).number });
  t.match(other.heard[1], { kind: 'done', number: 1 });
  errands.end();
  t.same(thread.removed, [], 'the other has it still');
  remote.end(new Error('gone'));
  t.match(other.heard.at(-1), { index: -1 });
  shared.tell({ kind: 'close', index: own.index });
  t.match(thread.orders.at(-1), { kind: 'close', index: 1 });
  t.end();
});
