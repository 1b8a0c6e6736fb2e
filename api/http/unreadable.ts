// What Node's own parser refuses before there is a request: answered with words as everything else is, then hung up.
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

const reasons: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The address and the headers of a request may have 16 KB together'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time'],
};

/** For a server's `clientError`. The body is read as problem details (RFC 9457) and as the plain JSON of other routes. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  // The answer that is under way on this connection, where Node's own handler looks for it, too.
  const { _httpMessage: begun } = socket as { _httpMessage?: ServerResponse | null };
  if (error.code === 'ECONNRESET' || !socket.writable || begun?.headersSent) {
    socket.destroy();
    return;
  }
  const [status, detail] = reasons[error.code ?? ''] ?? [400, 'The request can not be read'];
  const title = STATUS_CODES[status];
  const said = {
    type: 'about:blank',
    title,
    status,
    detail,
    error: 'invalid_request',
    error_description: detail,
  };
  const body = JSON.stringify(said);
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}\r\n` +
      `X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${body}`,
  );
}
