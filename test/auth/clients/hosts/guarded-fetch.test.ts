// Reading a URL that a stranger chose: nothing inside the network is reached, and no answer can be long or slow.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createListener } from 'node:net';
import t, { type Test } from 'tap';
import {
  createGuardedFetch,
  FetchBusy,
  FetchFailed,
  type Network,
} from '../../../../auth/clients/hosts/guarded-fetch.ts';
import { isPublicAddress } from '../../../../auth/clients/hosts/public-address.ts';
import { createResolver } from '../../../../auth/clients/hosts/resolver.ts';
import { type Handler, startClientHosts } from '../../../support/client-hosts.ts';
import { startNameServer } from '../../../support/name-server.ts';

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
    resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
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
  t.ok(took > 2000, `given up after ${Math.round(took)} ms, and not before`);
});

t.test('an answer of exactly the most bytes is taken, and one of a byte more is not', async (t) => {
  const hosts = await startClientHosts(t);
  const url = 'https://client.example/client.json';
  const most = JSON.stringify('x'.repeat(4998));
  t.equal(most.length, 5000);
  for (const withLength of [true, false]) {
    const serve = (text: string): void =>
      hosts.serve(url, (_request, response) => {
        response.writeHead(200, withLength ? { 'Content-Length': text.length } : {});
        response.write(text.slice(0, 3000));
        response.end(text.slice(3000));
      });
    serve(most);
    t.equal((await hosts.fetchJson(url, 5000)).body, 'x'.repeat(4998));
    serve(`${most} `);
    await t.rejects(hosts.fetchJson(url, 5000), { name: 'FetchFailed' }, `length told: ${withLength}`);
  }
});

t.test(
  'every reading has a connection of its own, which is closed behind it whatever was answered',
  async (t) => {
    const hosts = await startClientHosts(t);
    const url = 'https://client.example/client.json';
    const answers: Readonly<Record<string, Handler>> = {
      'what is good': (_request, response) => response.writeHead(200).end('{}'),
      'a refusal that goes on': (_request, response) => void response.writeHead(403).write('more'),
      'too much that goes on': (_request, response) => void response.writeHead(200).write('x'.repeat(6000)),
    };
    for (const [what, answer] of Object.entries(answers)) {
      const ports = new Set<number | undefined>();
      const closed: Promise<unknown>[] = [];
      hosts.serve(url, (request, response) => {
        ports.add(request.socket.remotePort);
        t.equal(request.headers.connection, 'close', 'nothing is to be kept open');
        closed.push(once(request.socket, 'close'));
        answer(request, response);
      });
      await hosts.fetchJson(url, 5000).catch(() => {});
      await hosts.fetchJson(url, 5000).catch(() => {});
      t.equal(ports.size, 2, `${what}: two connections`);
      const late = new Promise((resolve) => setTimeout(resolve, 2000, 'late'));
      t.not(await Promise.race([Promise.all(closed), late]), 'late', `${what}: closed at once`);
    }
  },
);

t.test(
  'two readings of a host and eight in all go on at once; the rest are refused without a question',
  async (t) => {
    const hosts = await startClientHosts(t);
    const waiting: Array<() => void> = [];
    const urlOf = (host: number, n: number): string => `https://host-${host}.example/${n}.json`;
    const serve = (url: string): void =>
      hosts.serve(url, (_request, response) => void waiting.push(() => response.writeHead(200).end('{}')));
    const read = (host: number, n: number): Promise<unknown> => {
      serve(urlOf(host, n));
      return hosts.fetchJson(urlOf(host, n), 5000);
    };
    const underWay = [1, 2, 3].flatMap((host) => [read(host, 1), read(host, 2)]);
    await t.rejects(read(1, 3), FetchBusy, 'a third of one host');
    underWay.push(read(4, 1), read(5, 1));
    await t.rejects(read(6, 1), FetchBusy, 'a ninth');
    while (waiting.length < 8) await new Promise((resolve) => setTimeout(resolve, 5));
    t.equal(hosts.asked.length, 8);
    for (const answer of waiting.splice(0)) answer();
    await Promise.all(underWay);
    const failing = read(1, 4);
    hosts.serve(urlOf(1, 4), (_request, response) => void response.writeHead(500).end());
    await t.rejects(failing, FetchFailed);
    const again = [read(1, 5), read(1, 6)];
    while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const answer of waiting.splice(0)) answer();
    await Promise.all(again);
  },
);

t.test('a name that nobody answers is given up in time, and others are read meanwhile', async (t) => {
  const server = await startNameServer(t, { 'client.example': '127.0.0.1' });
  const answered = createServer((_request, response) => void response.end('{"a":1}'));
  await new Promise<void>((resolve) => answered.listen(0, '127.0.0.1', resolve));
  t.teardown(() => answered.close());
  const { port } = answered.address() as AddressInfo;
  const read = createGuardedFetch({
    resolve: createResolver([server.address]),
    isAllowed: () => true,
    request: (url, options, onResponse) => request({ ...options, host: url.hostname, port }, onResponse),
  });
  let ended = 0;
  const silent = Array.from({ length: 6 }, (_, n) =>
    t.rejects(read(`https://silent-${n}.example/x.json`, 5000), FetchFailed).then(() => {
      ended += 1;
    }),
  );
  t.same((await read('https://client.example/x.json', 5000)).body, { a: 1 });
  t.equal(ended, 0, 'while the others still wait');
  await Promise.all(silent);
  t.equal(ended, 6);
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
