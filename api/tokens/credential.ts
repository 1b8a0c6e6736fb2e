// The credential with which loop-api comes to loop-auth (RFC 6749, section 2.3.1).
import type { ClientSecret } from '../config.ts';
import { IntrospectionFailed } from './introspection-errors.ts';

/** The value of an Authorization header: both halves are form-urlencoded before they are joined. */
export function basicAuthorization(clientId: string, secret: string): string {
  const encode = (value: string): string => new URLSearchParams([['', value]]).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')}`;
}

/** As it is now: loop-auth makes another one when its file is lost. Throws IntrospectionFailed. */
export function readSecret(clientSecret: ClientSecret): string {
  try {
    return clientSecret.read();
  } catch (cause) {
    throw new IntrospectionFailed('the introspection credential can not be read (API_CLIENT_SECRET_FILE)', {
      cause,
    });
  }
}
