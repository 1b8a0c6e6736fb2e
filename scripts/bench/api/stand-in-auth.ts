// Stands in for loop-auth: metadata, and an introspection endpoint that calls every token active, each of an account of its own.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface StandInAuth {
  issuer: string;
  close(): void;
}

export async function startStandInAuth(resource: string): Promise<StandInAuth> {
  let issuer = '';
  const server = createServer(async (req, res) => {
    const asked = new URLSearchParams(await text(req));
    const isQuestion = req.url?.endsWith('/introspection');
    const body = isQuestion
      ? {
          active: true,
          token_type: 'Bearer',
          iss: issuer,
          aud: resource,
          exp: Math.floor(Date.now() / 1_000) + 3_600,
          sub: asked.get('token'),
          client_id: 'client',
          scope: 'vault.read vault.write',
        }
      : { issuer, introspection_endpoint: `${issuer}/introspection` };
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
