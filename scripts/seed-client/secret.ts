// The secret of a client that is made by hand, and what is stored of it.
import { randomBytes } from 'node:crypto';
import { hashClientSecret } from '../../adapters/models/client.ts';

export function createSecret(): { secret: string; hash: string } {
  const secret = randomBytes(32).toString('base64url');
  return { secret, hash: hashClientSecret(secret) };
}
