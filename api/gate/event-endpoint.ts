// The first event of the older HTTP+SSE transport says where messages are to be posted: at an address of the server, which
// clients of the gate reach below the route's own (`/sse/-/messages?…`). Only what a stream has named is reached so.
import { Transform, type TransformCallback } from 'node:stream';
import type { Route } from './routes.ts';

const mostNamed = 20;
/** Bytes in which the first event has to be. */
const mostLooked = 4096;
const below = '/-';

/** The paths at which servers have said that they take messages. */
export class NamedEndpoints {
  readonly #paths = new Map<Route, Set<string>>();

  /** The path and query that clients are told; undefined for an address of another server. */
  name(route: Route, endpoint: string): string | undefined {
    const url = URL.parse(endpoint, route.upstream?.href);
    if (!url || url.origin !== route.upstream?.origin) return undefined;
    const paths = this.#paths.get(route) ?? new Set();
    if (paths.size < mostNamed) paths.add(url.pathname);
    this.#paths.set(route, paths);
    return `${route.path.replace(/\/$/, '')}${below}${url.pathname}${url.search}`;
  }

  /** The route and the server's path for one that was told; undefined for any other. */
  find(path: string): { route: Route; path: string } | undefined {
    for (const [route, paths] of this.#paths) {
      const start = route.path.replace(/\/$/, '') + below;
      const rest = path.startsWith(start) ? path.slice(start.length) : '';
      if (paths.has(rest)) return { route, path: rest };
    }
    return undefined;
  }
}

/** Passes an event stream on as it comes, but for the address in a first event `endpoint`. */
export class EndpointRewriter extends Transform {
  readonly #rewrite: (endpoint: string) => string | undefined;
  #held: Buffer | undefined = Buffer.alloc(0);

  constructor(rewrite: (endpoint: string) => string | undefined) {
    super();
    this.#rewrite = rewrite;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    done(null, this.#held === undefined ? chunk : this.#look(Buffer.concat([this.#held, chunk])));
  }

  /** What can go on of the beginning; nothing while its first event is not whole. */
  #look(beginning: Buffer): Buffer | undefined {
    const text = beginning.toString('latin1');
    const isWhole = /\r?\n\r?\n/.test(text);
    // A stream of anything else is not held up for the end of its first event.
    const mayBe = 'event: endpoint'.startsWith(text.slice(0, 15)) || /^event:endpoint/.test(text);
    const waits = mayBe && !isWhole && beginning.length < mostLooked;
    this.#held = waits ? beginning : undefined;
    if (waits) return undefined;
    return isWhole && /^event: ?endpoint\r?\n/.test(text) ? this.#rewritten(beginning) : beginning;
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#held);
  }

  #rewritten(held: Buffer): Buffer {
    const text = held.toString();
    const rewritten = text.replace(/^data: ?(\S+)/m, (line, endpoint: string) => {
      const told = this.#rewrite(endpoint);
      return told === undefined ? line : `data: ${told}`;
    });
    return Buffer.from(rewritten);
  }
}
