// What stays in the browser when an app on the device has been sent its answer.
import { createPage } from './pages.ts';
import { showClient } from './shown-client.ts';

export interface ReturnedData {
  /** The app's own link, with the answer in it. */
  href: string;
  clientName: string;
  isAllowed: boolean;
}

export const returnedPage = createPage<ReturnedData>('returned', (data, words) => ({
  ...data,
  ...showClient(data, words),
  // at once: whoever waits would press the link
  refresh: `0; url=${data.href}`,
}));
