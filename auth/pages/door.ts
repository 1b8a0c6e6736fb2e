// What stands at the server's own address: that it is here, and the ways on.
import { createPage } from './pages.ts';

export interface DoorData {
  readonly mcpUrl: string;
  readonly connectUrl: string;
  readonly accountUrl: string;
  readonly isSignedIn: boolean;
}

export const doorPage = createPage<DoorData>('door');
