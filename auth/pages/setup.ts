// The pages of the first account: its form, and what comes next.
import type { Fault } from '../../pages/words.ts';
import { createPage, fieldLimits } from './pages.ts';

export interface SetupData {
  action: string;
  username?: string | undefined;
  fault?: Fault | undefined;
}

export const setupPage = createPage<SetupData>('setup', (data) => ({ ...data, limits: fieldLimits }));

export const setupDonePage = createPage<{ mcpUrl: string }>('setup-done', ({ mcpUrl }) => ({
  mcpUrl,
  isPublic: isPublicUrl(mcpUrl),
}));

/** Whether an app on the web could reach it, as far as the address alone can say. */
function isPublicUrl(address: string): boolean {
  const url = URL.parse(address);
  return (
    url?.protocol === 'https:' &&
    !/^(localhost|127\..*|\[::1\]|.*\.(localhost|local|internal))$/.test(url.hostname)
  );
}
