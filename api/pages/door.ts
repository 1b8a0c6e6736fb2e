// The door: this server is loop, and the address that a client needs.
import { createPage } from './pages.ts';

export interface DoorData {
  host: string;
  /** What to give to a client. */
  mcpUrl: string;
  connectUrl: string;
  vaultUrl: string;
  accountUrl: string;
}

export const doorPage = createPage<DoorData>('door');
