// Whether somebody whom the provider knows may sign in here: only who is named in AUTH_UPSTREAM_ALLOW.
import type { AllowRules } from './settings.ts';

/** What the provider says of a person, of either answer: ID token and userinfo. */
export type Claims = Readonly<Record<string, unknown>>;

/** `subject` is the ID token's; an address counts only where the provider says that it was verified. */
export function isAllowed(
  { subjects, emails, groups }: AllowRules,
  subject: string,
  claims: Claims,
): boolean {
  if (subjects.includes(subject)) return true;
  const { email, email_verified: isVerified } = claims;
  // A string "true" is no promise: who writes it may write it of anything.
  if (isVerified === true && typeof email === 'string' && emails.includes(email.toLowerCase())) return true;
  const own = Array.isArray(claims['groups']) ? claims['groups'] : [];
  return groups.some((group) => own.includes(group));
}
