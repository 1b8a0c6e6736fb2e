// A proxy that adds a bearer token to what has none, for programs that can not send one. All else passes as it is, Host and Origin too.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

/** Stands in front of the origin of `target` until the test ends; gives the URL to use in its place. */
export async function startBearerProxy(t: Test, target: string, accessToken: string): Promise<string> {
  const { hostname, port, pathname } = new URL(target);
  const server = createServer((req, res) => {
    const headers = { authorization: `Bearer ${accessToken}`, ...req.headers };
    const onward = request({ hostname, port, path: req.url, method: req.method, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}${pathname}`;
}
