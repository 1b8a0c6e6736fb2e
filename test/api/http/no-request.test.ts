// api/http/server.ts: what is no request gets words all the same.
import t from 'tap';
import { startWorld } from '../../support/loop-api.ts';
import { sendBytes } from '../../support/raw-request.ts';

t.test('a request that Node can not read is answered with problem details that say why', async (t) => {
  const { service } = await startWorld(t);
  const large = `GET /api/notes/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`;
  for (const [requests, status, words] of [
    [[large], 431, /too large/],
    [['GET / HTTP/9.9\r\n\r\n'], 400, /can be read/],
    [['\0\0\0\0\r\n\r\n'], 400, /can be read/],
    // On a connection that has had an answer before.
    [['GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n', large], 431, /too large/],
  ] as const) {
    const answer = await sendBytes(service.port, ...requests);
    const [, head = '', body = ''] = /(HTTP\/1\.1 4.*?)\r\n\r\n(.*)$/s.exec(answer) ?? [];
    t.match(head, `HTTP/1.1 ${status} `);
    t.match(head, 'Content-Type: application/problem+json');
    t.match(JSON.parse(body), { status, detail: words, error: 'invalid_request' });
  }
  t.equal((await fetch(`http://127.0.0.1:${service.port}/healthz`)).status, 200);
});
