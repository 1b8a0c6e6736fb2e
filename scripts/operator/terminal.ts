// In which language a terminal is spoken to, and how its tables of words line up.
import { type Language, readLanguage } from '../../pages/language.ts';
import { createWords, type Words } from '../../pages/words.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** By POSIX's order (Base Definitions, section 8.2): the first that says something decides. English where it is no language of ours. */
export function terminalLanguage(environment: Environment): Language {
  const locale = ['LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => environment[name]).find(Boolean) ?? '';
  return readLanguage(locale.split(/[_.@-]/, 1)[0]?.toLowerCase()) ?? 'en';
}

export function terminalWords(environment: Environment): Words {
  return createWords({ language: terminalLanguage(environment), zone: 'UTC' });
}

/** Blanks up to that many columns; a Korean syllable takes two. */
export function padColumns(text: string, columns: number): string {
  const taken = [...text].reduce(
    (sum, sign) => sum + (/[\u1100-\u11FF\u3130-\u318F가-힣]/.test(sign) ? 2 : 1),
    0,
  );
  return text + ' '.repeat(Math.max(1, columns - taken));
}
