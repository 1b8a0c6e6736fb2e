// What the official SDKs do when loop-auth's port refuses the connection of a refresh, and when a proxy says 503 instead.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { auth as authOf2 } from '@modelcontextprotocol/client';
import { auth as authOf1 } from '@modelcontextprotocol/sdk/client/auth.js';
import t from 'tap';
import { MemoryOAuthClient } from '../../scripts/demo/oauth-client.ts';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { person } from '../support/person.ts';

const sdks = { '1.x': authOf1, '2.x': authOf2 } as const;

t.test('a refresh while loop-auth is away', async (t) => {
  const { pair } = await startConnectedPair(t);
  const clients = new Map<string, MemoryOAuthClient>();
  for (const [name, auth] of Object.entries(sdks)) {
    const client = new MemoryOAuthClient(`SDK ${name}`);
    await auth(client as never, { serverUrl: pair.resource });
    const answer = await authorizeInBrowser(client.pendingAuthorization ?? '', person);
    const code = {
      authorizationCode: answer.searchParams.get('code') ?? '',
      iss: answer.searchParams.get('iss') ?? '',
    };
    await auth(client as never, { serverUrl: pair.resource, ...code });
    clients.set(name, client);
  }
  const port = new URL(pair.authOrigin).port;
  await pair.stop('auth');

  t.test(
    'with a proxy that answers 503 JSON no client asks for a sign-in, and both keep their tokens',
    async (t) => {
      const metadata = await discoveryOf(pair.issuer);
      const proxy = createServer((request, response) => {
        const isDiscovery = request.url?.startsWith('/.well-known/');
        response.setHeader('Content-Type', 'application/json');
        if (isDiscovery) response.end(JSON.stringify(metadata));
        else response.writeHead(503, { 'Retry-After': '5' }).end('{"error":"temporarily_unavailable"}');
      });
      await new Promise<void>((resolve) => proxy.listen(Number(port), 'localhost', resolve));
      t.equal((proxy.address() as AddressInfo).port, Number(port));
      for (const [name, auth] of Object.entries(sdks)) {
        const client = clients.get(name);
        const failed = await auth(client as never, { serverUrl: pair.resource }).catch(
          (error: unknown) => error,
        );
        t.match(failed, Error, `SDK ${name} throws`);
        t.equal(client?.signIns, 1, `SDK ${name} asks nobody to sign in again`);
        t.ok(client?.tokens()?.refresh_token, `SDK ${name} keeps its refresh token`);
      }
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  );

  t.test('without one, on a refused connection, no client loses its refresh token', async (t) => {
    for (const [name, auth] of Object.entries(sdks)) {
      const client = clients.get(name);
      const before = client?.signIns;
      const result = await auth(client as never, { serverUrl: pair.resource }).catch(
        (error: unknown) => error,
      );
      const said = result instanceof Error ? `throws ${result.message}` : String(result);
      t.comment(`SDK ${name}: ${said}; asked for a sign-in: ${client?.signIns !== before}`);
      t.ok(client?.tokens()?.refresh_token, `SDK ${name} keeps its refresh token`);
    }
  });

  t.test('when loop-auth is back both refresh', async (t) => {
    await pair.start('auth');
    for (const [name, auth] of Object.entries(sdks)) {
      t.equal(await auth(clients.get(name) as never, { serverUrl: pair.resource }), 'AUTHORIZED');
    }
  });
});

/** What loop-auth says of itself; only the parts that a refresh needs. */
async function discoveryOf(issuer: string): Promise<Record<string, unknown>> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/reg`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    authorization_response_iss_parameter_supported: true,
  };
}
