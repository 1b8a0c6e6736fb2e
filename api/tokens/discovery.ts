// Finds loop-auth's introspection endpoint by the issuer's metadata (RFC 8414, OpenID Connect Discovery).
import type { Dispatcher } from 'undici';
import { request } from 'undici';
import { z } from 'zod';
import { AuthorizationServerUnreachable, IntrospectionFailed } from './introspection-errors.ts';

export interface DiscoveryOptions {
  issuer: string;
  /** Replaces the issuer's origin in every address. */
  authOrigin: string;
  dispatcher: Dispatcher;
  signal: AbortSignal;
}

const metadataSchema = z.object({ issuer: z.string(), introspection_endpoint: z.url() });

/** Throws AuthorizationServerUnreachable or IntrospectionFailed. */
export async function findIntrospectionEndpoint(options: DiscoveryOptions): Promise<string> {
  const issuer = new URL(options.issuer);
  for (const path of wellKnownPaths(issuer)) {
    const response = await request(options.authOrigin + path, {
      dispatcher: options.dispatcher,
      signal: options.signal,
      headers: { accept: 'application/json' },
    });
    if (response.statusCode >= 500) {
      await response.body.dump();
      throw new AuthorizationServerUnreachable(`discovery answered ${response.statusCode}`);
    }
    if (response.statusCode === 200) {
      const endpoint = new URL(parseMetadata(await response.body.text(), options.issuer));
      return endpoint.origin === issuer.origin
        ? options.authOrigin + endpoint.pathname + endpoint.search
        : endpoint.href;
    }
    await response.body.dump();
  }
  throw new IntrospectionFailed(`no metadata of the issuer ${options.issuer} at ${options.authOrigin}`);
}

// The order that MCP prescribes (Authorization Server Discovery), with the path forms only where there is a path.
function wellKnownPaths(issuer: URL): string[] {
  const path = issuer.pathname.replace(/\/$/, '');
  const inserted = [
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
  ];
  return path === '' ? inserted : [...inserted, `${path}/.well-known/openid-configuration`];
}

function parseMetadata(text: string, issuer: string): string {
  const metadata = metadataSchema.safeParse(parseJson(text));
  if (!metadata.success) throw new IntrospectionFailed('the issuer metadata names no introspection_endpoint');
  // RFC 8414, section 3.3: a document of another issuer must not be used
  if (metadata.data.issuer !== issuer) {
    throw new IntrospectionFailed(
      `loop-auth calls itself ${JSON.stringify(metadata.data.issuer)}, but AUTH_ISSUER is ${JSON.stringify(issuer)}`,
    );
  }
  return metadata.data.introspection_endpoint;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IntrospectionFailed('the issuer metadata is not JSON', { cause });
  }
}
