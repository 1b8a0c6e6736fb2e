// Which language a page speaks: what a person switched to, before what an app or a browser wishes for.

export const languages = ['en', 'ko'] as const;
export type Language = (typeof languages)[number];

/** What each language calls itself: whoever looks for theirs can read no other. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', ko: '한국어' };

export interface LanguageWishes {
  /** `lang` of the address: the switch of a page. */
  readonly asked?: unknown;
  /** What the switch said the last time. */
  readonly remembered?: string | undefined;
  /** OpenID Connect Core section 3.1.2.1: tags, best first, with spaces between. */
  readonly uiLocales?: unknown;
  /** The best of these by Accept-Language. */
  readonly accepted: (languages: string[]) => string | false;
}

export function chooseLanguage({ asked, remembered, uiLocales, accepted }: LanguageWishes): Language {
  const wishes = [asked, remembered, ...tagsOf(uiLocales).map((tag) => tag.split('-')[0]?.toLowerCase())];
  return wishes.find(isLanguage) ?? readLanguage(accepted([...languages])) ?? 'en';
}

/** Undefined for what is no language of ours. */
export function readLanguage(value: unknown): Language | undefined {
  return isLanguage(value) ? value : undefined;
}

function isLanguage(value: unknown): value is Language {
  return languages.includes(value as Language);
}

function tagsOf(uiLocales: unknown): string[] {
  return typeof uiLocales === 'string' ? uiLocales.slice(0, 200).split(' ') : [];
}
