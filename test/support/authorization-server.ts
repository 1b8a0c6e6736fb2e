// A real HTTP server that plays loop-auth's side of introspection, and fails in the ways a far side can.
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

type Failure = 'hang' | 'garbage' | 'reset' | 500 | 401 | 403 | 404 | 405;

interface RecordedIntrospection {
  path: string | undefined;
  authorization: string | undefined;
  contentType: string | undefined;
  form: URLSearchParams;
  remotePort: number | undefined;
  headers: IncomingHttpHeaders;
}

interface RecordedDescription {
  path: string | undefined;
  authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: what it holds is what the test is about to find out
  body: any;
}

export class FakeAuthorizationServer {
  /** What introspection says about each token; any other is inactive. */
  readonly tokens = new Map<string, Record<string, unknown>>();
  /** Every introspection request that arrived, the refused ones too. */
  readonly introspections: RecordedIntrospection[] = [];
  /** Every other path that was asked for. */
  readonly discoveries: string[] = [];
  failure: Failure | undefined;
  /** Every description of a resource that arrived, the refused ones too. */
  readonly descriptions: RecordedDescription[] = [];
  /** What those are answered with. */
  descriptionStatus = 204;
  /** Every report of refused calls that arrived, and what those are answered with. */
  readonly reports: RecordedDescription[] = [];
  reportStatus = 204;
  /** What a question for one's own resources is answered with. */
  ownResources: Array<{ resource: string; name: string; scopes: string[] }> = [];
  /** When set, other credentials are answered with 401. */
  secret: string | undefined;
  /** Waits before each introspection answer. */
  delayMs = 0;
  /** Waits before each answer about itself. */
  describeDelayMs = 0;
  /** Waits for this before each answer about a token. */
  readonly waits = new Map<string, Promise<void>>();
  /** Overrides what the metadata says. */
  metadata: Record<string, unknown> = {};
  /** Paths at which the metadata answers. */
  metadataPaths = ['/.well-known/oauth-authorization-server'];
  port = 0;
  issuerPath = '';
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  get issuer(): string {
    return `http://127.0.0.1:${this.port}${this.issuerPath}`;
  }

  /** Listens on the port it had before, so that it can come back after stop. */
  async start(): Promise<this> {
    const server = createServer((req, res) => void this.#answer(req, res));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** From now on connections are refused. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  /** Drops kept-alive connections, as a restart does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Makes a token that is good for `resource` for an hour, with the given members changed (`authorization_details` among
   * them: narrowTo makes such).
   */
  addToken(token: string, resource: string, changes: Record<string, unknown> = {}): string {
    this.tokens.set(token, {
      active: true,
      token_type: 'Bearer',
      iss: this.issuer,
      aud: resource,
      exp: Math.floor(Date.now() / 1_000) + 3_600,
      sub: 'person-1',
      client_id: 'client-1',
      scope: 'openid vault.read',
      ...changes,
    });
    return token;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url ?? '';
    let body = '';
    for await (const chunk of req) body += chunk;
    if (path.endsWith('/resource-refusals')) this.#takeReport(req, res, body);
    else if (req.method === 'PUT') this.#takeDescription(req, res, body);
    else if (path.endsWith('/resource-description') && !this.failure)
      sendJson(res, 200, { resources: this.ownResources });
    else if (path.endsWith('/token/introspection')) this.#introspect(req, res, new URLSearchParams(body));
    else this.#describe(path, res);
  }

  #takeDescription({ url, headers }: IncomingMessage, res: ServerResponse, body: string): void {
    this.descriptions.push({ path: url, authorization: headers.authorization, body: JSON.parse(body) });
    res.writeHead(this.descriptionStatus).end();
  }

  #takeReport({ url, headers }: IncomingMessage, res: ServerResponse, body: string): void {
    this.reports.push({ path: url, authorization: headers.authorization, body: JSON.parse(body) });
    res.writeHead(this.reportStatus).end();
  }

  #describe(path: string, res: ServerResponse): void {
    this.discoveries.push(path);
    if (!this.metadataPaths.includes(path)) {
      res.writeHead(404).end('not here');
      return;
    }
    const described = {
      issuer: this.issuer,
      introspection_endpoint: `${this.issuer}/token/introspection`,
      ...this.metadata,
    };
    if (this.describeDelayMs === 0) sendJson(res, 200, described);
    else setTimeout(sendJson, this.describeDelayMs, res, 200, described);
  }

  #introspect(req: IncomingMessage, res: ServerResponse, form: URLSearchParams): void {
    this.introspections.push({
      path: req.url,
      authorization: req.headers.authorization,
      contentType: req.headers['content-type'],
      form,
      remotePort: req.socket.remotePort,
      headers: req.headers,
    });
    const token = form.get('token') ?? '';
    const basic = Buffer.from(req.headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
    const refused = this.secret !== undefined && !basic.endsWith(`:${this.secret}`);
    const failure = this.failure ?? (refused ? 401 : undefined);
    if (failure === 'hang') return;
    if (failure === 'reset') req.socket.destroy();
    else if (failure === 'garbage') res.writeHead(200).end('<html>nginx</html>');
    else if (failure !== undefined) sendJson(res, failure, { error: 'failed' });
    // as oidc-provider does with structured tokens
    else if (token.startsWith('eyJ')) sendJson(res, 400, { error: 'unsupported_token_type' });
    else
      setTimeout(async () => {
        await this.waits.get(token);
        sendJson(res, 200, this.tokens.get(token) ?? { active: false });
      }, this.delayMs);
  }
}

/** Authorization details of our type (RFC 9396), as a grant that is narrowed to `folders` has them. */
export function narrowTo(
  resource: string,
  folders: readonly string[] | undefined,
  more: Record<string, unknown> = {},
): Record<string, unknown>[] {
  const narrowed = folders === undefined ? {} : { folders };
  return [{ type: 'vault', locations: [resource], actions: ['read', 'write'], ...narrowed, ...more }];
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
