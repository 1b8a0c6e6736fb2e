// The page that says how each app is connected, and for whoever is signed in whether one is.
import type { WordKey } from '../../pages/words.ts';
import { listClientSetups } from './client-setups.ts';
import { createPage } from './pages.ts';
import { showClient } from './shown-client.ts';

export interface ConnectData {
  readonly mcpUrl: string;
  readonly reachability: 'web' | 'device' | 'network' | 'plain';
  readonly accountUrl: string;
  /** What happened so far; undefined where nobody is signed in. */
  readonly progress?: Progress | undefined;
}

export interface Progress {
  /** The newest first. Moments are in epoch seconds. */
  readonly connections: ReadonlyArray<{ clientName: string; since: number }>;
  /** False where the person asked not to have the page looked up again. */
  readonly isLooking: boolean;
}

const reachabilityWords: Readonly<Record<ConnectData['reachability'], WordKey>> = {
  web: 'connect.reachWeb',
  device: 'connect.reachDevice',
  network: 'connect.reachNetwork',
  plain: 'connect.reachPlain',
};

const mostShown = 3;

export const connectPage = createPage<ConnectData>('connect', (data, words) => ({
  ...data,
  reachabilityWords: reachabilityWords[data.reachability],
  setups: listClientSetups(data.mcpUrl),
  progress: data.progress && {
    ...data.progress,
    connections: data.progress.connections
      .slice(0, mostShown)
      .map((connection) => ({ ...connection, ...showClient(connection, words) })),
  },
}));
