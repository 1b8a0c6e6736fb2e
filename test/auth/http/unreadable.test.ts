// auth/http/unreadable.ts: what is no request gets words all the same.
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { startServer, stopServer } from '../../../auth/http/server.ts';
import { sendBytes } from '../../support/raw-request.ts';

t.test('a request that Node can not read is answered with JSON that says why', async (t) => {
  const server = await startServer((_request, response) => void response.end('fine'), '127.0.0.1', 0);
  t.teardown(() => stopServer(server));
  const { port } = server.address() as AddressInfo;
  for (const [request, status, words] of [
    [`GET /auth?state=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, /16 KB/],
    ['POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n', 400, /can not be read/],
  ] as const) {
    const answer = await sendBytes(port, request);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    t.match(head, `HTTP/1.1 ${status} `);
    t.match(JSON.parse(body), { error: 'invalid_request', error_description: words });
  }
});
