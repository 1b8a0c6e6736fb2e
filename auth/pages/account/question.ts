// The question before something is done to connections: it is asked once.

import { createPage } from '../pages.ts';
import { showClient } from '../shown-client.ts';
import { describeConnection, type ShownApp, type ShownConnection } from './account.ts';

export interface QuestionData {
  action: 'revoke' | 'read-only' | 'revoke-all' | 'revoke-unused';
  /** Of the connection, empty where it is about more than one. */
  id: string;
  formAction: string;
  count: number;
  about?: (ShownApp & ShownConnection) | undefined;
}

const words = {
  revoke: 'Revoke',
  'read-only': 'ReadOnly',
  'revoke-all': 'All',
  'revoke-unused': 'Unused',
} as const;

export const questionPage = createPage<QuestionData>('account-question', (data, said) => ({
  ...data,
  kind: words[data.action],
  isDanger: data.action !== 'read-only',
  ...(data.about && {
    ...describeConnection(data.about, said),
    ...showClient(data.about, said),
    id: data.id,
    isProgram: data.about.isProgram,
  }),
}));
