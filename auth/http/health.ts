// The answers that need no provider: alive, ready, and 503 while starting or stopping.
import type { RequestListener, ServerResponse } from 'node:http';

export type Phase = 'starting' | 'ready' | 'stopping';

export interface HealthParts {
  readonly phase: () => Phase;
  /** The application once there is one. */
  readonly app: () => RequestListener | undefined;
  readonly isDatabaseThere: () => Promise<boolean>;
}

/** Wraps the application. Below an issuer's path health answers at the root too, where containers look. */
export function withHealth(parts: HealthParts): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
    if (path === '/readyz') return void answerReady(parts, response);
    const app = parts.app();
    if (parts.phase() === 'ready' && app) return app(request, response);
    return sendAway(response, parts.phase());
  };
}

async function answerReady(parts: HealthParts, response: ServerResponse): Promise<void> {
  const phase = parts.phase();
  const isReady = phase === 'ready' && (await parts.isDatabaseThere());
  if (isReady) sendJson(response, 200, { status: 'ready' });
  else sendJson(response, 503, { status: phase === 'ready' ? 'database away' : phase });
}

// Clients keep their tokens on this answer; on a refused connection or `server_error` they sign in again.
function sendAway(response: ServerResponse, phase: Phase): void {
  response.setHeader('Retry-After', '2');
  response.setHeader('Connection', 'close');
  sendJson(response, 503, { error: 'temporarily_unavailable', error_description: `the server is ${phase}` });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(JSON.stringify(body));
}
