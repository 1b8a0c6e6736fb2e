// Finds loop-auth's introspection endpoint by the issuer's metadata (RFC 8414, OpenID Connect Discovery).
import { z } from 'zod';
import { AuthorizationServerUnreachable, IntrospectionFailed } from './introspection-errors.ts';
import type { Wire } from './wire/wire.ts';

export interface DiscoveryOptions {
  issuer: string;
  /** Replaces the issuer's origin in every address. */
  authOrigin: string;
  wire: Wire;
  signal: AbortSignal;
}

const metadataSchema = z.object({ issuer: z.string(), introspection_endpoint: z.url() });

/** Throws AuthorizationServerUnreachable or IntrospectionFailed. */
export async function findIntrospectionEndpoint(options: DiscoveryOptions): Promise<string> {
  const issuer = new URL(options.issuer);
  for (const path of wellKnownPaths(issuer)) {
    const { status, text } = await options.wire.ask(options.authOrigin + path, {
      signal: options.signal,
      // loop-auth keeps of each who looks for it that it did, but not of its own loop-api.
      headers: { accept: 'application/json', 'user-agent': 'loop-api' },
    });
    if (status >= 500) throw new AuthorizationServerUnreachable(`discovery answered ${status}`);
    if (status === 200) {
      const endpoint = new URL(parseMetadata(text, options.issuer));
      return endpoint.origin === issuer.origin
        ? options.authOrigin + endpoint.pathname + endpoint.search
        : endpoint.href;
    }
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
