// Recorded clients: their registrations and metadata documents, their way to tokens, and the keys they sign with.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { Browser } from '../../scripts/demo/browser.ts';
import type { Answer, App, Choice, LoopAuth } from './loop-auth.ts';

export type Document = Record<string, unknown> & {
  readonly client_id: string;
  readonly redirect_uris: readonly string[];
};

const registrations = join(import.meta.dirname, '../fixtures/registrations');
/** Documents come with loop itself (auth/clients/known.ts). */
const documents = join(import.meta.dirname, '../../auth/clients/known');

/** Those of the clients whose documents come with loop, by name. */
export const documentNames = namesIn(documents);

export function readDocument(name: string): Document {
  return readJson(join(documents, `${name}.json`)) as Document;
}

/** The registration body of each client, by the client's name. */
export function readRegistrations(): [string, Record<string, unknown>][] {
  return namesIn(registrations).map((name) => [name, readJson(join(registrations, `${name}.json`))]);
}

function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
}

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

/** Where a client really listens when it differs from what it registered: loopback ports are chosen at each start. */
export const listeningAt: Readonly<Record<string, string>> = {
  codex: 'http://127.0.0.1:49152/callback',
  'claude-code': 'http://localhost:50123/callback',
  vscode: 'http://127.0.0.1:51234/',
  cursor: 'cursor://anysphere.cursor-mcp/oauth/callback',
  'mcp-remote': 'http://localhost:3342/oauth/callback',
};

type Fields = Readonly<Record<string, string | undefined>>;

export interface Way {
  readonly redirectUri: string;
  /** What else goes into a request to the token endpoint, made anew for each. */
  readonly proof?: () => Promise<Fields>;
  readonly parameters?: Fields;
  readonly browser?: Browser;
  readonly choice?: Choice;
}

/** A person signs in and allows the app; resolves to the token endpoint's answer. */
export async function connectOver(world: LoopAuth, app: App, way: Way): Promise<Answer> {
  const { redirectUri, proof = async () => ({}) } = way;
  const attempt = world.authorization(app, { redirect_uri: redirectUri, ...way.parameters });
  const code = await world.code(attempt, way.browser ?? new Browser(), way.choice);
  return world.exchange(app, code, attempt, { redirect_uri: redirectUri, ...(await proof()) });
}

export interface Signer {
  readonly kid: string;
  readonly publicKey: JWK;
  /** The fields of a private_key_jwt request (RFC 7523 section 2.2). */
  readonly proofFor: (clientId: string, audience: string, changes?: { kid?: string }) => Promise<Fields>;
}

export async function createSigner(kid: string): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  return {
    kid,
    publicKey: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' },
    proofFor: async (clientId, audience, changes) => ({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await new SignJWT({ jti: randomUUID() })
        .setProtectedHeader({ alg: 'RS256', kid, ...changes })
        .setIssuer(clientId)
        .setSubject(clientId)
        .setAudience(audience)
        // jose reads the time where a test's clock can't move it.
        .setIssuedAt(Math.floor(Date.now() / 1000))
        .setExpirationTime(Math.floor(Date.now() / 1000) + 60)
        .sign(privateKey),
    }),
  };
}
