// What every answer says of itself, whatever it is.
import type { RequestHandler } from 'express';

/** `resource` is the address of the service as clients have it. */
export function hardenAnswers(resource: string): RequestHandler {
  const headers = {
    'X-Content-Type-Options': 'nosniff',
    ...(resource.startsWith('https:') ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  };
  return (_req, res, next) => {
    res.set(headers);
    next();
  };
}
