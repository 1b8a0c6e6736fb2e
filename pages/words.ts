// What pages say, in the language and the zone of who reads: words with values in them, and moments.
// The words themselves lie in words/, one file a language, in sections by page.
import { IntlMessageFormat } from 'intl-messageformat';
import { escapeHtml } from './html.ts';
import { particleAfter, particles } from './korean.ts';
import type { Language } from './language.ts';
import en from './words/en.json' with { type: 'json' };
import ko from './words/ko.json' with { type: 'json' };

type Leaves<T, Path extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${Path}${K}` : Leaves<T[K], `${Path}${K}.`>;
}[keyof T & string];

/** Where words stand in the files: `signIn.title`. */
export type WordKey = Leaves<typeof en>;
/** What is wrong with what a person typed. */
type FaultCode = keyof typeof en.faults;
/** What an error page is about. */
export type ErrorName = keyof typeof en.errors;
/** Why a try to connect went no further. */
export type CauseName = keyof typeof en.causes;
/** What a page says of the form that was sent before it. */
export type NoticeCode = keyof typeof en.notices;

/** A date stands for its time of day. */
export type Values = Readonly<Record<string, string | number | Date>>;

/** For a person: a code that pages have words for, with the values in them. */
export interface Fault {
  readonly code: FaultCode;
  readonly values?: Values;
}

/** What became of a form: shown once, by the next page. */
export interface Notice {
  readonly code: NoticeCode;
  readonly values?: Values;
}

export interface Words {
  readonly language: Language;
  /** Plain text, for where it is escaped or no HTML. */
  readonly text: (key: WordKey, values?: Values) => string;
  /** HTML: the words may hold elements, their values are escaped. */
  readonly html: (key: WordKey, values?: Values) => string;
  /** The day and the minute in the reader's zone; where that is UTC, it is said. */
  readonly moment: (epochSeconds: number) => string;
}

export function isNoticeCode(code: string): code is NoticeCode {
  return Object.hasOwn(en.notices, code);
}

export function isCauseName(word: string): word is CauseName {
  return Object.hasOwn(en.causes, word);
}

/** Whether there are words for what happened to an account; a newer version may have told of other things. */
export function isActivityEvent(name: string): name is keyof typeof en.activityEvents {
  return Object.hasOwn(en.activityEvents, name);
}

const messages = { en: readMessages('en', en), ko: readMessages('ko', ko) };

export function createWords({ language, zone }: { language: Language; zone: string }): Words {
  const say = (key: WordKey, values: Values, shown: Values): string => {
    const message = messages[language](key);
    return String(message.format({ ...particlesOf(values), ...shown, ...clocksOf(values, language, zone) }));
  };
  return {
    language,
    text: (key, values = {}) => say(key, values, values),
    html: (key, values = {}) => say(key, values, escapeAll(values)),
    moment: (epochSeconds) => saidZone(momentFormat(language, zone).format(epochSeconds * 1000), zone),
  };
}

// Making one takes longer than a page of dates, and a browser may say that it is in any zone there is.
const mostFormats = 16;
const formats = new Map<string, Intl.DateTimeFormat>();

function momentFormat(language: Language, zone: string): Intl.DateTimeFormat {
  const key = `${language} ${zone}`;
  const format =
    formats.get(key) ??
    new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone: zone });
  formats.delete(key);
  formats.set(key, format);
  for (const oldest of formats.keys()) if (formats.size > mostFormats) formats.delete(oldest);
  return format;
}

/**
 * A message is compiled when it is said first: all of them take a tenth of a start. None needs a file, also where the disk is
 * the error; that each can be read a test sees (words.test.ts).
 */
function readMessages(language: Language, words: object): (key: WordKey) => IntlMessageFormat {
  const texts = new Map(listWords(words));
  const compiled = new Map<string, IntlMessageFormat>();
  return (key) => {
    const known = compiled.get(key);
    if (known) return known;
    const text = texts.get(key);
    if (text === undefined) throw new Error(`there are no words for ${key}`);
    const message = new IntlMessageFormat(text, language, undefined, { ignoreTag: true });
    compiled.set(key, message);
    return message;
  };
}

type Word = readonly [key: string, message: string];

function listWords(words: object, path = ''): Word[] {
  return Object.entries(words).flatMap(([name, value]): Word[] =>
    typeof value === 'string' ? [[`${path}${name}`, value]] : listWords(value, `${path}${name}.`),
  );
}

function escapeAll(values: Values): Values {
  const escaped = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? escapeHtml(value) : value,
  ]);
  return Object.fromEntries(escaped);
}

function clocksOf(values: Values, language: Language, zone: string): Record<string, string> {
  const dates = Object.entries(values).filter((entry): entry is [string, Date] => entry[1] instanceof Date);
  if (dates.length === 0) return {};
  const format = new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone: zone });
  return Object.fromEntries(dates.map(([name, date]) => [name, saidZone(format.format(date), zone)]));
}

function saidZone(moment: string, zone: string): string {
  return zone === 'UTC' ? `${moment} (UTC)` : moment;
}

function particlesOf(values: Values): Values {
  const found = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'string'
      ? Object.entries(particles).map(([suffix, particle]) => [
          `${name}_${suffix}`,
          particleAfter(value, particle),
        ])
      : [],
  );
  return Object.fromEntries(found);
}
