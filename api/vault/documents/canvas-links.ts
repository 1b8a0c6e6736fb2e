// The links of a canvas as they stand in its JSON: the files on it and behind its groups, and those in the text of its cards.

import { findTextLinks, placeLinks, type WrittenLink } from '../notes/written/text-links.ts';
import { readValue } from '../notes/written/values.ts';
import type { Steps } from '../pace/steps.ts';
import { createExactLink, fileNames, parseCanvas } from './canvas.ts';
import { NotDescribable } from './description.ts';

/** `id` is the canvas's. In the order of the file; none where it can't be read. */
export function* findCanvasLinks(source: string, id: string): Steps<WrittenLink[]> {
  const start = source.startsWith('\ufeff') ? 1 : 0;
  try {
    parseCanvas(source.slice(start));
  } catch (error) {
    if (error instanceof NotDescribable) {
      return [];
    }
    throw error;
  }
  const scanner = new JsonScanner(source, start);
  const links: WrittenLink[] = [];
  for (const node of yield* scanner.findNodes()) {
    for (const link of yield* findNodeLinks(source, node, id)) {
      links.push(link);
    }
    yield;
  }
  return links.sort((a, b) => a.start - b.start);
}

/** The values of a node that are strings, by their names. */
type NodeStrings = Map<string, { start: number; end: number }>;

function* findNodeLinks(source: string, strings: NodeStrings, id: string): Steps<WrittenLink[]> {
  const read = (name: string): ReturnType<typeof readValue> | undefined => {
    const place = strings.get(name);
    return place && readValue(source, place, '"');
  };
  const type = read('type')?.text ?? '';
  const card = type === 'text' ? read('text') : undefined;
  if (card !== undefined) {
    return placeLinks(yield* findTextLinks(card.text, id), card);
  }
  const ofFile = fileNames.get(type);
  const value = ofFile === undefined ? undefined : read(ofFile);
  if (value === undefined) {
    return [];
  }
  const path = value.text;
  const link = createExactLink(path);
  return link === undefined
    ? []
    : placeLinks([{ form: 'path', link, path, isAngled: false, start: 0, end: path.length }], value);
}

/** Goes through JSON that is known to be valid. */
class JsonScanner {
  readonly #source: string;
  #at: number;

  constructor(source: string, start: number) {
    this.#source = source;
    this.#at = start;
  }

  *findNodes(): Steps<NodeStrings[]> {
    let start: number | undefined;
    this.#readObject((name) => {
      start = name === 'nodes' && this.#peek() === '[' ? this.#at : start;
      this.#skipValue();
    });
    return start === undefined ? [] : yield* this.#readNodes(start);
  }

  *#readNodes(start: number): Steps<NodeStrings[]> {
    const nodes: NodeStrings[] = [];
    this.#at = start + 1;
    while (this.#peek() !== ']' && this.#peek() !== '') {
      if (this.#peek() === '{') {
        nodes.push(this.#readNode());
      } else {
        this.#skipValue();
      }
      this.#skipComma();
      yield;
    }
    return nodes;
  }

  #readNode(): NodeStrings {
    const strings: NodeStrings = new Map();
    this.#readObject((name) => {
      const isString = this.#peek() === '"';
      const start = this.#at;
      this.#skipValue();
      if (isString) {
        strings.set(name, { start, end: this.#at });
      } else {
        strings.delete(name);
      }
    });
    return strings;
  }

  /** `onMember` is to read or skip the value. */
  #readObject(onMember: (name: string) => void): void {
    if (this.#peek() !== '{') {
      return;
    }
    this.#at += 1;
    while (this.#peek() === '"') {
      const start = this.#at;
      this.#skipString();
      const name = JSON.parse(this.#source.slice(start, this.#at)) as string;
      this.#peek();
      this.#at += 1;
      this.#peek();
      onMember(name);
      this.#skipComma();
    }
    this.#at += 1;
  }

  /** What comes next, spaces left out; '' at the end. */
  #peek(): string {
    while (/\s/.test(this.#source.charAt(this.#at))) {
      this.#at += 1;
    }
    return this.#source.charAt(this.#at);
  }

  #skipComma(): void {
    if (this.#peek() === ',') {
      this.#at += 1;
    }
  }

  #skipString(): void {
    this.#at += 1;
    while (this.#at < this.#source.length && this.#source.charAt(this.#at) !== '"') {
      this.#at += this.#source.charAt(this.#at) === '\\' ? 2 : 1;
    }
    this.#at += 1;
  }

  #skipValue(): void {
    let depth = 0;
    do {
      depth += this.#skipToken();
    } while (depth > 0 && this.#at < this.#source.length);
  }

  /** How much deeper it is after it. */
  #skipToken(): number {
    const sign = this.#peek();
    if (sign === '"') {
      this.#skipString();
    } else if (/[[{\]},:]/.test(sign)) {
      this.#at += 1;
    } else {
      this.#skipWord();
    }
    return Number(sign === '[' || sign === '{') - Number(sign === ']' || sign === '}');
  }

  #skipWord(): void {
    do {
      this.#at += 1;
    } while (this.#at < this.#source.length && !/[\s,\]}]/.test(this.#source.charAt(this.#at)));
  }
}
