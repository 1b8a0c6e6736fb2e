// The links in the front matter of a note, as they stand in its YAML.
import { isMap, isPair, isScalar, isSeq, type Scalar } from 'yaml';
import type { Steps } from '../../pace/steps.ts';
import { parseYaml } from '../yaml-document.ts';
import { findInlineLinks, placeLinks, type WrittenLink } from './text-links.ts';
import { type QuotedValue, readValue } from './values.ts';

/**
 * `source` is a block of front matter that could be read, `start` where it stands in the note `note`; `id` is the note's.
 * In no order.
 */
export function* findPropertyLinks(
  note: string,
  { source, start }: { source: string; start: number },
  id: string,
): Steps<WrittenLink[]> {
  const links: WrittenLink[] = [];
  for (const { scalar, isUnquotedLink } of listScalars(source)) {
    const value = readScalar(note, scalar, start);
    if (value !== undefined) {
      for (const link of yield* findValueLinks(value, id, isUnquotedLink)) {
        links.push(link);
      }
    }
  }
  return links;
}

// `[[Note]]` that somebody forgot to quote is a list in a list for YAML (notes/properties.ts).
function* findValueLinks(value: QuotedValue, id: string, isUnquotedLink: boolean): Steps<WrittenLink[]> {
  return isUnquotedLink
    ? placeLinks(yield* findInlineLinks(`[[${value.text}]]`, id), value, 2)
    : placeLinks(yield* findInlineLinks(value.text, id), value);
}

const quotes = {
  PLAIN: '',
  QUOTE_SINGLE: "'",
  QUOTE_DOUBLE: '"',
  BLOCK_FOLDED: 'block',
  BLOCK_LITERAL: 'block',
} as const;

/** A value of YAML that begins at `start` of `note`. */
export function readScalar(note: string, { type, range }: Scalar, start: number): QuotedValue | undefined {
  const quote = type === undefined ? undefined : quotes[type as keyof typeof quotes];
  return quote === undefined || !range
    ? undefined
    : readValue(note, { start: start + range[0], end: start + range[1] }, quote);
}

interface FoundScalar {
  scalar: Scalar;
  isUnquotedLink: boolean;
}

/** Those that are texts: all values, and names but for those at the top. */
function* listScalars(source: string): Generator<FoundScalar> {
  const top: unknown = parseYaml(source).contents;
  const left: unknown[] = isMap(top) ? top.items.map(({ value }) => value) : [];
  while (left.length > 0) {
    const node = left.pop();
    const name = findUnquotedName(node);
    if (name !== undefined) {
      yield { scalar: name, isUnquotedLink: true };
    } else if (isText(node)) {
      yield { scalar: node, isUnquotedLink: false };
    } else {
      for (const member of listMembers(node)) {
        left.push(member);
      }
    }
  }
}

const listMembers = (node: unknown): unknown[] =>
  isMap(node) || isSeq(node)
    ? (node.items as unknown[]).flatMap((item) => (isPair(item) ? [item.key, item.value] : [item]))
    : [];

const isText = (node: unknown): node is Scalar => isScalar(node) && typeof node.value === 'string';

function findUnquotedName(node: unknown): Scalar | undefined {
  const inner: unknown = isSeq(node) && node.items.length === 1 ? node.items[0] : undefined;
  const name: unknown = isSeq(inner) && inner.items.length === 1 ? inner.items[0] : undefined;
  return isText(name) ? name : undefined;
}
