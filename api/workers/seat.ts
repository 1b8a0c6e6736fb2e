// A worker's place among several: what it leaves to the first, and what that does for the others. One that is alone has none.

import { undoTurns } from '../browsing/changes/parts.ts';
import { inTurn } from '../sharing/turns.ts';
import {
  type ChangeOrder,
  carryOutChange,
  type UndoOrder,
  type WritingElsewhere,
} from '../vault/elsewhere/orders.ts';
import { VaultReadOnly, WriterAway } from '../vault/errors.ts';
import type { VaultReach } from '../vault/hidden/reach.ts';
import { IndexHost } from '../vault/index/thread/host.ts';
import type { IndexHosting } from '../vault/index/thread/hosting.ts';
import { type IndexErrand, RemoteIndexHost, runErrands } from '../vault/index/thread/remote-host.ts';
import { SharedIndexHost } from '../vault/index/thread/shared-host.ts';
import type { IndexWorkerNews } from '../vault/index/thread/worker.ts';
import type { NarrowedVaults } from '../vault/narrowed-vaults.ts';
import type { Undone } from '../vault/shown/change-scope.ts';
import type { Vault } from '../vault/vault.ts';
import { first } from './letters.ts';
import { PeerGone, type Peers } from './peers.ts';

/** How long a request waits for a first worker that is being started again. */
const patienceMs = 10_000;

/** The vault of all and its parts, as this process has them. */
interface Vaults {
  vault: Vault;
  narrowed: Pick<NarrowedVaults, 'within'>;
}

export interface Seat {
  number: number;
  peers: Peers;
  /** Resolves once nobody needs this one any more; for after its last answer. */
  whenFree(): Promise<void>;
}

/** Where this process finds the indexing thread and the writer. Alone, both are its own. */
export interface Place {
  isFirst: boolean;
  host: IndexHosting;
  elsewhere: WritingElsewhere | undefined;
  /** Begins to do for the others what is to be done here. */
  serve(vaults: Vaults): void;
}

export function takePlace(seat: Seat | undefined): Place {
  if (seat === undefined) {
    return { isFirst: true, host: new IndexHost(), elsewhere: undefined, serve: () => undefined };
  }
  return seat.number === first ? leadOthers(seat.peers) : followFirst(seat.peers);
}

function followFirst(peers: Peers): Place {
  const host = new RemoteIndexHost({
    tell: (errand) => peers.tell(first, 'index', errand),
    prepare: async (reach) => void (await askFirst(peers, 'prepare', reach)),
  });
  peers.onNews('index', (news) => host.hear(news as IndexWorkerNews));
  peers.onChange((number, isThere) => {
    if (number === first && !isThere) host.end(new Error('The worker that keeps the index ended'));
  });
  const elsewhere: WritingElsewhere = {
    change: (order) => askFirst(peers, 'change', order),
    undo: async (order) => {
      const undone = (await askFirst(peers, 'undo', order)) as Undone | undefined;
      return withFailure(undone, (packed) => peers.unpackFailure(packed));
    },
  };
  return { isFirst: false, host, elsewhere, serve: () => undefined };
}

/** Throws WriterAway, and what the first throws. */
async function askFirst(peers: Peers, topic: string, body: unknown): Promise<unknown> {
  try {
    await peers.whenThere(first, patienceMs);
    return await peers.ask(first, topic, body);
  } catch (error) {
    throw error instanceof PeerGone ? new WriterAway({ isBegun: error.wasAsked }) : error;
  }
}

function leadOthers(peers: Peers): Place {
  const host = new SharedIndexHost(new IndexHost());
  const errands = new Map<number, ReturnType<typeof runErrands>>();
  peers.onNews('index', (errand, from) => {
    const own = errands.get(from) ?? runErrands(host, (news) => peers.tell(from, 'index', news));
    errands.set(from, own);
    own.run(errand as IndexErrand);
  });
  peers.onChange((number, isThere) => {
    if (isThere) return;
    errands.get(number)?.end();
    errands.delete(number);
  });
  return { isFirst: true, host, elsewhere: undefined, serve: (vaults) => serveOthers(peers, vaults) };
}

function serveOthers(peers: Peers, { vault, narrowed }: Vaults): void {
  const vaultOf = async (reach: VaultReach | undefined): Promise<Vault> =>
    reach === undefined ? vault : narrowed.within(reach);
  // here as well: what is written in a part can then be found in all others (narrowed-vaults.ts)
  peers.onQuestion('prepare', async (reach) => void (await vaultOf(reach as VaultReach | undefined)));
  peers.onQuestion('change', async (body) => {
    const order = body as ChangeOrder;
    const { writerFor } = await vaultOf(order.reach);
    if (writerFor === undefined) throw new VaultReadOnly();
    return carryOutChange(inTurn(writerFor(order.cause)), order);
  });
  peers.onQuestion('undo', async (body) => {
    const { reach, wish, cause } = body as UndoOrder;
    const { shown } = await vaultOf(reach);
    const undone = await undoTurns.take(() => shown.changes.undo(wish, cause));
    return withFailure(undone, (failure) => peers.packFailure(failure));
  });
}

function withFailure(undone: Undone | undefined, convert: (failure: unknown) => unknown): Undone | undefined {
  return undone?.failure === undefined ? undone : { ...undone, failure: convert(undone.failure) };
}
