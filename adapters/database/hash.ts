// The one way an opaque value becomes a storage key: SHA-256, so that a copy of the database yields no usable value.
import { hash } from 'node:crypto';

/** base64url SHA-256 of a token, code, cookie value or secret. 256 random bits need neither salt nor a slow hash. */
export function hashOpaque(value: string): string {
  return hash('sha256', value, 'base64url');
}
