// A database of an older version, opened by this one: its schema is migrated and nobody signs in again.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { importJWK, type JWK, SignJWT } from 'jose';
import t from 'tap';
import { shiftClock } from '../support/clock.ts';
import { startLoopAuth } from '../support/loop-auth.ts';

// One line a schema that was ever released: what an app held when the file was made.
const files = [
  {
    schema: '0001',
    clientId: 'DGYWRArZ_XHFKihZmfaPkFNAlnucTyEx5-WdQOfm3E1',
    accessToken: 'WPxaNAQSbs9bJKITTCs4miwwzxooRoJL8ujd_ZMQFhe',
    refreshToken: 'oN-GZ3oaHu1zKdFRnQYQxQPEB7uptvQi3y3po5AMMRS',
    madeAt: 1795355673,
  },
  {
    schema: '0002',
    clientId: 'z_9nfIL4rMgjssav3z7q_fSNkqjlZGezv2IIzzrOX_n',
    accessToken: 'nYLcgO2o6MGJPHlq7N-PoCF5Jn0s8hFnF7KqiK3DRQG',
    refreshToken: 'kF-k492CeyEvi6tndhXrUMG6SWLi_nAzrM0rugPOItv',
    madeAt: 1795703299,
    signer: {
      clientId: 'https://client.example/app.json',
      refreshToken: 'mVMeynv_tZofOUKRibgeGCdNg3t7SnhbwImHTT3J3kD',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: 'BCa4kEQqaCeW-GNoXGWFXjY3SoQjmYmrjFn009RRofo',
        y: '1LFf-7EPpMpMyzTnL7Ry6HyKrGzpcqvLg-mw_8eYSxY',
        d: 'PGGX8F-k6A4j5lVtuha5fdP4QQFNF2ERCZ3UZdG1MMk',
      },
    },
  },
];

for (const { schema, clientId, accessToken, refreshToken, madeAt, signer } of files) {
  t.test(`schema ${schema} migrated by a new version costs no sign-in`, async (t) => {
    shiftClock(t).advance(madeAt + 600 - Math.floor(Date.now() / 1000));
    const databasePath = join(t.testdir(), 'auth.db');
    const old = new Sqlite(databasePath);
    old.exec(readFileSync(join(import.meta.dirname, `../fixtures/database-${schema}.sql`), 'utf8'));
    old.close();
    const loop = await startLoopAuth(t, { databasePath, withoutAccount: true });
    t.ok(await loop.isActive(accessToken), 'the access token works');
    const app = { clientId, clientSecret: undefined };
    const { status, body } = await loop.refresh(app, refreshToken);
    t.equal(status, 200, 'and the refresh token');
    t.ok(await loop.isActive(body['access_token']));
    if (!signer) return;
    // Nobody is at the client's host: only the stored keys can tell that it is the client.
    const proof = await prove(signer, loop.issuer);
    t.equal(
      (await loop.refresh({ clientId: signer.clientId }, signer.refreshToken, proof)).status,
      200,
      'of an app that signs, too',
    );
  });
}

async function prove(
  { clientId, key }: { readonly clientId: string; readonly key: JWK },
  issuer: string,
): Promise<Record<string, string>> {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const claims = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), exp };
  const signing = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'key-1' });
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signing.sign(await importJWK(key, 'ES256')),
  };
}
