// The doctor against setups that are broken in one place each: the first failure that it names is the cause.
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { backUp } from '../../../adapters/backups/copy.ts';
import { openDatabase } from '../../../adapters/database/open.ts';
import { KeyStore } from '../../../adapters/stores/keys.ts';
import { createKeySeal, sealStoredKeys } from '../../../auth/keys/seal.ts';
import { Pair } from '../../../scripts/demo/pair.ts';
import { startPlainServer } from '../../support/broken-proxy.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { createFolder } from '../../support/databases.ts';
import { type Diagnosis, freePorts, type ProxiedPair, startProxiedPair } from '../../support/proxied-pair.ts';
import { settingsFor, startProvider } from '../../support/upstream.ts';

interface Setup {
  readonly name: string;
  /** The check and the cause that must be named first. */
  readonly first: string;
  readonly run: (world: ProxiedPair, t: Test) => Promise<Diagnosis>;
}

const day = 24 * 3600 * 1000;
const html = (status: number, text = 'Not Found'): [number, Record<string, string>, string] => [
  status,
  { 'Content-Type': 'text/html' },
  `<!doctype html><html><body><h1>${text}</h1></body></html>`,
];

/** With a proxy that does that wrong. */
const proxied =
  (fault: ProxiedPair['proxy']['fault'], args: readonly string[] = []): Setup['run'] =>
  async ({ proxy, diagnose, environment }) => {
    proxy.fault = fault;
    return diagnose(environment, args);
  };

/** With other settings than the services have. */
const set =
  (settings: Readonly<Record<string, string>>): Setup['run'] =>
  ({ diagnose, environment }) =>
    diagnose({ ...environment, ...settings });

/** With another certificate at the proxy; what it makes is the chain that is sent, and its key. */
const certified =
  (make: (world: ProxiedPair) => { chain: string; key: string }): Setup['run'] =>
  async (world) => {
    const { chain, key } = make(world);
    world.proxy.present(chain, key);
    return world.diagnose();
  };

/** With a copy of the database that was changed. */
const stored =
  (change: (path: string, t: Test) => void | Promise<void>): Setup['run'] =>
  async ({ pair, diagnose, environment }, t) => {
    const path = join(createFolder(t), 'auth.db');
    backUp(pair.databaseUrl.replace('sqlite:', ''), path, 1);
    copyFileSync(join(pair.folder, 'api-client-secret'), join(path, '../api-client-secret'));
    await change(path, t);
    return diagnose({ ...environment, AUTH_DATABASE_URL: `sqlite:${path}` });
  };

/** From elsewhere, where nothing is known but the address. */
const fromElsewhere =
  (url: (world: ProxiedPair, t: Test) => string | Promise<string>): Setup['run'] =>
  async (world, t) =>
    world.diagnose({}, ['--url', await url(world, t)]);

const without =
  (pattern: RegExp) =>
  (headers: [string, string][]): [string, string][] =>
    headers.filter(([name]) => !pattern.test(name));

