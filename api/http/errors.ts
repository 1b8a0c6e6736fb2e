// The one place where an error becomes an HTTP answer, as JSON, as problem details or as a JSON-RPC error body.
// The room: what every route of loop-api shares. Not what a route does: mcp/, sse/, rest/.
import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';

/** JSON-RPC 2.0, section 5.1; -32000 is free for the server to define, and what MCP's own SDK uses for HTTP matters. */
export const JSON_RPC = { parseError: -32_700, invalidRequest: -32_600, httpError: -32_000 } as const;

export interface RefusalOptions {
  status: number;
  /** The protocol's code: an RFC 6750 error, or a word for what was wrong. */
  error: string;
  message: string;
  headers?: Readonly<Record<string, string>>;
  jsonRpcCode?: number;
  /** The `id` of the JSON-RPC request that is refused, once it has been read. */
  jsonRpcId?: string | number | undefined;
  /** Where that request has an answer of its own kind: it stands in the body instead of an error. */
  jsonRpcResult?: Readonly<Record<string, unknown>>;
  /** Stands beside the rest in a body of problem details. */
  problemMembers?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** A request that is answered with 4xx or 503. Its message is shown to the caller. */
export class RequestRefused extends Error {
  readonly options: RefusalOptions;
  constructor(options: RefusalOptions) {
    super(options.message, { cause: options.cause });
    this.name = 'RequestRefused';
    this.options = options;
  }
}

/** As JSON, as JSON-RPC or as problem details (RFC 9457). */
type ErrorForm = 'json' | 'json-rpc' | 'problem';

/** `form` is what clients of these routes read: they take a JSON-RPC body on /mcp for an answer of the endpoint, not of a proxy. */
export function answerErrors(form: ErrorForm, logger: Logger): ErrorRequestHandler {
  return (error, _req, res, _next) => {
    const refusal = toRefusal(error);
    res.locals['refusal'] = refusal.options.error;
    if (refusal.options.status === 500)
      logger.error({ err: error, requestId: res.locals['requestId'] }, 'failed');
    if (res.headersSent) {
      res.destroy();
      return;
    }
    sendRefusal(res, form, refusal.options);
  };
}

function sendRefusal(res: Response, form: ErrorForm, refusal: RefusalOptions): void {
  const { status, error, message } = refusal;
  res
    .status(status)
    .set('Cache-Control', 'no-store')
    .set(refusal.headers ?? {});
  if (form === 'json') {
    res.json({ error, error_description: message });
    return;
  }
  if (form === 'problem') {
    // about:blank: the status says what kind of problem it is, and title is its phrase (RFC 9457, section 4.2.1)
    const problem = { type: 'about:blank', title: STATUS_CODES[status], status, detail: message, error };
    res.type('application/problem+json').send(JSON.stringify({ ...problem, ...refusal.problemMembers }));
    return;
  }
  res.json(jsonRpcAnswer(refusal));
}

/** The refusal as the answer to a JSON-RPC request; its `id` is null where none was read. */
export function jsonRpcAnswer(refusal: RefusalOptions): { jsonrpc: '2.0'; id: string | number | null } {
  const { error, message, jsonRpcId: id = null, jsonRpcResult: result } = refusal;
  if (result && id !== null) return { jsonrpc: '2.0', id, ...{ result } };
  const code = refusal.jsonRpcCode ?? JSON_RPC.httpError;
  return { jsonrpc: '2.0', id, ...{ error: { code, message, data: { error } } } };
}

function toRefusal(error: unknown): RequestRefused {
  if (error instanceof RequestRefused) return error;
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  // express's body reader and router: their messages may quote the request, so they are replaced
  if (status === 413) {
    return new RequestRefused({
      status,
      error: 'too_large',
      message: 'The request body is too large',
      // what is left of the body is not worth reading
      headers: { Connection: 'close' },
    });
  }
  if (status === 415) {
    return new RequestRefused({ status, error: 'unsupported', message: 'The body must not be compressed' });
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new RequestRefused({ status, error: 'invalid_request', message: 'The request can not be read' });
  }
  return new RequestRefused({
    status: 500,
    error: 'server_error',
    message: 'loop-api failed; its log says why',
  });
}
