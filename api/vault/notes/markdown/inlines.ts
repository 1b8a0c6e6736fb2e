// What stands in one text: links, tags and fields, outside of its code, math and HTML (CommonMark, section 6 and the
// appendix on links, with Obsidian's wiki links). Each sign is gone to once, and what it opens is looked for once.

import { Pauses, type Steps } from '../../pace/steps.ts';
import type { Place } from '../written/places.ts';
import { type InlineField, readFieldName } from './fields.ts';
import { findPassageEnd, findTagEnd } from './html.ts';
import { findTitleEnd, keyOfLabel, readDestination, readLabel, skipSpaces } from './link-parts.ts';
import type { Definitions } from './paragraph.ts';
import { Spans } from './spans.ts';
import { readTag } from './tags.ts';

export interface Inlines {
  /** What stands in `[[…]]`, up to a `|` and after it; the first starts at `at`. */
  onWikiLink: (target: string, shown: string, at: number) => void;
  /**
   * Where a Markdown link leads, without its backslashes and character references, and its text; undefined instead of the
   * place of the first, as it is written, for a link by reference.
   */
  onDestination: (destination: string, shown: string, place: Place | undefined) => void;
  /** Without the `#`. */
  onTag: (tag: string) => void;
  onField: (field: InlineField) => void;
}

interface Bracket {
  at: number;
  isImage: boolean;
  /** A text with brackets in it is no label. */
  hasBracket: boolean;
  field?: { name: string; valueStart: number };
}

interface InlineLink {
  destination: string;
  place?: Place;
  end: number;
}