const setups: readonly Setup[] = [
  {
    name: 'two settings that can’t be read',
    first: 'settings settings',
    run: set({ AUTH_PORT: 'eighty', API_SSE: 'maybe' }),
  },
  {
    name: 'an issuer with a slash at its end',
    first: 'settings settings',
    run: set({ AUTH_ISSUER: 'https://localhost/auth/' }),
  },
  {
    name: 'a damaged database',
    first: 'database databaseDamaged',
    run: stored((path) => {
      const bytes = readFileSync(path);
      bytes.fill(0xff, 4096, 4096 * 3);
      writeFileSync(path, bytes);
    }),
  },
  {
    name: 'a database of a newer version',
    first: 'database databaseNewer',
    run: stored((path) => {
      const file = new Sqlite(path);
      file.exec("INSERT INTO knex_migrations (name, batch) VALUES ('9999-of-tomorrow', 9)");
      file.close();
    }),
  },
  {
    name: 'a database without an account',
    first: 'account noAccount',
    run: stored((path) => {
      const file = new Sqlite(path);
      file.exec('DELETE FROM accounts');
      file.close();
    }),
  },
  {
    name: 'keys that are encrypted, and AUTH_ENCRYPTION_KEY missing',
    first: 'keys keys',
    run: stored(async (path) => {
      const database = await openDatabase(`sqlite:${path}`);
      await sealStoredKeys(new KeyStore(database), createKeySeal('a key of at least thirty-two signs'));
      await database.close();
    }),
  },
  {
    name: 'an identity provider that is away',
    first: 'upstream upstreamAway',
    run: ({ diagnose, environment }) => diagnose({ ...environment, ...settingsFor('http://127.0.0.1:9') }),
  },
  {
    name: 'an identity provider under another name',
    first: 'upstream upstreamOther',
    run: async ({ diagnose, environment }, t) => {
      const { issuer } = await startProvider(t);
      return diagnose({ ...environment, ...settingsFor(`${issuer}/`) });
    },
  },
  {
    name: 'loop-auth not running',
    first: 'auth serviceAway',
    run: async ({ pair, diagnose }) => {
      await pair.stop('auth');
      const diagnosis = await diagnose();
      await pair.start('auth');
      return diagnosis;
    },
  },
  {
    name: 'loop-api not running',
    first: 'api serviceAway',
    run: async ({ pair, diagnose }) => {
      await pair.stop('api');
      const diagnosis = await diagnose();
      await pair.start('api');
      return diagnosis;
    },
  },
  {
    name: 'the folder of notes away',
    first: 'vault vaultAway',
    run: async ({ vault, ports, diagnose }) => {
      const isAway = async () =>
        (await (await fetch(`http://127.0.0.1:${ports.api}/readyz`)).text()).includes('away');
      renameSync(vault, `${vault}.away`);
      while (!(await isAway()));
      const diagnosis = await diagnose();
      renameSync(`${vault}.away`, vault);
      while (await isAway());
      return diagnosis;
    },
  },
  {
    name: 'loop-auth with another issuer',
    first: 'names otherName',
    run: async (world) => {
      const issuer = world.environment['AUTH_ISSUER']?.replace(/\/auth$/, '/login') ?? '';
      return world.diagnose({ ...world.environment, AUTH_ISSUER: issuer });
    },
  },
  {
    name: 'loop-api with an issuer that has a slash at its end',
    first: 'names otherName',
    run: async ({ environment, diagnose }, t) => {
      const [port] = await freePorts();
      const own = { AUTH_ISSUER: `${environment['AUTH_ISSUER']}/`, API_PORT: String(port) };
      const other = await Pair.create({ ...environment, ...own });
      t.teardown(() => other.close());
      await other.start('api');
      return diagnose({ ...environment, API_PORT: String(port) });
    },
  },
  {
    name: 'the MCP URL typed in capital letters',
    first: 'names otherName',
    run: async ({ diagnose, environment }) =>
      diagnose(environment, ['--url', environment['API_RESOURCE']?.replace('localhost', 'LOCALHOST') ?? '']),
  },
  {
    name: 'http for loop-auth and https for the MCP URL',
    first: 'names mixedSchemes',
    run: async ({ environment, diagnose }, t) => {
      const plain = environment['AUTH_ISSUER']?.replace('https:', 'http:') ?? '';
      const [auth, api] = await freePorts();
      const own = {
        AUTH_ISSUER: plain,
        AUTH_PORT: String(auth),
        API_PORT: String(api),
        API_AUTH_URL: `http://127.0.0.1:${auth}`,
      };
      const other = await Pair.create({ ...environment, ...own });
      t.teardown(() => other.close());
      await other.start('auth');
      await other.start('api');
      return diagnose({ ...environment, ...own });
    },
  },
  {
    name: 'a secret that is not there',
    first: 'credential secretMissing',
    run: async ({ pair, diagnose }) => {
      const file = join(pair.folder, 'api-client-secret');
      renameSync(file, `${file}.away`);
      const diagnosis = await diagnose();
      renameSync(`${file}.away`, file);
      return diagnosis;
    },
  },
  {
    name: 'another secret',
    first: 'credential secretWrong',
    run: set({ API_CLIENT_SECRET: 'another secret of loop-api' }),
  },
  {
    name: 'a name that leads nowhere',
    first: 'dns nameUnknown',
    run: fromElsewhere(() => `https://${'a'.repeat(70)}.example/mcp`),
  },
  {
    name: 'no proxy',
    first: 'connection connectionRefused',
    // Nobody listens below 1024 here but the system.
    run: fromElsewhere(() => 'https://localhost:1/mcp'),
  },
  {
    name: 'a proxy that takes the connection and never answers',
    first: 'connection connectionRefused',
    run: fromElsewhere(async (_world, t) => `http://localhost:${await startPlainServer(t, () => {})}/mcp`),
  },
  {
    name: 'a port without TLS',
    first: 'connection noTls',
    run: fromElsewhere(({ ports }) => `https://localhost:${ports.api}/mcp`),
  },
  {
    name: 'a clock that is two hours off',
    first: 'clock clockOff',
    run: set({
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent('const now=Date.now;Date.now=()=>now()+7200000')}`,
    }),
  },
  {
    name: 'an expired certificate',
    first: 'certificate certificateExpired',
    run: certified(({ authorities: { middle } }) => {
      const wish = { name: 'localhost', hosts: ['localhost'], signer: middle };
      const own = makeCertificate({
        ...wish,
        notBefore: new Date(Date.now() - 90 * day),
        notAfter: new Date(Date.now() - day),
      });
      return { chain: own.certificate + middle.certificate, key: own.key };
    }),
  },
  {
    name: 'a certificate of tomorrow',
    first: 'certificate certificateEarly',
    run: certified(({ authorities: { middle } }) => {
      const own = makeCertificate({
        name: 'localhost',
        hosts: ['localhost'],
        signer: middle,
        notBefore: new Date(Date.now() + day),
      });
      return { chain: own.certificate + middle.certificate, key: own.key };
    }),
  },
  {
    name: 'a certificate for another name',
    first: 'certificate certificateName',
    run: certified(({ authorities: { middle } }) => {
      const own = makeCertificate({ name: 'nas.example', hosts: ['nas.example'], signer: middle });
      return { chain: own.certificate + middle.certificate, key: own.key };
    }),
  },
  {
    name: 'a certificate signed by itself',
    first: 'certificate certificateSelfSigned',
    run: certified(() => {
      const own = makeCertificate({ name: 'localhost', hosts: ['localhost'] });
      return { chain: own.certificate, key: own.key };
    }),
  },
  {
    name: 'an incomplete chain',
    first: 'certificate certificateChain',
    run: certified(({ authorities: { middle } }) => {
      const own = makeCertificate({ name: 'localhost', hosts: ['localhost'], signer: middle });
      return { chain: own.certificate, key: own.key };
    }),
  },
  {
    name: 'an authority that nobody knows',
    first: 'certificate certificateUntrusted',
    run: certified(() => {
      const authority = makeCertificate({ name: 'My own root' });
      const own = makeCertificate({ name: 'localhost', hosts: ['localhost'], signer: authority });
      return { chain: own.certificate + authority.certificate, key: own.key };
    }),
  },
  { name: 'a proxy of HTTP/1.0', first: 'protocol httpOld', run: proxied({ isOld: true }) },
  {
    name: 'a redirect from http to https on /mcp',
    first: 'endpoint redirected',
    run: fromElsewhere(async ({ proxy }, t) => {
      const port = await startPlainServer(t, (req, res) => {
        res.writeHead(308, { Location: `https://localhost:${proxy.port}${req.url}` }).end();
      });
      return `http://localhost:${port}/mcp`;
    }),
  },
  {
    name: 'a proxy that does not reach loop-api (502, HTML)',
    first: 'endpoint proxyError',
    run: proxied({ route: (path) => (path.startsWith('/auth/') ? {} : { port: 1 }) }),
  },
  {
    name: 'a proxy that passes on another Host',
    first: 'endpoint hostRefused',
    run: proxied({
      requestHeaders: (headers) => {
        headers['host'] = 'loop_api';
      },
    }),
  },
  {
    name: 'a proxy that takes /mcp off the path',
    first: 'endpoint notRefused',
    run: proxied({ route: (path) => ({ path: path.replace(/^\/mcp/, '/') }) }),
  },
  {
    name: 'a proxy that asks for a password of its own',
    first: 'endpoint notRefused',
    run: proxied({
      answer: (_req, res) => {
        res.writeHead(401, { 'WWW-Authenticate': 'Basic realm="NAS"' }).end('<html>401</html>');
        return true;
      },
    }),
  },
  {
    name: 'a proxy that drops WWW-Authenticate',
    first: 'challenge challengeDropped',
    run: proxied({ answerHeaders: without(/^www-authenticate$/i) }),
  },
  {
    name: 'a proxy that writes its own address into the challenge',
    first: 'challenge challengeWrong',
    run: proxied({
      answerHeaders: (headers) =>
        headers.map(([name, value]) => [
          name,
          value.replace(/https:\/\/localhost:\d+/, 'http://10.0.0.2:8082'),
        ]),
    }),
  },
  {
    name: 'a proxy that drops Authorization',
    first: 'authorization authorizationDropped',
    run: proxied({
      requestHeaders: (headers) => {
        delete headers['authorization'];
      },
    }),
  },
  {
    name: 'a proxy that keeps /.well-known/ for itself',
    first: 'resource documentMissing',
    run: proxied({
      answer: (req, res) => {
        if (!req.url?.startsWith('/.well-known/')) return false;
        const [status, headers, body] = html(404);
        res.writeHead(status, headers).end(body);
        return true;
      },
    }),
  },
  {
    name: 'an old description in a cache, with the MCP URL as it was before',
    first: 'resource documentStale',
    run: proxied({
      answer: (req, res) => {
        if (!req.url?.startsWith('/.well-known/oauth-protected-resource')) return false;
        const old = {
          resource: 'https://old.example/mcp',
          authorization_servers: ['https://old.example/auth'],
        };
        res.writeHead(200, { 'Content-Type': 'application/json', Age: '86400' }).end(JSON.stringify(old));
        return true;
      },
    }),
  },
  {
    name: 'a page of another program in the place of loop-auth’s description',
    first: 'issuer documentOther',
    run: proxied({
      answer: (req, res) => {
        if (!/^\/\.well-known\/(oauth-auth|openid)/.test(req.url ?? '')) return false;
        const [, headers, body] = html(200, 'Welcome');
        res.writeHead(200, headers).end(body);
        return true;
      },
    }),
  },
  {
    name: 'a proxy that does not lead the path-inserted form to loop-auth',
    first: 'issuer documentMissing',
    run: proxied({
      route: (path) => (/^\/\.well-known\/oauth-authorization-server/.test(path) ? { path: '/nothing' } : {}),
    }),
  },
  {
    name: 'a proxy that takes /auth off the path',
    first: 'issuer documentMissing',
    run: proxied({
      route: (path) => (path.startsWith('/auth/') ? { path: path.slice('/auth'.length) } : {}),
    }),
  },
  {
    name: 'old metadata of loop-auth in a cache',
    first: 'issuer documentStale',
    run: async ({ proxy, environment, diagnose }) => {
      const issuer = environment['AUTH_ISSUER'] ?? '';
      proxy.fault = {
        answer: (req, res) => {
          if (!/^\/\.well-known\/(oauth-auth|openid)/.test(req.url ?? '')) return false;
          res.writeHead(200, { 'Content-Type': 'application/json' });
          res.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/old` }));
          return true;
        },
      };
      return diagnose();
    },
  },
  {
    name: 'a firewall that answers POST to /token with a page',
    first: 'endpoints endpointWrong',
    run: proxied({
      answer: (req, res) => {
        if (req.url !== '/auth/token') return false;
        const [status, headers, body] = html(405, 'Not Allowed');
        res.writeHead(status, headers).end(body);
        return true;
      },
    }),
  },
  {
    name: 'a proxy that drops CORS headers',
    first: 'browsers corsMissing',
    run: proxied({ answerHeaders: without(/^access-control-/i) }),
  },
  {
    name: 'a proxy that adds CORS headers of its own',
    first: 'browsers corsDoubled',
    run: proxied({ answerHeaders: (headers) => [...headers, ['Access-Control-Allow-Origin', '*']] }),
  },
  {
    name: 'a proxy that hides which headers a page may read',
    first: 'browsers corsMissing',
    run: proxied({ answerHeaders: without(/^access-control-expose/i) }),
  },
  {
    name: 'a proxy that drops cookies',
    first: 'signIn signInPage',
    run: proxied({ answerHeaders: without(/^set-cookie$/i) }),
  },
  {
    name: 'a proxy that writes its own address into redirects',
    first: 'signIn signInPage',
    run: proxied({
      answerHeaders: (headers) =>
        headers.map(([name, value]) =>
          /^location$/i.test(name) ? [name, `http://10.0.0.2:8083${value}`] : [name, value],
        ),
    }),
  },
  { name: 'a proxy that holds streams back', first: 'stream buffered', run: proxied({ isBuffering: true }) },
];

