// Reading a URL that a stranger chose: nothing inside the network is reached, and no answer can be long or slow.
import { request } from 'node:http';
import { type AddressInfo, createServer as createListener } from 'node:net';
import t, { type Test } from 'tap';
import {
  createGuardedFetch,
  FetchFailed,
  type Network,
} from '../../../../auth/clients/hosts/guarded-fetch.ts';
import { isPublicAddress } from '../../../../auth/clients/hosts/public-address.ts';
import { type Handler, startClientHosts } from '../../../support/client-hosts.ts';

t.test('only addresses of the public internet are public', (t) => {
  for (const address of ['1.1.1.1', '104.18.32.47', '172.15.255.255', '172.32.0.1', '2606:4700::6812:202f'])
    t.ok(isPublicAddress(address), address);
  for (const address of [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.178.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::7f00:1',
    '64:ff9b::a00:1',
    '100::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'localhost',
    '',
  ])
    t.notOk(isPublicAddress(address), address);
  t.end();
});

t.test('a name that leads inside is not connected to, whatever else it leads to', async (t) => {
  const { port, connections } = await startListener(t);
  const leadsTo = (...addresses: string[]): Network => ({
    resolve: (_name, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    isAllowed: isPublicAddress,
    request: (url, options, onResponse) => request({ ...options, host: url.hostname, port }, onResponse),
  });
  for (const addresses of [
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['104.18.32.47', '127.0.0.1'],
    ['169.254.169.254'],
    [],
  ]) {
    const read = createGuardedFetch(leadsTo(...addresses));
    await t.rejects(read('https://client.example/client.json', 5000), FetchFailed, addresses.join(' and '));
  }
  t.equal(connections(), 0, 'no connection was made');
});

t.test('with the real resolver and a real listener, nothing on this machine hears of it', async (t) => {
  const { port, connections } = await startListener(t);
  const read = createGuardedFetch();
  for (const url of [
    `https://localhost:${port}/client.json`,
    `https://127.0.0.1:${port}/client.json`,
    `https://[::1]:${port}/client.json`,
    `https://2130706433:${port}/client.json`,
    `https://0x7f.1:${port}/client.json`,
    `https://0:${port}/client.json`,
    `http://localhost:${port}/client.json`,
    'file:///etc/passwd',
    'not a url',
  ]) {
    await t.rejects(read(url, 5000), FetchFailed, url);
  }
  t.equal(connections(), 0);
});

t.test('one answer of at most so many bytes, as JSON, with 200, in time', async (t) => {
  const hosts = await startClientHosts(t);
  const url = 'https://client.example/client.json';
  const bad: Readonly<Record<string, Handler>> = {
    'a redirect': (_request, response) =>
      response.writeHead(302, { Location: 'https://client.example/other' }).end(),
    'an error': (_request, response) => response.writeHead(403).end('{}'),
    'no content': (_request, response) => response.writeHead(204).end(),
    'a page': (_request, response) => response.writeHead(200).end('<html>'),
    'too much': (_request, response) => response.writeHead(200).end(JSON.stringify('x'.repeat(5000))),
    'too much, bit by bit': (_request, response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write('"'.repeat(1000)), 5);
      response.on('close', () => clearInterval(more));
    },
    'half of it': (_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{');
      setTimeout(() => response.destroy(), 20);
    },
  };
  hosts.serve('https://client.example/other', {});
  for (const [what, handler] of Object.entries(bad)) {
    hosts.serve(url, handler);
    await t.rejects(hosts.fetchJson(url, 5000), FetchFailed, what);
  }
  t.notOk(hosts.asked.includes('https://client.example/other'), 'a redirect is not followed');
  hosts.serve(url, (_request, response) => response.writeHead(200).flushHeaders());
  const started = performance.now();
  await t.rejects(hosts.fetchJson(url, 5000), FetchFailed, 'an answer that never ends');
  const took = performance.now() - started;
  t.ok(took > 2000 && took < 4000, `given up after ${Math.round(took)} ms`);
});

t.test('the cache headers say how long an answer is fresh', async (t) => {
  const hosts = await startClientHosts(t);
  const url = 'https://client.example/client.json';
  for (const [headers, seconds] of [
    [{}, undefined],
    [{ 'Cache-Control': 'public, max-age=600' }, 600],
    [{ 'Cache-Control': 'no-cache' }, 0],
    [{ 'Cache-Control': 'no-store, max-age=600' }, 0],
    [{ Expires: new Date(Date.now() - 1000).toUTCString() }, 0],
    [{ Expires: 'never' }, undefined],
  ] as const) {
    hosts.serve(url, { a: 1 }, headers);
    t.same(
      await hosts.fetchJson(url, 5000),
      { body: { a: 1 }, maxAgeSeconds: seconds },
      JSON.stringify(headers),
    );
  }
});

async function startListener(t: Test): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const listener = createListener((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, resolve));
  t.teardown(() => listener.close());
  return { port: (listener.address() as AddressInfo).port, connections: () => connections };
}
