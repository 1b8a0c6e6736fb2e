// A resource server beside loop-api with scopes of its own, as `npm run seed-client -- --resource-server` makes it.
import { hashClientSecret } from '../../adapters/models/client.ts';
import { ClientStore } from '../../adapters/stores/clients.ts';
import { createResourceServer, createServedResource } from '../../auth/clients/resource-servers.ts';
import { basic, type LoopAuth } from './loop-auth.ts';

export const files = 'https://files.example/mcp';

/** Resolves to the value of an Authorization header. */
export async function serveFiles(
  world: LoopAuth,
  id = 'files',
  resources: readonly string[] = [files],
  words: { readonly name?: string; readonly scopes?: readonly string[] } = {},
): Promise<string> {
  const secret = `the secret of ${id}, 32 characters`;
  const metadata = { ...createResourceServer(id, 'Files'), client_secret: hashClientSecret(secret) };
  const described = {
    name: words.name ?? 'Our files',
    nameKo: '우리 파일',
    scopes: words.scopes ?? ['files.read=Read your files', 'files.write=Change your files'],
    scopesKo: words.scopes ? [] : ['files.read=파일 읽기'],
  };
  await new ClientStore(world.database).add('resource-server', metadata, {
    resources: resources.map((resource) => createServedResource({ resource, ...described })),
  });
  return basic(id, secret);
}
