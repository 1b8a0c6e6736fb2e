// Numbers as options of a command.
import { InvalidArgumentError } from 'commander';

/** For commander's `option`. */
export function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError('allowed: a number above 0');
  return number;
}
