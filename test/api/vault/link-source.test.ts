// A move goes by an index that is in step with the folder, or is refused: by one that is not, it would miss links.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { HiddenFiles } from '../../../api/vault/hidden/hidden-files.ts';
import type { IndexConnection } from '../../../api/vault/index/connection.ts';
import type { IndexHost } from '../../../api/vault/index/thread/host.ts';
import type { KeptIndexOptions } from '../../../api/vault/index/thread/kept-index.ts';
import { IndexThread } from '../../../api/vault/index/thread/thread.ts';
import type { IndexWorkerNews } from '../../../api/vault/index/thread/worker.ts';
import { createLinkSource } from '../../../api/vault/link-source.ts';
import { openNotes } from '../../support/open-notes.ts';

const part = { folders: ['A'], moved: [] };

interface Listener {
  onNews(news: IndexWorkerNews): void;
  onEnd(error: unknown): void;
}

/** Its other side is told of nothing, and says what it is made to say. */
function createThread(): { thread: IndexThread; other: Listener } {
  let other: Listener | undefined;
  const host = {
    add: (listener: Listener): number => {
      other = listener;
      return 1;
    },
    tell: () => undefined,
    remove: () => Promise.resolve(),
  };
  const events = { onProgress: () => undefined, onError: () => undefined };
  const thread = new IndexThread(host as unknown as IndexHost, {} as KeptIndexOptions, events);
  return { thread, other: other as unknown as Listener };
}

t.test('a thread says whether it got to what it was to bring in step', async (t) => {
  const { thread, other } = createThread();
  const first = thread.bringInStep(part);
  other.onNews({ kind: 'done', index: 1, number: 1 });
  t.equal(await first, true);
  const second = thread.bringInStep(part);
  other.onEnd(new Error('it is no more'));
  t.equal(await second, false);
});

t.test('what asks for an index in step is refused where it is not', async (t) => {
  const createSource = (isInStep: boolean, building: boolean) =>
    createLinkSource(
      { bringInStep: async () => isInStep, progress: () => ({ building }) } as unknown as IndexConnection,
      new HiddenFiles({ root: '/nowhere', patterns: [] }),
    );
  await t.rejects(createSource(false, false).requireInStep(part), { name: 'LinksUnknown' });
  await t.rejects(createSource(true, true).requireInStep(part), { name: 'LinksUnknown' });
  await createSource(true, false).requireInStep(part);
  await createSource(false, false).bringInStep(part);
});

t.test('what somebody else wrote a moment before is in step, too', async (t) => {
  const { directory, vault } = await openNotes(t, { 'n.md': '' });
  const missed: number[] = [];
  for (let count = 0; count < 40; count += 1) {
    mkdirSync(join(directory, `F${count}`));
    writeFileSync(join(directory, `F${count}/n.md`), `[[x${count}]]`);
    await vault.links.requireInStep({ folders: [], moved: [] });
    const found = await vault.links.ask(function* ({ linksTo }) {
      yield;
      return [...linksTo(`x${count}`)];
    });
    if (found.length !== 1) missed.push(count);
  }
  t.same(missed, []);
});
