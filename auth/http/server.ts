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
  const server = createServer(timeouts, inRounds(listener));
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