t.test('each of them is named first', async (t) => {
  const world = await startProxiedPair(t);
  const { proxy, authorities } = world;
  const right = makeCertificate({ name: 'localhost', hosts: ['localhost'], signer: authorities.middle });
  const healthy = await world.diagnose();
  t.match(healthy, { code: 0, first: null }, healthy.text);
  t.same(
    healthy.lines.filter(({ state }) => state !== 'ok').map(({ check, state }) => `${check} ${state}`),
    ['backups warning'],
    'in order, all is looked at and nothing is wrong',
  );
  for (const { name, first, run } of setups) {
    proxy.fault = {};
    proxy.present(right.certificate + authorities.middle.certificate, right.key);
    const diagnosis = await run(world, t);
    const line = diagnosis.lines.find(({ state }) => state === 'failure');
    t.equal(`${line?.check} ${line?.cause}`, first, `${name} → ${line?.says}`);
    t.equal(diagnosis.code, 1, name);
    t.equal(diagnosis.first, line?.check, name);
    t.ok(line?.mend, name);
    // What follows from it is not told as a fault of its own.
    const others = diagnosis.lines.filter(({ state, check }) => state === 'failure' && check !== line?.check);
    t.same(
      others.map(({ check, cause }) => `${check} ${cause}`),
      [],
      `${name}: nothing else is called broken`,
    );
    t.comment(`${name} → ${line?.check}: ${line?.says}`);
  }
  t.ok(setups.length > 40);
});
