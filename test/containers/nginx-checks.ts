// What nginx does with our configurations, seen from both sides: a client in front, servers of the drill's own behind it.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:http2';

export interface Addresses {
  /** An address that loop-auth answers, and one of loop-api. */
  readonly token: string;
  readonly mcp: string;
}

const ports = { auth: 8083, api: 8082, apiNext: 8092 } as const;

/** Nothing may listen on the services' ports. Resolves to the faults found, a line each. */
export async function checkNginx({ token, mcp }: Addresses): Promise<string[]> {
  const note = mcp.replace(/mcp$/, 'notes/a.md');
  const faults: string[] = [];
  const expect = (isSo: boolean, fault: string): void => {
    if (!isSo) faults.push(fault);
  };

  const away = await ask(token, { method: 'POST' });
  expect(away.status === 503, `/token while loop-auth is away: ${away.status}`);
  expect(away.body.includes('"error":"temporarily_unavailable"'), `/token while away: ${away.body}`);
  expect(away.headers.get('retry-after') !== null, '/token while away has no Retry-After');
  expect(away.headers.get('content-type') === 'application/json', '/token while away is not JSON');
  const page = await ask(token, { headers: { Accept: 'text/html,*/*' } });
  expect(page.status === 503 && page.body.includes('<h1>'), `a page while loop-auth is away: ${page.body}`);
  const mcpAway = await ask(mcp, { method: 'POST', body: '{}' });
  expect(mcpAway.status === 503, `/mcp while loop-api is away: ${mcpAway.status}`);
  expect(/"jsonrpc":"2.0".*"error":\{"code":-?\d+/.test(mcpAway.body), `/mcp while away: ${mcpAway.body}`);
  expect(mcpAway.headers.get('retry-after') !== null, '/mcp while away has no Retry-After');
  const large = await ask(mcp, { method: 'POST', body: Buffer.alloc(9_000_000) });
  expect(large.status === 413 && large.body.includes('"jsonrpc"'), `a large body: ${large.body}`);
  for (const path of ['/metrics', '/metrics/', '/METRICS']) {
    for (const origin of [mcp, token]) {
      const metrics = await ask(new URL(path, origin).href, {});
      expect(metrics.status === 404, `${path} is open: ${metrics.status}`);
    }
  }

  const seen: IncomingMessage[] = [];
  await behind({ auth: answer(seen, 'auth') }, async () => {
    const forged = { 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Proto': 'http' };
    expect(
      (await ask(token, { method: 'POST', headers: forged })).body === 'auth',
      '/token is not passed on',
    );
    const headers = seen[0]?.headers ?? ({} as IncomingMessage['headers']);
    expect(headers['x-forwarded-for'] === '127.0.0.1', `a forged address: ${headers['x-forwarded-for']}`);
    expect(headers['x-forwarded-proto'] === 'https', 'a forged protocol');
    expect(headers.host === new URL(token).host, `Host is ${headers.host}`);
  });

  const older: IncomingMessage[] = [];
  await behind({ auth: answer(older, 'auth') }, async () => {
    const paths = ['/token', '/register', '/.well-known/oauth-authorization-server/mcp'];
    for (const path of paths) {
      const passed = await ask(new URL(path, mcp).href, { method: 'POST', body: 'x' });
      expect(passed.body === 'auth', `${path} at the MCP address is not passed on`);
    }
    const authorize = await ask(new URL('/authorize?x=y', mcp).href, { redirect: 'manual' });
    const target = authorize.headers.get('location');
    expect(target === token.replace(/token$/, 'auth?x=y'), `/authorize leads to ${target}`);
  });

  const stream: RequestListener = (_request, response) => void response.write('first');
  await behind({ api: stream }, async () => {
    // Held back, the answer does not even begin before the stream ends, which it never does here.
    const signal = AbortSignal.timeout(5000);
    const response = await fetch(mcp, { method: 'POST', body: '{}', signal }).catch(() => undefined);
    const reader = response?.body?.getReader();
    const first = await reader?.read().catch(() => undefined);
    expect(new TextDecoder().decode(first?.value) === 'first', 'a stream is held back');
    await reader?.cancel().catch(() => undefined);
  });

  const repeated: IncomingMessage[] = [];
  await behind({ api: cutConnection, apiNext: answer(repeated, 'next') }, async () => {
    expect((await ask(note, {})).body === 'next', 'a GET is not asked again at the other server');
    const post = await ask(mcp, { method: 'POST', body: '{}' });
    expect(post.status === 503, `a POST whose connection was cut: ${post.status}`);
    expect(
      repeated.every(({ method }) => method === 'GET'),
      'a POST that was sent is repeated',
    );
  });
  await behind({ apiNext: answer([], 'next') }, async () => {
    const post = await ask(mcp, { method: 'POST', body: '{}' });
    expect(post.body === 'next', `a POST that could not be sent: ${post.status} ${post.body}`);
    expect((await statusOverHttp2(note)) === 200, 'HTTP/2');
  });
  return faults;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

function answer(seen: IncomingMessage[], text: string): RequestListener {
  return (request, response) => {
    seen.push(request);
    request.resume().once('end', () => response.end(text));
  };
}

const cutConnection: RequestListener = (request) => {
  request.resume().once('end', () => request.socket.destroy());
};

async function behind(
  listeners: Partial<Record<keyof typeof ports, RequestListener>>,
  work: () => Promise<void>,
): Promise<void> {
  const servers: Server[] = [];
  try {
    for (const [name, listener] of Object.entries(listeners)) {
      const server = createServer(listener);
      servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(ports[name as keyof typeof ports], '127.0.0.1', resolve);
      });
    }
    await work();
  } finally {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

async function statusOverHttp2(url: string): Promise<number> {
  const session = connect(new URL(url).origin);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  session.once('error', reject);
  const stream = session.request({ ':path': new URL(url).pathname });
  stream.once('error', reject).once('response', (headers) => resolve(Number(headers[':status'])));
  stream.resume().end();
  try {
    return await promise;
  } finally {
    session.close();
  }
}
