// The two cookies of people who sign in here, each sealed (sealing.ts).
import type { CookieOptions, Request, Response } from 'express';
import { readCookie } from '../http/cookies.ts';
import type { ResourceIdentifiers } from '../tokens/resource-identifiers.ts';

export interface PersonCookie {
  read(req: Request): string | undefined;
  write(res: Response, value: string, maxAgeSeconds: number): void;
  clear(res: Response): void;
}

export function createCookie(name: string, { origin, pathPrefix }: ResourceIdentifiers): PersonCookie {
  const secure = origin.toLowerCase().startsWith('https:');
  // With this prefix browsers take it from this very host only, not from a neighbour below the same domain.
  const full = secure && pathPrefix === '' ? `__Host-${name}` : name;
  const options: CookieOptions = { httpOnly: true, sameSite: 'lax', secure, path: pathPrefix || '/' };
  return {
    read: (req) => readCookie(req.headers.cookie, full),
    write: (res, value, maxAgeSeconds) => {
      res.cookie(full, value, { ...options, maxAge: maxAgeSeconds * 1_000 });
    },
    clear: (res) => void res.clearCookie(full, options),
  };
}
