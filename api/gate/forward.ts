// A call that is allowed, passed on to the server behind the gate: as it comes and goes, held back nowhere.
import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { RequestRefused } from '../http/errors.ts';
import { EndpointRewriter, NamedEndpoints } from './event-endpoint.ts';
import { type Caller, headersForClient, headersForUpstream } from './headers.ts';
import type { Route } from './routes.ts';

const connectMs = 5_000;
/** For which a connection that nobody uses is kept: less than servers do. */
const idleMs = 4_000;
/** A tool may think for long before it begins to answer. */
const headersMs = 300_000;

export interface Forwarder {
  readonly endpoints: NamedEndpoints;
  /** `url` is the server's own. Rejects with RequestRefused, and with anything else once the answer has begun. */
  forward(exchange: Exchange, route: Route, url: URL, caller: Caller): Promise<void>;
  close(): Promise<void>;
}

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** Holds connections until close. */
export function createForwarder(): Forwarder {
  const settings = { keepAlive: true, timeout: idleMs };
  const agents = { plain: new http.Agent(settings), secure: new https.Agent(settings) };
  const endpoints = new NamedEndpoints();
  return {
    endpoints,
    forward: async ({ req, res }, route, url, caller) => {
      const left = new AbortController();
      res.once('close', () => left.abort());
      const headers = { ...headersForUpstream(req.headers, route, caller), ...framing(req) };
      const options = { method: req.method, headers, signal: left.signal };
      const out = begin(url, options, agents);
      if (hasBody(req)) req.pipe(out);
      else out.end();
      const answer = await answerTo(out).catch((error: Error) => {
        throw left.signal.aborted ? error : explain(error);
      });
      if (answer.statusCode === 401) {
        answer.destroy();
        throw asksItself();
      }
      const isStream = /^text\/event-stream\b/i.test(String(answer.headers['content-type'] ?? ''));
      const shown = headersForClient(answer.headers, route);
      if (isStream) {
        // Its length may change, and a proxy in front is not to hold it back.
        delete shown['content-length'];
        shown['x-accel-buffering'] = 'no';
      }
      res.writeHead(answer.statusCode ?? 502, shown);
      // What is to come may be long in coming.
      res.flushHeaders();
      const rewriter = new EndpointRewriter((endpoint) => endpoints.name(route, endpoint));
      await (isStream ? pipeline(answer, rewriter, res) : pipeline(answer, res));
    },
    close: async () => {
      agents.plain.destroy();
      agents.secure.destroy();
    },
  };
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

interface Agents {
  readonly plain: http.Agent;
  readonly secure: https.Agent;
}

function begin(url: URL, options: http.RequestOptions, agents: Agents): ClientRequest {
  return url.protocol === 'https:'
    ? https.request(url, { ...options, agent: agents.secure })
    : http.request(url, { ...options, agent: agents.plain });
}

/** What node does not say by itself of a body whose length is not known. */
const framing = (req: IncomingMessage): Record<string, string> =>
  req.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' };

class AnswerIsLate extends Error {
  override readonly name = 'AnswerIsLate';
}

/** Bounded until the answer begins; from then on it may be silent for as long as it likes. */
async function answerTo(out: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // Also what goes wrong later, when the answer's own error tells of it.
  out.on('response', resolve).on('error', reject);
  let late = setTimeout(() => out.destroy(new Error('no connection')), connectMs);
  const allowHeaders = (): void => {
    clearTimeout(late);
    late = setTimeout(() => out.destroy(new AnswerIsLate()), headersMs);
  };
  out.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', allowHeaders);
    else allowHeaders();
  });
  try {
    return await promise;
  } finally {
    clearTimeout(late);
  }
}

// 503 and never 401: whoever waits keeps the sign-in.
function explain(cause: Error): RequestRefused {
  const isSlow = cause instanceof AnswerIsLate;
  return new RequestRefused({
    status: isSlow ? 504 : 503,
    error: 'temporarily_unavailable',
    message: isSlow
      ? 'The server behind the gate did not answer in time'
      : 'The server behind the gate can not be reached now; try again',
    headers: { 'Retry-After': '5' },
    cause,
  });
}

// Passed on it would send the client into a sign-in that can't end.
function asksItself(): RequestRefused {
  return new RequestRefused({
    status: 502,
    error: 'upstream_unauthorized',
    message: 'The server behind the gate asks for a sign-in of its own, which the gate does not give',
  });
}
