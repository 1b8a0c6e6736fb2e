// What a username and a password must be like, in words for their owner.
import { fieldLimits } from '../pages/pages.ts';

const weaknesses = {
  common:
    'That password is one of the first that are guessed. A few words that have nothing to do with each other are better.',
  name: 'The password is little more than the username. Choose one that has nothing to do with it.',
} as const;

/** What is wrong with them; undefined when nothing is. Asked only where they are chosen: what is in use goes on. */
export async function findCredentialFault(username: string, password: string): Promise<string | undefined> {
  const fault = findUsernameFault(username) ?? findLengthFault(password);
  if (fault !== undefined) return fault;
  const { findWeakness } = await import('./password-strength.ts');
  const weakness = findWeakness(password, username);
  return weakness && weaknesses[weakness];
}

function findUsernameFault(username: string): string | undefined {
  if (username === '') return 'Choose a username.';
  if (username.length > fieldLimits.username)
    return `The username is longer than ${fieldLimits.username} characters.`;
  if (/[\p{Cc}\p{Cf}]/u.test(username))
    return 'The username has characters that can not be seen; type it again.';
  return undefined;
}

function findLengthFault(password: string): string | undefined {
  if (password.length > fieldLimits.password)
    return `The password is longer than ${fieldLimits.password} characters.`;
  if ([...password].length < fieldLimits.passwordLeast)
    return `The password needs at least ${fieldLimits.passwordLeast} characters. A short sentence is good.`;
  return undefined;
}
