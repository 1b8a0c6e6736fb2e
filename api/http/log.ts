// How loop-api logs: pino's JSON lines, to stdout unless told otherwise.
import { type DestinationStream, type Logger, pino } from 'pino';

// What is logged is chosen where it is logged (request-log.ts); this catches an Authorization header that came along
// with somebody else's error.
const redact = ['*.headers.authorization', 'err.cause.headers.authorization'];

export function createLogger(destination?: DestinationStream): Logger {
  const options = { name: 'loop-api', redact };
  return destination ? pino(options, destination) : pino(options);
}
