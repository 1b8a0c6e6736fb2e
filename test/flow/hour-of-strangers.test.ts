// An hour of the worst that strangers can send, from one network and from many, and how large the database is then.
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import t from 'tap';
import { startSweep } from '../../adapters/sweep/sweep.ts';
import type { FetchJson } from '../../auth/clients/hosts/guarded-fetch.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { shiftClock } from '../support/clock.ts';
import { type App, type LoopAuth, redirectUri, startLoopAuth } from '../support/loop-auth.ts';

// Thousands of requests: more than the usual two minutes on a busy machine.
t.setTimeout(600_000);

/** What docs/storage.md says that strangers can take within an hour. */
const mostBytes = 100e6;

const minute = 60;
const year = 365 * 24 * 3600;

const { privateKey, publicKey } = await generateKeyPair('ES256');
const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' };

/** Every document names another key set each time it is read, and every key set is as large as it may be. */
const generous: FetchJson = async (url) => {
  const body = url.includes('/keys/')
    ? { keys: [{ ...jwk, note: 'x'.repeat(15_000) }] }
    : {
        client_id: url,
        client_name: 'x'.repeat(200),
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: `https://keys.example/keys/${randomUUID()}`,
        software_id: 'x'.repeat(4000),
      };
  return { body, maxAgeSeconds: 0 };
};

async function assertion(world: LoopAuth, clientId: string, exp: number): Promise<Record<string, string>> {
  const claims = { iss: clientId, sub: clientId, aud: world.issuer, jti: randomUUID(), exp };
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'key-1' })
      .sign(privateKey),
  };
}

/** Sends so many, a few at once; resolves to how many were answered with each status. */
async function send(
  count: number,
  one: (n: number) => Promise<{ status: number }>,
): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  for (let n = 0; n < count; n += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, m) => one(n + m)));
    for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return statuses;
}

const sizeOf = ({ databasePath }: LoopAuth): number =>
  ['', '-wal'].reduce((sum, suffix) => sum + statSync(databasePath + suffix).size, 0);

/** Of each table with its indexes, the largest first. */
function sizesByTable({ databasePath }: LoopAuth): Record<string, number> {
  const database = new Sqlite(databasePath, { readonly: true });
  const rows = database
    .prepare(
      'SELECT tbl_name AS name, sum(pgsize) AS bytes FROM dbstat JOIN sqlite_schema USING (name) GROUP BY 1 ORDER BY 2 DESC',
    )
    .all() as Array<{ name: string; bytes: number }>;
  database.close();
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]));
}

t.test(
  'an hour of everything that strangers can send leaves less than 100 MB, and everybody known goes on',
  async (t) => {
    const clock = shiftClock(t);
    const world = await startLoopAuth(t, {
      settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' },
      fetchJson: generous,
    });
    const own = new Browser();
    const { app: known, tokens } = await world.connect({ browser: own });
    const now = (): number => Math.floor(Date.now() / 1000);
    const sweep = startSweep(world.database, {
      refreshTokenIdleSeconds: year,
      accessTokenSeconds: 3600,
      unusedClientSeconds: year,
      pauseMs: 0,
    });
    t.teardown(() => sweep.stop());

    // Half of it from one network, half from sixty others.
    const from = (n: number): Record<string, string> => ({
      'X-Forwarded-For': n % 2 ? '192.0.2.1' : `2001:db8:0:${(n >> 1) % 60}::${n}`,
    });
    const register = (n: number): ReturnType<LoopAuth['ask']> => {
      const metadata = {
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [jwk] },
        software_id: 'x'.repeat(n % 3 === 0 ? 50_000 : 7600),
      };
      const headers = { 'Content-Type': 'application/json', ...from(n) };
      return world.ask('/reg', { method: 'POST', headers, body: JSON.stringify(metadata) });
    };
    const signers: App[] = [];
    for (let n = 0; n < 20; n += 1)
      signers.push(
        await world.register({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } }),
      );
    // What takes most room as text of its own length, and what takes six times as much as JSON.
    const [plain, escaped] = [
      { state: 'x'.repeat(4096), nonce: 'x'.repeat(4000), login_hint: 'x'.repeat(1000) },
      { state: '\u0001'.repeat(4000), nonce: 'x'.repeat(2500) },
    ].map((parameters) => world.authorization(known, { ...parameters, scope: 'openid' }).url.search);
    const kinds: Readonly<Record<string, readonly [number, (n: number) => Promise<{ status: number }>]>> = {
      registrations: [160, register],
      'sign-ins': [700, (n) => world.ask(`/auth${n % 4 ? plain : escaped}`, { headers: from(n) })],
      'sign-outs': [260, (n) => world.ask(`/session/end?state=${'x'.repeat(4000)}`, { headers: from(n) })],
      assertions: [
        240,
        async (n) => {
          const { clientId } = signers[n % signers.length] ?? known;
          const exp = n % 3 ? now() + 9 * minute : now() + 50 * year;
          return world.post(
            n % 2 ? '/token/revocation' : '/token/introspection',
            { token: 'x', ...(await assertion(world, clientId, exp)) },
            from(n),
          );
        },
      ],
      documents: [
        60,
        async (n) => {
          const clientId = `https://stranger.example/${n % 100}`;
          await world.ask(`/auth${world.authorization({ clientId }).url.search}`, { headers: from(n) });
          return world.post(
            '/token/revocation',
            { token: 'x', ...(await assertion(world, clientId, now() + minute)) },
            from(n),
          );
        },
      ],
      'guesses of tokens': [
        60,
        (n) =>
          world.post(
            '/token',
            { client_id: known.clientId, grant_type: 'refresh_token', refresh_token: `x${n}` },
            from(n),
          ),
      ],
    };

    for (let step = 0; step < 6; step += 1) {
      for (const [kind, [count, one]] of Object.entries(kinds)) {
        const statuses = await send(count, one);
        if (step === 5) t.comment(`${kind}: ${JSON.stringify(statuses)}`);
        if (statuses[500]) t.fail(`${kind}: ${statuses[500]} times 500`);
      }
      clock.advance(10 * minute);
      await sweep.runOnce();
    }

    const bytes = sizeOf(world);
    t.comment(
      `${(bytes / 1e6).toFixed(1)} MB on the disk after the hour: ${JSON.stringify(sizesByTable(world))}`,
    );
    t.ok(bytes < mostBytes, `${bytes} bytes`);

    const { status, body } = await world.refresh(known, tokens.refresh_token);
    t.equal(status, 200, 'a connected app refreshes');
    t.ok(await world.isActive(body['access_token']), 'loop-api asks');
    await own.visit(`${world.issuer}/session/end`).then((page) => own.submit(page, { logout: 'yes' }));
    await world.connect({ app: known, browser: own });
    t.pass('and the owner signs in');
  },
);
