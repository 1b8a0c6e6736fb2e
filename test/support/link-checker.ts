// Which links of a vault work, found and followed by other means than the vault's own: CommonMark by commonmark.js, YAML and
// JSON by their libraries, Obsidian's rules written out plainly. It shares no code with what it checks.
import { posix } from 'node:path';
import { Parser } from 'commonmark';
import { parse as parseYaml } from 'yaml';

/** Paths of all files, with the text of those that have links. */
export type VaultFiles = ReadonlyMap<string, string | undefined>;

interface CheckedLink {
  /** `[[…]]`, `](…)` or the file of a canvas. */
  kind: 'wiki' | 'markdown' | 'file';
  /** As it is meant, without heading and block. */
  path: string;
  /** What follows the path: a heading, a block, an alias. */
  rest: string;
}

const fold = (path: string): string => path.normalize('NFC').toLowerCase();
const isNote = (path: string): boolean => /\.(?:md|markdown)$/i.test(path);
const bare = (path: string): string => (isNote(path) ? path.slice(0, path.lastIndexOf('.')) : path);

const known = new Map<string, CheckedLink[]>();

/** The links of one file, in order. */
function listLinks(path: string, text: string): CheckedLink[] {
  const key = `${posix.extname(path)}\n${text}`;
  const links = known.get(key) ?? (path.endsWith('.canvas') ? listCanvas(text) : listNote(text));
  known.set(key, links);
  return links;
}

function listCanvas(text: string): CheckedLink[] {
  const { nodes = [] } = JSON.parse(text || '{}') as { nodes?: Record<string, string>[] };
  return nodes.flatMap(({ type, file = '', text: card = '' }) => {
    if (type === 'file') return [{ kind: 'file' as const, path: file, rest: '' }];
    return type === 'text' ? listMarkdown(card) : [];
  });
}

function listNote(note: string): CheckedLink[] {
  const lines = note.split('\n').map((line) => line.replace(/\r$/, ''));
  const end = lines[0] === '---' ? lines.findIndex((line, index) => index > 0 && line === '---') : -1;
  if (end < 0) return listMarkdown(note);
  try {
    const fields = parseYaml(lines.slice(1, end).join('\n')) as unknown;
    const values = Object.values((fields ?? {}) as object);
    return [...values.flatMap(listValue), ...listMarkdown(lines.slice(end + 1).join('\n'))];
  } catch {
    return listMarkdown(note);
  }
}

function listValue(value: unknown): CheckedLink[] {
  if (typeof value === 'string') return scan(value);
  // `[[Name]]` without quotes is a list in a list.
  if (Array.isArray(value) && value.length === 1 && Array.isArray(value[0]) && value[0].length === 1) {
    return typeof value[0][0] === 'string' ? scan(`[[${value[0][0]}]]`) : listValue(value[0]);
  }
  if (Array.isArray(value)) return value.flatMap(listValue);
  return value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([name, member]) => [...scan(name), ...listValue(member)])
    : [];
}

const scan = (text: string): CheckedLink[] => listMarkdown(text);

function listMarkdown(text: string): CheckedLink[] {
  const links: CheckedLink[] = [];
  const walker = new Parser().parse(withoutBlocks(asText(text))).walker();
  let event = walker.next();
  let run = '';
  const flush = (): void => {
    links.push(...listWiki(run));
    run = '';
  };
  while (event) {
    const { node, entering } = event;
    if (node.type === 'text') run += node.literal ?? '';
    else if (node.type === 'softbreak' || node.type === 'linebreak') run += '\n';
    else if (node.type === 'link' || node.type === 'image') {
      if (!entering) links.push(...listDestination(node.destination ?? ''));
    } else if (['emph', 'strong'].includes(node.type)) run += '\ue000';
    else if (node.type === 'code' || node.type === 'html_inline') run += '\ue001';
    else flush();
    event = walker.next();
  }
  flush();
  return links;
}

/**
 * Its wiki links as text that CommonMark makes nothing of: as Obsidian reads it, brackets behind one, `[[Note]](an aside)`, are no
 * destination.
 */
function asText(text: string): string {
  return text.replace(/(?<=(?:^|[^\\])(?:\\\\)*)\[\[([^[\]\n]+)\]\]/g, (_, inner) => `\\[\\[${inner}\\]\\]`);
}

/** Without blocks of comments and of math, which CommonMark does not know. */
function withoutBlocks(text: string): string {
  let open = '';
  return text
    .split('\n')
    .map((line) => {
      const sign = ['%%', '$$'].find((one) => line.trim() === one) ?? '';
      const isInside = open !== '';
      if (isInside ? sign === open : sign !== '') {
        open = isInside ? '' : sign;
        return '';
      }
      return isInside ? '' : line;
    })
    .join('\n');
}

