// The links of a text of Markdown as they stand in it: of each, which stretch says where it leads.
// The room: where a note is what it says, for whoever has to write a part of it anew. Not what it says: markdown/.

import { Pauses, type Steps } from '../../pace/steps.ts';
import { type Inlines, readInlines } from '../markdown/inlines.ts';
import { unescapeText } from '../markdown/link-parts.ts';
import { type NoteLink, readDestinationTarget, readWikiTarget } from '../markdown/link-target.ts';
import type { Block, Definitions } from '../markdown/paragraph.ts';
import { splitTable, type TableText } from '../markdown/tables.ts';
import { readBlocks } from '../parts/text-blocks.ts';
import { type Place, Places } from './places.ts';
import type { QuotedValue } from './values.ts';

/** `path`: the path itself and nothing around it, as a canvas names its files. */
type LinkForm = 'wiki' | 'destination' | 'path';

export interface WrittenLink extends Place {
  form: LinkForm;
  link: NoteLink;
  /**
   * What stands there, without what the format around it needs: of a wiki link its path, of a Markdown link the destination
   * without what begins with `#` and without angle brackets.
   */
  path: string;
  /** In angle brackets, where a space is a space. */
  isAngled: boolean;
  /** The value of YAML or JSON that it is in, and where in its text. */
  within?: { value: QuotedValue } & Place;
}

/** `id` is of the note or file that `text` is a part of. In the order of the text. */
export function* findTextLinks(text: string, id: string): Steps<WrittenLink[]> {
  const reader = new TextLinkReader(text, id);
  const found = yield* readBlocks(
    text,
    () => undefined,
    ({ destination, place }) => reader.addDestination(destination, place),
  );
  // What a label is worth as a link shows only once all definitions are known.
  const met: Block[] = [];
  const blocks = readBlocks(
    text,
    (block) => met.push(block),
    () => undefined,
  );
  for (let isOver = false; !isOver; ) {
    isOver = blocks.next().done === true;
    for (const block of met.splice(0)) {
      yield* reader.readBlock(block, found);
    }
    yield;
  }
  return reader.links.sort((a, b) => a.start - b.start);
}

/** The same for a text that is no blocks, such as a value of front matter. */
export function* findInlineLinks(text: string, id: string): Steps<WrittenLink[]> {
  const reader = new TextLinkReader(text, id);
  yield* reader.readPart(asCell(text), new Map(), new Places().add(0, 0));
  return reader.links;
}

/** The links in the text of a value, as it would stand alone, by where they stand in the source. */
export function placeLinks(links: readonly WrittenLink[], value: QuotedValue, shift = 0): WrittenLink[] {
  return links.flatMap((link) => {
    const within = { value, start: link.start - shift, end: link.end - shift };
    const place = value.places.find(within.start, within.end);
    return place === undefined ? [] : [{ ...link, ...place, within }];
  });
}

const asCell = (text: string): TableText => ({ text, start: 0, raw: text });

class TextLinkReader {
  readonly links: WrittenLink[] = [];
  readonly #source: string;
  readonly #id: string;

  constructor(source: string, id: string) {
    this.#source = source;
    this.#id = id;
  }

  *readBlock({ text, level, places }: Block, definitions: Definitions): Steps<void> {
    const pauses = new Pauses();
    for (const cell of level > 0 ? [asCell(text)] : splitTable(text)) {
      yield* this.readPart(cell, definitions, places);
      if (pauses.isDue(cell.start)) {
        yield;
      }
    }
  }

  *readPart(cell: TableText, definitions: Definitions, places: Places | undefined): Steps<void> {
    const cellPlaces = placesOfCell(cell);
    const find = (from: number, to: number): Place | undefined => {
      const found = cellPlaces.find(from, to);
      return found && places?.find(found.start, found.end);
    };
    const inlines: Inlines = {
      onWikiLink: (target, _shown, at) => this.#addWiki(target, (from, to) => find(at + from, at + to)),
      onDestination: (destination, _shown, place) => {
        if (place !== undefined) {
          const raw = cell.text.slice(place.start, place.end);
          this.#addWritten(destination, raw, (from, to) => find(place.start + from, place.start + to));
        }
      },
      onTag: () => undefined,
      onField: () => undefined,
    };
    yield* readInlines(cell.text, definitions, inlines);
  }

  addDestination(destination: string, place: Place): void {
    const raw = this.#source.slice(place.start, place.end);
    const find = (from: number, to: number): Place => ({ start: place.start + from, end: place.start + to });
    this.#addWritten(destination, raw, find);
  }

  #addWiki(target: string, find: (from: number, to: number) => Place | undefined): void {
    const link = readWikiTarget(target, this.#id);
    const end = target.search(/[#^|]/);
    const whole = (end < 0 ? target : target.slice(0, end)).replace(/\\$/, '');
    const from = whole.length - whole.trimStart().length;
    const path = whole.trim();
    const place = find(from, from + path.length);
    if (link !== undefined && place !== undefined) {
      this.links.push({ form: 'wiki', link, path, isAngled: false, ...place });
    }
  }

  #addWritten(destination: string, raw: string, find: (from: number, to: number) => Place | undefined): void {
    const link = readDestinationTarget(destination, this.#id);
    const isAngled = raw.startsWith('<');
    const inner = isAngled ? raw.slice(1, -1) : raw;
    const path = inner.slice(0, findFragment(inner));
    const [address = ''] = destination.split('#', 1);
    const from = isAngled ? 1 : 0;
    const place = find(from, from + path.length);
    if (link !== undefined && place !== undefined && unescapeText(path) === address) {
      this.links.push({ form: 'destination', link, path, isAngled, ...place });
    }
  }
}

/** Where the `#` of a destination stands, or the backslash before it; its end where there is none. */
function findFragment(destination: string): number {
  for (let at = destination.indexOf('#'); at >= 0; at = destination.indexOf('#', at + 1)) {
    const before = destination.charAt(at - 1);
    if (before === '\\') {
      return at - 1;
    }
    // `&#32;` is a character reference.
    if (before !== '&') {
      return at;
    }
  }
  return destination.length;
}

/** Where in its paragraph the text of a cell stands, in which a pipe has lost its backslash. */
function placesOfCell({ text, start, raw }: TableText): Places {
  const places = new Places().add(0, start);
  let lost = 0;
  if (text.length < raw.length) {
    for (let at = raw.indexOf('\\|'); at >= 0; at = raw.indexOf('\\|', at + 2)) {
      places.add(at - lost, start + at + 1);
      lost += 1;
    }
  }
  return places;
}
