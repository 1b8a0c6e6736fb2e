// What every answer says of itself, whatever it is.
import express, { type Express, type RequestHandler } from 'express';

/** One that says nothing of itself and has one spelling for each address: what is refused by its path has no second one. */
export function createBareApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', false);
  return app;
}

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
