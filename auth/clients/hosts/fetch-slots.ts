// How many hosts of strangers are read at the same moment: a few each, and not many in all.

export interface FetchSlots {
  /** The end of one reading, or undefined where there is no room for it now. */
  readonly take: (host: string) => (() => void) | undefined;
}

/** Each reading may last seconds and hold a socket: nobody waits for a place that strangers may have taken. */
export function createFetchSlots(mostAtOnce = 8, mostAHost = 2): FetchSlots {
  const underWay = new Map<string, number>();
  let all = 0;
  const count = (host: string, change: 1 | -1): void => {
    const left = (underWay.get(host) ?? 0) + change;
    if (left === 0) underWay.delete(host);
    else underWay.set(host, left);
    all += change;
  };
  return {
    take: (host) => {
      if (all >= mostAtOnce || (underWay.get(host) ?? 0) >= mostAHost) return undefined;
      count(host, 1);
      return () => count(host, -1);
    },
  };
}
