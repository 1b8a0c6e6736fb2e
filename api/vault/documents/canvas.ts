// A canvas (JSON Canvas 1.0) as text: its cards, as they are read from top to bottom, by group, and what joins them.
import type { NoteLink } from '../notes/markdown/link-target.ts';
import { nameOf, withoutExtension } from '../notes/name.ts';
import { normalizeText } from '../unicode.ts';
import { type Description, NotDescribable } from './description.ts';

/** Far more than a person lays out. Each value takes some 50 bytes while it is read, whatever it takes in the file. */
const mostValues = 100_000;
/** Those that take cards in: every card is looked for in each of them. */
const mostGroups = 200;
/** Characters of what a card is called where something leads to it. */
const longestName = 60;
/** Each says the names of two cards, which may be longer than all that the file has of it. */
const mostEdges = 5000;

/** Characters. No path in a vault (notes/path.ts) is longer. */
const longestPath = 4096;

/** What the path of a file on a canvas leads to: from the top of the vault, which no nearer note can take away. */
export function createExactLink(path: string): NoteLink | undefined {
  const written = normalizeText(path, 'NFC');
  return path.length > longestPath ? undefined : { target: `/${withoutExtension(written)}`, written };
}

/** Throws NotDescribable. */
export function describeCanvas(source: string): Description {
  const canvas = parseCanvas(source);
  const nodes = listOf(canvas['nodes']).map(readNode);
  const cards = nodes.filter(({ type }) => type !== 'group').sort((a, b) => a.y - b.y || a.x - b.x);
  const groups = nodes.filter(({ type }) => type === 'group').sort((a, b) => a.y - b.y || a.x - b.x);
  // The smallest first: a card belongs to the innermost group that it lies in.
  const takers = groups.slice(0, mostGroups).sort((a, b) => areaOf(a) - areaOf(b));
  const byGroup = Map.groupBy(cards, (card) => takers.find((group) => isIn(card, group)));
  const sections = [
    ...(byGroup.get(undefined) ?? []).map(textOf),
    ...groups.flatMap((group) => [
      `## Group: ${nameOfNode(group)}`,
      ...(byGroup.get(group) ?? []).map(textOf),
    ]),
  ];
  const edges = listOf(canvas['edges']);
  const lines = describeEdges(edges.slice(0, mostEdges), nodes);
  if (lines.length > 0) {
    const more = edges.length > mostEdges ? `\n\n${edges.length - mostEdges} more are not shown.` : '';
    sections.push('## Connections', lines.join('\n') + more);
  }
  return {
    text: sections.filter((section) => section !== '').join('\n\n'),
    cards: cards.filter(({ type }) => type === 'text').map(({ content }) => content),
    files: nodes.map(({ file }) => file).filter((file) => file !== ''),
  };
}

/** The object that a canvas is. Throws NotDescribable. */
export function parseCanvas(source: string): Record<string, unknown> {
  // Obsidian makes an empty file for a new canvas.
  if (source.trim() === '') {
    return {};
  }
  if (countValues(source) > mostValues) {
    throw new NotDescribable(`it has more than ${mostValues} values`);
  }
  const canvas = parseJson(source);
  if (!isObject(canvas)) {
    throw new NotDescribable('it is not a JSON Canvas');
  }
  return canvas;
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new NotDescribable('it is not valid JSON', { cause });
  }
}

const openers = new Set<string | undefined>([',', '[', '{']);

/** How many values JSON has at most, before any is made: one more than the commas and brackets outside of its strings. */
function countValues(source: string): number {
  let count = 1;
  for (let at = 0; at < source.length; at += 1) {
    if (source[at] === '"') {
      at = findStringEnd(source, at + 1);
    } else if (openers.has(source[at])) {
      count += 1;
    }
  }
  return count;
}

function findStringEnd(source: string, start: number): number {
  let at = start;
  while (at < source.length && source[at] !== '"') {
    at += source[at] === '\\' ? 2 : 1;
  }
  return at;
}

interface Node {
  id: unknown;
  type: 'text' | 'file' | 'link' | 'group' | 'other';
  /** The text, the path, the address or the label. */
  content: string;
  /** The path of the file that it shows; of a group, of its background. */
  file: string;
  /** Of a file: the heading or block in it, with its `#`. */
  subpath: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

const contentNames = { text: 'text', file: 'file', link: 'url', group: 'label', other: 'text' } as const;

/** Where a node has the path of a file. */
export const fileNames: ReadonlyMap<string, string> = new Map([
  ['file', 'file'],
  ['group', 'background'],
]);

function readNode(value: Record<string, unknown>): Node {
  const type = typeOf(value['type']);
  const file = fileNames.get(type);
  return {
    id: value['id'],
    type,
    content: stringOf(value[contentNames[type]]),
    file: file === undefined ? '' : stringOf(value[file]),
    subpath: stringOf(value['subpath']),
    x: numberOf(value['x']),
    y: numberOf(value['y']),
    width: numberOf(value['width']),
    height: numberOf(value['height']),
  };
}

function typeOf(value: unknown): Node['type'] {
  return value === 'text' || value === 'file' || value === 'link' || value === 'group' ? value : 'other';
}

function textOf({ type, content, subpath }: Node): string {
  switch (type) {
    case 'file':
      return `File: [[${content}${subpath}]]`;
    case 'link':
      return `Link: ${content}`;
    default:
      return content.trim();
  }
}

/** One line, by which a person would know the card. */
function nameOfNode({ type, content, subpath }: Node): string {
  const whole = type === 'file' ? nameOf(content) + subpath : firstLineOf(content);
  const name = whole === '' ? `(${type} without ${type === 'group' ? 'a label' : 'text'})` : whole;
  return name.length > longestName ? `${name.slice(0, longestName - 1).toWellFormed()}…` : name;
}

function firstLineOf(text: string): string {
  const start = text.search(/\S/);
  if (start < 0) {
    return '';
  }
  const end = text.indexOf('\n', start);
  const line = text.slice(start, end < 0 ? Math.min(text.length, start + 1000) : end);
  return line.replace(/^#{1,6}[ \t]+/, '').trim();
}

function describeEdges(edges: Record<string, unknown>[], nodes: Node[]): string[] {
  const names = new Map(nodes.map((node) => [node.id, nameOfNode(node)]));
  return edges.flatMap((edge) => {
    const [from, to] = [names.get(edge['fromNode']), names.get(edge['toNode'])];
    if (from === undefined || to === undefined) {
      return [];
    }
    const label = firstLineOf(stringOf(edge['label']));
    return [`- ${from} ${arrowOf(edge)} ${to}${label === '' ? '' : `: ${label}`}`];
  });
}

// JSON Canvas 1.0, Edges: without a word for it the line ends in an arrow, and starts in none.
function arrowOf({ fromEnd, toEnd }: Record<string, unknown>): string {
  const isFromArrow = fromEnd === 'arrow';
  if (toEnd === 'none') {
    return isFromArrow ? '←' : '—';
  }
  return isFromArrow ? '↔' : '→';
}

const areaOf = ({ width, height }: Node): number => width * height;

function isIn(card: Node, group: Node): boolean {
  const [x, y] = [card.x + card.width / 2, card.y + card.height / 2];
  return x >= group.x && x <= group.x + group.width && y >= group.y && y <= group.y + group.height;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isObject) : [];
const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
