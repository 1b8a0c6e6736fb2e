// What a username and a password must be like.
import type { Fault } from '../../pages/words.ts';
import { fieldLimits } from '../pages/pages.ts';

const weaknesses = { common: 'passwordCommon', name: 'passwordIsName' } as const;

/** What is wrong with them; undefined when nothing is. Asked only where they are chosen: what is in use goes on. */
export async function findCredentialFault(username: string, password: string): Promise<Fault | undefined> {
  const fault = findUsernameFault(username) ?? findLengthFault(password);
  if (fault !== undefined) return fault;
  const { findWeakness } = await import('./password-strength.ts');
  const weakness = findWeakness(password, username);
  return weakness && { code: weaknesses[weakness] };
}

function findUsernameFault(username: string): Fault | undefined {
  if (username === '') return { code: 'usernameMissing' };
  if (username.length > fieldLimits.username)
    return { code: 'usernameTooLong', values: { most: fieldLimits.username } };
  if (/[\p{Cc}\p{Cf}]/u.test(username)) return { code: 'usernameUnseen' };
  return undefined;
}

function findLengthFault(password: string): Fault | undefined {
  if (password.length > fieldLimits.password)
    return { code: 'passwordTooLong', values: { most: fieldLimits.password } };
  if ([...password].length < fieldLimits.passwordLeast)
    return { code: 'passwordTooShort', values: { least: fieldLimits.passwordLeast } };
  return undefined;
}
