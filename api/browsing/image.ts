// GET /vault/files/PATH of a person: an image of the vault, for the pages of its notes.
import { pipeline } from 'node:stream/promises';
import type { RequestHandler } from 'express';
import { RequestRefused } from '../http/errors.ts';
import { personOf } from '../people/person.ts';
import { decodePath } from './paths.ts';
import type { VaultFor } from './vault-for.ts';

const prefix = '/vault/files/';

/** The same 404 for what is not there, hidden, too large or no image. */
export function sendImage({ vaultFor }: { vaultFor: VaultFor }): RequestHandler {
  return async (req, res) => {
    const vault = await vaultFor(personOf(res).principal);
    const image = await vault.shown.openImage(decodePath(req.path.slice(prefix.length)));
    if (image === undefined) {
      throw new RequestRefused({ status: 404, error: 'not_found', message: 'There is no such image' });
    }
    res.set({
      'Content-Type': image.mimeType,
      'Content-Length': String(image.sizeBytes),
      // should it be opened by itself
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'private, no-store',
    });
    if (req.method === 'HEAD') {
      await image.close();
      res.end();
      return;
    }
    // a browser that goes away in the middle is no failure of ours
    await pipeline(image.read(), res).catch(() => res.destroy());
  };
}
