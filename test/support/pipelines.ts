// What a server does with requests that one connection sends without waiting for answers (RFC 9112, section 9.3.2).
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Test } from 'tap';

const allowed = 8;
const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Some are served, as often as one likes; of many at once no more are begun than these. */
export async function testPipelines(
  t: Test,
  listen: (listener: RequestListener) => Promise<Server>,
): Promise<void> {
  let begun = 0;
  const server = await listen((req, res) => {
    begun += 1;
    if (req.url === '/answered') res.end('done');
  });
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const few = connect(port, '127.0.0.1').setEncoding('utf8');
  let answers = '';
  few.on('data', (text: string) => {
    answers += text;
  });
  const rounds = 3;
  for (let round = 1; round <= rounds; round += 1) {
    few.write(request('/answered').repeat(allowed));
    while (answers.split('done').length <= allowed * round) await once(few, 'data');
  }
  t.equal(begun, rounds * allowed, 'as many again, once they are answered');
  begun = 0;
  const many = connect(port, '127.0.0.1').on('error', () => undefined);
  many.write(request('/never').repeat(1_000));
  many.resume();
  if (!many.closed) await once(many, 'close');
  t.ok(begun <= allowed, `${begun} of 1,000 were begun`);
  few.destroy();
}
