// A whole sign-in without a person, by a client that goes again: the page, a code for a token, calls, a stream.
import type { AuthConfig } from '../../auth/config.ts';
import { elsewhere, type Finding, failure, fine } from './findings.ts';
import { type Answer, type Asked, ask, askStream, NoAnswer } from './probe.ts';
import type { Check, World } from './world.ts';

export const signInChecks: readonly Check[] = [
  { name: 'signIn', needs: ['endpoints', 'account', 'keys'], run: lookAtSignIn },
  { name: 'token', needs: ['signIn', 'names'], run: lookAtToken },
  { name: 'calls', needs: ['token', 'credential', 'authorization'], run: lookAtCalls },
  { name: 'stream', needs: ['calls', 'protocol'], run: lookAtStream },
];

const streamSeconds = 4;

async function lookAtSignIn(world: World): Promise<Finding> {
  const { auth } = world.subject;
  if (!auth) return elsewhere;
  const { makeTemporaryClient } = await import('./temporary-client.ts');
  const temporary = await makeTemporaryClient(auth, world.subject.resource);
  if (!temporary) return elsewhere;
  world.endings.push(temporary.end);
  world.temporary = temporary;
  const address = String(world.metadata?.['authorization_endpoint']);
  const page = await followToPage(`${address}?${temporary.authorization}`);
  const issuer = String(world.metadata?.['issuer']);
  return isSignIn(page, auth)
    ? fine(address)
    : failure('signInPage', { address, status: `${page.status} ${withoutIds(page.url)}`, issuer });
}

/** The form, or where passwords are turned off the way to the identity provider. */
function isSignIn({ status, text, url }: Answer, { isLocalSignInOn, issuer }: AuthConfig): boolean {
  if (isLocalSignInOn) return status === 200 && text.includes('type="password"');
  return status === 303 && new URL(url).origin !== new URL(issuer).origin;
}

/** What stands for a sign-in under way is nobody's business, the way to it is. */
function withoutIds(address: string): string {
  return address.replace(/\?.*/, '').replace(/(\/interaction\/).*/, '$1…');
}

/** As a browser does it: with the cookies that it was given, to wherever it is sent, three times at most. */
async function followToPage(start: string): Promise<Answer> {
  const cookies = new Map<string, string>();
  let answer = await ask(start, { headers: { Accept: 'text/html' } });
  for (let hops = 0; hops < 3; hops += 1) {
    for (const cookie of answer.headers('set-cookie')) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = answer.header('location');
    if (answer.status < 300 || answer.status >= 400 || location === undefined) return answer;
    const target = new URL(location, answer.url);
    // Not followed to where the browser would not take the cookies along, and never to the client's own address.
    if (target.origin !== new URL(start).origin) return { ...answer, url: target.href };
    const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    answer = await ask(target.href, { headers: { Accept: 'text/html', Cookie } });
  }
  return answer;
}

async function lookAtToken(world: World): Promise<Finding> {
  if (!world.temporary) return elsewhere;
  const address = String(world.metadata?.['token_endpoint']);
  const answer = await ask(address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: String(world.temporary.exchange),
  });
  const token = answer.json?.['access_token'];
  if (answer.status === 200 && typeof token === 'string') {
    world.accessToken = token;
    return fine(address);
  }
  const status = `${answer.status} ${String(answer.json?.['error'] ?? '')}`.trim();
  return failure('tokenNotGiven', { address, status });
}

async function lookAtCalls(world: World): Promise<Finding> {
  if (world.accessToken === undefined) return elsewhere;
  const clientInfo = { name: 'loop-doctor', version: '1' };
  const calls: ReadonlyArray<readonly [method: string, params: object, member: string]> = [
    ['initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }, 'serverInfo'],
    ['tools/list', {}, 'tools'],
  ];
  const { resource } = world.subject;
  let tools: unknown;
  for (const [method, params, member] of calls) {
    const answer = await ask(resource, callOf(world.accessToken, method, params));
    const result = readResult(answer);
    if (answer.status !== 200 || result?.[member] === undefined) {
      return failure('callFailed', { address: resource, method, status: String(answer.status) });
    }
    tools = result['tools'];
  }
  return fine(Array.isArray(tools) ? `tools: ${tools.length}` : '');
}

function callOf(token: string, method: string, params: object): Asked {
  return {
    method: 'POST',
    headers: {
      Accept: 'application/json, text/event-stream',
      'Content-Type': 'application/json',
      'MCP-Protocol-Version': '2025-11-25',
      Authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  };
}

/** An answer may be one JSON body or one event of a stream. */
function readResult({ json, text }: Answer): Readonly<Record<string, unknown>> | undefined {
  if (json) return json['result'] as Record<string, unknown> | undefined;
  const data = text.split('\n').find((line) => line.startsWith('data:'));
  try {
    return (JSON.parse(data?.slice('data:'.length) ?? '') as { result?: Record<string, unknown> }).result;
  } catch {
    return undefined;
  }
}

/** The older transport's stream says something at once, and then nothing for 15 s. */
async function lookAtStream({ subject: { resource, api }, accessToken }: World): Promise<Finding> {
  if (accessToken === undefined) return elsewhere;
  if (api && !api.sse) return { state: 'skipped', why: 'sse' };
  const address = resource.replace(/\/mcp$/, '/sse');
  const asked = { headers: { Accept: 'text/event-stream', Authorization: `Bearer ${accessToken}` } };
  try {
    const answer = await askStream(address, asked, (text) => text.includes('\n\n'), streamSeconds * 1000);
    if (answer.status === 404) return { state: 'skipped', why: 'sse' };
    if (answer.status !== 200)
      return failure('callFailed', { address, method: 'GET', status: String(answer.status) });
    if (answer.text.includes('\n\n')) return fine(address);
  } catch (error) {
    if (!(error instanceof NoAnswer) || error.reason !== 'timeout') throw error;
  }
  return failure('buffered', { address, seconds: String(streamSeconds) });
}
