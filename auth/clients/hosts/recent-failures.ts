// Remembers for a short while what could not be read, so that a host that is away or hostile is not asked at every request.
import { FetchBusy } from './guarded-fetch.ts';

const rememberedMs = 30_000;
// Names come from strangers: the oldest make room.
const mostRemembered = 1000;

export interface RecentFailures {
  /** Runs the work, or throws what it threw for that name less than half a minute ago. */
  readonly unlessRecent: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** `isTheirs` tells the far side's failures, which are remembered, from our own, which are not. */
export function createRecentFailures(isTheirs: (error: unknown) => boolean): RecentFailures {
  const failures = new Map<string, { readonly error: unknown; readonly untilMs: number }>();
  const remember = (name: string, error: unknown): void => {
    if (failures.size >= mostRemembered) failures.delete(String(failures.keys().next().value));
    failures.set(name, { error, untilMs: Date.now() + rememberedMs });
  };
  return {
    unlessRecent: async (name, work) => {
      const recent = failures.get(name);
      const leftMs = (recent?.untilMs ?? 0) - Date.now();
      // Longer only where the clock went back meanwhile.
      if (recent && leftMs > 0 && leftMs <= rememberedMs) throw recent.error;
      failures.delete(name);
      try {
        return await work();
      } catch (error) {
        if (isTheirs(error) && !(error instanceof FetchBusy)) remember(name, error);
        throw error;
      }
    },
  };
}
