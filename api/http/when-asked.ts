// Routes that are made when the first request comes for them.
import type { RequestHandler } from 'express';

/** `below` is what a path begins with. Of a router each handler is a pattern to be compiled, which no start needs to wait for. */
export function whenAsked(create: () => RequestHandler, below = '/'): RequestHandler {
  let made: RequestHandler | undefined;
  return (req, res, next) => {
    if (!req.path.startsWith(below)) return next();
    made ??= create();
    return made(req, res, next);
  };
}
