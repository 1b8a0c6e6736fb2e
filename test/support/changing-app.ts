// An app that a person has let in and that changes notes, beside the browser in which they look at what it did.
import { ResourceDescriptionStore } from '../../adapters/stores/resources.ts';
import { createSeal } from '../../api/people/sealing.ts';
import { Browser, type Page } from '../../scripts/demo/browser.ts';
import { apiSecret } from './loop-auth.ts';
import { callTool } from './mcp-call.ts';
import type { PagesPair } from './pages-pair.ts';
import { until } from './until.ts';

export interface ChangingApp {
  clientId: string;
  token: string;
  /** Throws what the tool answers instead of doing it. */
  call(tool: string, input: Record<string, unknown>): Promise<void>;
  append(id: string, text: string): Promise<void>;
}

export async function connectApp(
  { auth, url }: PagesPair,
  name: string,
  choice: Record<string, string> = {},
): Promise<ChangingApp> {
  const app = await auth.register({ client_name: name });
  // loop-api tells of its folders by itself, soon after its start
  const descriptions = new ResourceDescriptionStore(auth.database);
  const knowsFolders = async (): Promise<boolean> => {
    const described = await descriptions.find(`${url}/mcp`);
    return described !== undefined && JSON.stringify(described).includes(choice['folders'] ?? '');
  };
  await until(knowsFolders, 'the folders');
  const parameters = { resource: `${url}/mcp`, scope: 'vault.read vault.write' };
  const { tokens } = await auth.connect({ app, parameters, choice });
  const call = async (tool: string, input: Record<string, unknown>): Promise<void> => {
    const { status, body } = await callTool(`${url}/mcp`, tokens.access_token, tool, input);
    if (status !== 200 || body.includes('"isError":true')) throw new Error(`${tool}: ${status} ${body}`);
  };
  return {
    clientId: app.clientId,
    token: tokens.access_token,
    call,
    append: (id, text) => call('append_to_note', { id, text }),
  };
}

/** The page of the newest change. */
export async function openNewest(pair: PagesPair, browser: Browser): Promise<Page> {
  const list = await pair.open('/vault/changes?lang=en', browser);
  const [, href = ''] = /<a href="(\/vault\/changes\?id=[^"&]+)"/.exec(list.text) ?? [];
  return browser.visit(pair.url + href);
}

/** A browser whose session has this very token, such as one that a person has narrowed. */
export async function openWithToken(pair: PagesPair, token: string, path: string): Promise<Page> {
  const seal = createSeal({ read: () => apiSecret });
  const sealed = await seal.close('session', { token, name: 'ann' }, Math.floor(Date.now() / 1000) + 600);
  return new Browser({ Cookie: `loop_vault_session=${sealed}` }).visit(pair.url + path);
}