/** No text without one of these says anything. */
const saysSomething = /[#[]|::/;
/** By its number: whether a character may begin or end something. */
const isSign = new Uint8Array(128);
for (const sign of '\\`$<[]()#:') {
  isSign[sign.charCodeAt(0)] = 1;
}
/** Brackets that are open at once: more are opened and never closed. */
const mostOpen = 2000;
const punctuation = /[!-/:-@[-`{-~]/;
const wikiLink = /\[\[([^[\]|\n]+)(?:\|((?:[^[\]\n]|\](?!\])|\[(?!\[))*))?\]\]/y;
const autolink = /<(?:[a-z][a-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]{1,200}@[^\s<>@]{1,200})>/iy;
const passageStart = /^<(?:\?|!--|!\[CDATA\[|![a-z])/i;
/** Characters: more than a tag has that somebody wrote. A longer one would be tried again from each sign in it. */
const longestHtmlTag = 4096;

/** Reads `text`, one of the texts of a note. */
export function* readInlines(text: string, definitions: Definitions, inlines: Inlines): Steps<void> {
  if (saysSomething.test(text)) {
    yield* new InlineReader(text, definitions, inlines).read();
  }
}

class InlineReader {
  readonly #text: string;
  readonly #definitions: Definitions;
  readonly #inlines: Inlines;
  readonly #spans: Spans;
  readonly #brackets: Bracket[] = [];
  /** Of those in `#brackets`: a link lies in what they open, so they open none themselves. */
  #inactive = 0;
  readonly #parentheses: Bracket[] = [];
  readonly #mayHoldFields: boolean;
  /** Of HTML: what has no end further on. */
  readonly #endless = new Set<string>();
  /** Where what was read last ended: a `!` before it opens no image. */
  #plainStart = 0;
  #tagEnd = -1;

  constructor(text: string, definitions: Definitions, inlines: Inlines) {
    this.#text = text;
    this.#definitions = definitions;
    this.#inlines = inlines;
    this.#spans = new Spans(text);
    this.#mayHoldFields = text.includes('::');
  }

  *read(): Steps<void> {
    const text = this.#text;
    const pauses = new Pauses();
    // By hand: an expression that finds the next sign took longer than all that is done with it.
    for (let at = 0; at < text.length; ) {
      if (isSign[text.charCodeAt(at)] !== 1) {
        at += 1;
        continue;
      }
      const next = this.#readSign(text.charAt(at), at);
      if (next > at + 1) {
        this.#plainStart = next;
      }
      at = next;
      if (pauses.isDue(at)) {
        yield;
      }
    }
  }

  /** Where to go on from. */
  #readSign(sign: string, at: number): number {
    switch (sign) {
      case '\\':
        return at + (punctuation.test(this.#text.charAt(at + 1)) ? 2 : 1);
      case '`':
        return this.#spans.findCodeEnd(at);
      case '$':
        return this.#spans.findMathEnd(at);
      case '<':
        return this.#findHtmlEnd(at);
      case '[':
        return this.#readWikiLink(at);
      case ']':
        return this.#closeBracket(at);
      case '#':
        return this.#readTag(at);
      default:
        return this.#mayHoldFields ? this.#readFieldSign(sign, at) : at + 1;
    }
  }

  #findHtmlEnd(at: number): number {
    autolink.lastIndex = at;
    if (autolink.test(this.#text)) {
      return autolink.lastIndex;
    }
    const passage = passageStart.exec(this.#text.slice(at, at + 9))?.[0];
    if (passage === undefined) {
      const end = findTagEnd(this.#text.slice(at, at + longestHtmlTag), 0);
      return at + Math.max(end, 1);
    }
    const end = this.#endless.has(passage) ? -1 : findPassageEnd(this.#text, at);
    if (end < 0) {
      this.#endless.add(passage);
    }
    return Math.max(end, at + 1);
  }

  #readTag(at: number): number {
    const found = readTag(this.#text, at, this.#tagEnd);
    if (found === undefined) {
      return at + 1;
    }
    this.#inlines.onTag(found.tag);
    this.#tagEnd = found.end;
    return found.end;
  }

  #readWikiLink(at: number): number {
    wikiLink.lastIndex = at;
    const isDouble = this.#text.charCodeAt(at + 1) === 91;
    const [, target, shown = ''] = (isDouble ? wikiLink.exec(this.#text) : null) ?? [];
    const outer = this.#brackets.at(-1);
    if (outer !== undefined) {
      outer.hasBracket = true;
    }
    if (target !== undefined) {
      this.#inlines.onWikiLink(target, shown, at + 2);
      return wikiLink.lastIndex;
    }
    const isImage = at > this.#plainStart && this.#text.charAt(at - 1) === '!';
    this.#inactive -= push(this.#brackets, { at, isImage, hasBracket: false });
    return at + 1;
  }

  #closeBracket(at: number): number {
    const bracket = this.#brackets.pop();
    const isInactive = this.#brackets.length < this.#inactive;
    this.#inactive = Math.min(this.#inactive, this.#brackets.length);
    if (bracket === undefined || this.#closeField(bracket, at) || (isInactive && !bracket.isImage)) {
      return at + 1;
    }
    const link: InlineLink | undefined = this.#readInlineLink(at + 1) ?? this.#readReference(bracket, at);
    if (link === undefined) {
      return at + 1;
    }
    this.#inlines.onDestination(link.destination, this.#text.slice(bracket.at + 1, at), link.place);
    if (!bracket.isImage) {
      this.#inactive = this.#brackets.length;
    }
    return link.end;
  }

  /** `(destination "title")` */
  #readInlineLink(at: number): InlineLink | undefined {
    const text = this.#text;
    if (text.charAt(at) !== '(') {
      return undefined;
    }
    const start = skipSpaces(text, at + 1);
    const destination = readDestination(text, start);
    if (destination === undefined) {
      return undefined;
    }
    const next = skipSpaces(text, destination.end);
    const title = next > destination.end ? findTitleEnd(text, next) : -1;
    const end = title < 0 ? next : skipSpaces(text, title);
    const place = { start, end: destination.end };
    return text.charAt(end) === ')' ? { destination: destination.value, place, end: end + 1 } : undefined;
  }

  /** `[text][label]`, `[label][]`, `[label]` */
  #readReference(bracket: Bracket, at: number): InlineLink | undefined {
    if (this.#definitions.size === 0) {
      return undefined;
    }
    const label = this.#text.charAt(at + 1) === '[' ? readLabel(this.#text, at + 1) : undefined;
    const isOwn = label === undefined || label.value === '';
    if (isOwn && bracket.hasBracket) {
      return undefined;
    }
    // Too long for a label, it is not even taken out.
    const own = at - bracket.at > 1000 ? '' : this.#text.slice(bracket.at + 1, at);
    const destination = this.#definitions.get(keyOfLabel(isOwn ? own : label.value) ?? '');
    return destination === undefined ? undefined : { destination, end: label?.end ?? at + 1 };
  }

  #readFieldSign(sign: string, at: number): number {
    if (sign === '(') {
      push(this.#parentheses, { at, isImage: false, hasBracket: false });
    } else if (sign === ')') {
      const opened = this.#parentheses.pop();
      if (opened !== undefined) {
        this.#closeField(opened, at);
      }
    } else if (this.#text.startsWith('::', at)) {
      this.#openField(at);
      return at + 2;
    }
    return at + 1;
  }

  #openField(at: number): void {
    const [bracket, parenthesis] = [this.#brackets.at(-1), this.#parentheses.at(-1)];
    const opened = (bracket?.at ?? -1) > (parenthesis?.at ?? -1) ? bracket : parenthesis;
    if (opened === undefined || opened.field !== undefined || at - opened.at > 201) {
      return;
    }
    const name = readFieldName(this.#text.slice(opened.at + 1, at));
    if (name !== undefined) {
      opened.field = { name, valueStart: at + 2 };
    }
  }

  #closeField({ field }: Bracket, at: number): boolean {
    if (field === undefined) {
      return false;
    }
    this.#inlines.onField([field.name, this.#text.slice(field.valueStart, at).trim()]);
    return true;
  }
}

/** How many of the outermost are forgotten for it. */
function push(brackets: Bracket[], bracket: Bracket): number {
  const forgotten = brackets.length < mostOpen ? 0 : mostOpen / 2;
  if (forgotten > 0) {
    brackets.splice(0, forgotten);
  }
  brackets.push(bracket);
  return forgotten;
}
