// What a username and a password must be like, in words for their owner.
import { fieldLimits } from '../pages/pages.ts';

/** What is wrong with them; undefined when nothing is. */
export function findCredentialFault(username: string, password: string): string | undefined {
  if (username === '') return 'Choose a username.';
  if (/[\p{Cc}\p{Cf}]/u.test(username))
    return 'The username has characters that can not be seen; type it again.';
  if (username.length > fieldLimits.username)
    return `The username is longer than ${fieldLimits.username} characters.`;
  if ([...password].length < fieldLimits.passwordLeast) {
    return `The password needs at least ${fieldLimits.passwordLeast} characters. A short sentence is good.`;
  }
  if (password.length > fieldLimits.password)
    return `The password is longer than ${fieldLimits.password} characters.`;
  return undefined;
}
