// Listening and stopping: the port is open while the rest starts, and requests under way are finished before the end.
import { createServer, type RequestListener, type Server } from 'node:http';
import { inRounds } from './limits/turns.ts';
import { answerUnreadable } from './unreadable.ts';

/** The port is taken or may not be used; `message` names the setting to change. */
export class PortUnavailable extends Error {
  override readonly name = 'PortUnavailable';
}

const drainMs = 8000;

// Node looks at its limits only every 30 s by itself, which would make 10 s forty.
const timeouts = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5000 };

/** Resolves once the server accepts connections. Throws PortUnavailable. `setting` is where the port comes from. */
export async function startServer(
  listener: RequestListener,
  host: string,
  port: number,
  setting = 'AUTH_PORT',
): Promise<Server> {
  const server = createServer(timeouts, boundPipelines(inRounds(listener)));
  server.on('clientError', answerUnreadable);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new PortUnavailable(explain(cause, host, port, setting), { cause });
  }
  return server;
}

/**
 * Requests of one connection that wait for their answers: more of them come only from who wants to fill the memory, 40 bytes for some
 * kilobytes. No client in use sends one before the answer to the last, and a connection may be closed at any time (RFC 9112,
 * section 9.3.2).
 */
const mostUnanswered = 8;

/** Cuts connections with more than that. */
function boundPipelines(listener: RequestListener): RequestListener {
  const unanswered = new WeakMap<object, number>();
  return (req, res) => {
    const { socket } = req;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > mostUnanswered) {
      socket.destroy();
      return;
    }
    unanswered.set(socket, count);
    res.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    listener(req, res);
  };
}

function explain(cause: unknown, host: string, port: number, setting: string): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is taken by another program; stop it or set ${setting}`;
  if (code === 'EACCES') return `port ${port} may not be used by this user; set ${setting} to 1024 or more`;
  return `can't listen on ${host} port ${port} (${code}); check AUTH_HOST and ${setting}`;
}

/** Takes no new connection, lets requests under way finish, and closes what is left after 8 s. */
export async function stopServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // A connection that a client keeps for later is idle only once its request under way is answered.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const overdue = setTimeout(() => server.closeAllConnections(), drainMs);
  await promise;
  clearInterval(idle);
  clearTimeout(overdue);
}
