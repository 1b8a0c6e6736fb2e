// The log of loop-auth: JSON lines, one an event.
import { type DestinationStream, type Logger, pino } from 'pino';

/** `destination` takes the place of the standard output, for tests that read what was said. */
export function createLog(level = 'info', destination?: DestinationStream): Logger {
  const options = { name: 'loop-auth', level };
  return destination ? pino(options, destination) : pino(options);
}
