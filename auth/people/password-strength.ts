// Whether a password is among the first that a guesser tries. Load it only where one is chosen: its list takes 30 MB.
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

// sign-in-limits.ts leaves a guesser 100 tries an hour: a million of them take more than a year.
const leastGuesses = 1_000_000;
// Beyond this nothing gets easier to guess, and the estimate takes the square of the length.
const judgedCharacters = 64;

const estimator = new ZxcvbnFactory({
  dictionary: { passwords: dictionary['passwords-common'] },
  graphs: adjacencyGraphs,
  maxLength: judgedCharacters,
});

export type Weakness = 'common' | 'name';

/** `common`: one of the commonest, or made of them, of keys side by side, of repetition. `name`: nothing without it. */
export function findWeakness(password: string, username: string): Weakness | undefined {
  const [typed, name] = [fold(password), fold(username)];
  if (isLittleWithout(name, typed)) return 'name';
  if (isGuessed(typed)) return 'common';
  return isGuessed(typed, [name]) ? 'name' : undefined;
}

function isLittleWithout(name: string, typed: string): boolean {
  const reversed = [...name].reverse().join('');
  const rest = typed.replaceAll(name, '').replaceAll(reversed, '');
  return rest !== typed && isGuessed(rest);
}

function isGuessed(text: string, known: string[] = []): boolean {
  return estimator.check(text, known).guesses < leastGuesses;
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