function listWiki(run: string): CheckedLink[] {
  const links: CheckedLink[] = [];
  const text = withoutSpans(withoutSpans(run, '%%'), '$');
  for (let at = text.indexOf('[['); at >= 0; at = text.indexOf('[[', at + 1)) {
    const end = text.indexOf(']]', at);
    const inner = end < 0 ? '\n' : text.slice(at + 2, end);
    const target = inner.split('|')[0] ?? '';
    if (/[[\]\n\ue000\ue001]/.test(target) || target === '') continue;
    const path = (target.split(/[#^]/)[0] ?? '').trim();
    if (path !== '' && !path.includes('://')) {
      links.push({ kind: 'wiki', path, rest: inner.slice((target.split(/[#^]/)[0] ?? '').length) });
    }
  }
  return links;
}

function withoutSpans(text: string, sign: string): string {
  const parts = text.split(sign);
  // Two sums of money are no math.
  if (sign === '$')
    return parts.length % 2 === 0 || /\$\d/.test(text)
      ? text
      : parts.filter((_, index) => index % 2 === 0).join(' ');
  return parts.length % 2 === 0 ? text : parts.filter((_, index) => index % 2 === 0).join(' ');
}

function listDestination(destination: string): CheckedLink[] {
  const [address = '', ...rest] = destination.split('#');
  if (address === '' || /^[a-z][a-z0-9+.-]*:/i.test(address) || address.startsWith('//')) return [];
  try {
    return [{ kind: 'markdown', path: decodeURIComponent(address), rest: rest.join('#') }];
  } catch {
    return [];
  }
}

/** Follows links among these files. */
class Follower {
  readonly #byPath = new Map<string, string>();
  readonly #byName = new Map<string, string[]>();

  constructor(paths: Iterable<string>) {
    for (const path of [...paths].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
      const key = fold(bare(path));
      if (!this.#byPath.has(key)) this.#byPath.set(key, path);
      const name = posix.basename(key);
      this.#byName.set(name, [...(this.#byName.get(name) ?? []), path]);
    }
  }

  follow(from: string, { kind, path }: CheckedLink): string | undefined {
    const folder = posix.dirname(from);
    const plain = fold(bare(path.replaceAll('\u00a0', ' ')));
    const at = (to: string): string | undefined => this.#byPath.get(posix.normalize(to));
    if (kind === 'file') return at(plain);
    if (plain.startsWith('/')) return at(plain.slice(1));
    if (/^\.{1,2}\//.test(plain)) return at(posix.join(fold(folder), plain));
    const relative = kind === 'markdown' ? at(posix.join(fold(folder), plain)) : undefined;
    return relative ?? at(plain) ?? this.#findEnd(folder, plain);
  }

  #findEnd(folder: string, plain: string): string | undefined {
    const named = this.#byName.get(posix.basename(plain)) ?? [];
    const fitting = named.filter((path) => `/${fold(bare(path))}`.endsWith(`/${plain}`));
    return fitting.find((path) => posix.dirname(path) === folder) ?? fitting[0];
  }
}

export interface LinkChange {
  from: string;
  link: CheckedLink;
  to: string;
  /** What it leads to afterwards, where there is such a link at all. */
  now: string | undefined;
}

/**
 * The links that worked in the vault `before` and do not lead to the same in the vault `after`, in which everything is at
 * the path that `moved` gives for it; and how many worked before.
 */
export function findBroken(
  before: VaultFiles,
  after: VaultFiles,
  moved: (path: string) => string,
): { worked: number; broken: LinkChange[] } {
  const [old, now] = [new Follower(before.keys()), new Follower(after.keys())];
  const broken: LinkChange[] = [];
  let worked = 0;
  for (const [from, text] of before) {
    const links = text === undefined ? [] : listLinks(from, text);
    const afterText = after.get(moved(from));
    const linksNow = afterText === undefined ? [] : listLinks(moved(from), afterText);
    for (const [index, link] of links.entries()) {
      const to = old.follow(from, link);
      if (to === undefined) continue;
      worked += 1;
      const linkNow = linksNow[index];
      const toNow = linkNow && now.follow(moved(from), linkNow);
      const isSame = linkNow?.kind === link.kind && linkNow.rest === link.rest;
      if (toNow !== moved(to) || !isSame) broken.push({ from, link, to, now: toNow });
    }
  }
  return { worked, broken };
}

/**
 * What form each link of the file `path` has in the vault `files`, whatever it leads to: a bare name, a whole path, the end of
 * one, in which way it begins, and whether it is spelled as the file is: in another case it can't be kept by another name.
 */
export function describeForms(files: VaultFiles, path: string): string {
  const follower = followers.get(files) ?? new Follower(files.keys());
  followers.set(files, follower);
  const text = files.get(path);
  const links = text === undefined ? [] : listLinks(path, text);
  return links
    .map((link) => {
      const { kind, path: to } = link;
      const target = follower.follow(path, link);
      const isWhole = target !== undefined && fold(bare(to)) === fold(bare(target));
      const rest =
        to.includes('/') && !isWhole ? 'end' : `${isWhole && target.includes('/') ? 'whole' : 'name'}`;
      const isSpelled = target === undefined || posix.basename(bare(to)) === posix.basename(bare(target));
      return `${kind} ${/^(?:\.{0,2}\/)/.exec(to)?.[0] ?? rest} ${isNote(to)} ${isSpelled}`;
    })
    .join('\n');
}

const followers = new WeakMap<VaultFiles, Follower>();
