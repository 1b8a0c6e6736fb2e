// The two ways in which asking loop-auth can fail; both are ours, never the client's.

/** Refused, silent for too long, cut off, or 5xx: tokens known to be active stay good for a while. */
export class AuthorizationServerUnreachable extends Error {
  override readonly name = 'AuthorizationServerUnreachable';
}

/** It answered, but not so that a token could be judged: wrong credential, wrong issuer, an answer that can't be parsed. */
export class IntrospectionFailed extends Error {
  override readonly name = 'IntrospectionFailed';
}
