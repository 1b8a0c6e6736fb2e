// A vault with every kind of link, made by chance: namesakes, folders in each other, attachments, canvases.

interface Chance {
  random(below: number): number;
  pick<Value>(from: readonly Value[]): Value;
}

/** The same for the same seed. */
export function createChance(seed: number): Chance {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return { random, pick: (from) => from[random(from.length)] as never };
}

const folders = ['', 'A', 'A/B', 'A/B/C', 'B', 'Über uns', 'Notes (old)', '회의록', 'Zoo/Deep er/Deepest'];
const names = [
  'Index',
  'Note',
  'note two',
  "It's",
  'R&D',
  'a (b)',
  '일정',
  'Plan 2026',
  'x=y',
  '100%',
  'Ünï',
];
const others = ['photo.png', 'scan 1.pdf', 'board.canvas', 'voice.mp3', 'plot.svg'];

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const bare = (path: string): string => path.replace(/\.md$/, '');

/** The way from a note to a file as a browser goes it. */
function relativeTo(from: string, to: string): string {
  const [start, end] = [folderOf(from).split('/').filter(Boolean), to.split('/')];
  while (start.length > 0 && end.length > 1 && start[0] === end[0]) {
    start.shift();
    end.shift();
  }
  return [...start.map(() => '..'), ...end].join('/');
}

const encode = (path: string, all: boolean): string =>
  all ? encodeURI(path) : path.replaceAll('%', '%25').replaceAll(' ', '%20');

function wikiPaths(from: string, to: string, isOdd: boolean): string[] {
  const whole = bare(to);
  const relative = relativeTo(from, whole);
  return [
    nameOf(whole),
    nameOf(whole),
    nameOf(to),
    whole,
    whole.split('/').slice(-2).join('/'),
    `/${whole}`,
    relative.startsWith('../') ? relative : `./${relative}`,
    to,
    ...(isOdd ? [nameOf(whole).toUpperCase()] : []),
  ];
}

function markdownPaths(from: string, to: string, isOdd: boolean): string[] {
  const relative = relativeTo(from, to);
  // One note encodes what is not ASCII, another does not.
  const all = from.length % 2 === 0;
  return [
    encode(relative, all),
    encode(to, all),
    encode(nameOf(to), all),
    encode(bare(relative), all),
    encode(`/${to}`, all),
    encode(relative.startsWith('../') ? relative : `./${relative}`, all),
    `<${relative.replaceAll('%', '%25')}>`,
    ...(isOdd
      ? [
          encode(relative, !all),
          encode(relative, all).replaceAll('(', '\\(').replaceAll(')', '%29').replaceAll('&', '%26'),
          encode(relative, all).replaceAll('&', '&amp;'),
        ]
      : []),
  ];
}

export interface LinkedVault {
  /** Undefined: a file without text. */
  files: Map<string, string | undefined>;
  folders: string[];
}

/**
 * `links` to a note, in each form and each place where one may stand; with `isOdd` also in forms that another path can't
 * keep, such as a name in capitals.
 */
export function createLinkedVault(seed: number, { notes = 40, links = 12, isOdd = true } = {}): LinkedVault {
  const chance = createChance(seed);
  const paths = new Set<string>();
  while (paths.size < notes) {
    const folder = chance.pick(folders);
    const name = chance.random(6) === 0 ? chance.pick(others) : `${chance.pick(names)}.md`;
    const path = folder === '' ? name : `${folder}/${name}`;
    if (![...paths].some((one) => one.toLowerCase() === path.toLowerCase())) paths.add(path);
  }
  const all = [...paths].sort();
  const files = new Map<string, string | undefined>();
  for (const path of all) {
    if (path.endsWith('.md')) files.set(path, createNote(path, { all, links, chance, isOdd }));
    else files.set(path, path.endsWith('.canvas') ? createCanvas(path, { all, chance, isOdd }) : undefined);
  }
  return { files, folders: [...new Set(all.map(folderOf))] };
}

interface NoteOptions {
  all: string[];
  links: number;
  chance: Chance;
  isOdd: boolean;
}

function createNote(path: string, { all, links, chance, isOdd }: NoteOptions): string {
  const to = (): string => chance.pick(all);
  const wiki = (): string => chance.pick(wikiPaths(path, to(), isOdd));
  const markdown = (): string => chance.pick(markdownPaths(path, to(), isOdd));
  const quoted = JSON.stringify(`[[${wiki()}#Head|shown]]`);
  const lines = [
    '---',
    `related: ${quoted}`,
    'list:',
    `  - '[[${wiki().replaceAll("'", "''")}]]' # a comment`,
    `  - "see [[${wiki()}]] and [m](${markdown().replaceAll('\\', '\\\\')})"`,
    'nested: {up: "[[Index]]"}',
    '---',
    `# About [[${wiki()}]]`,
    '',
  ];
  const kinds = [
    () => `Text [[${wiki()}]] and ![[${wiki()}|alias]], [[${wiki()}#A heading^b|x]].`,
    () => `- [text](${markdown()} "a title") and ![](${markdown()})`,
    () => `> [!note] In a callout [[${wiki()}#^block]]\n> and [again](${markdown()}#Heading)`,
    () => `\n| a | b |\n|---|---|\n| [[${wiki()}\\|shown]] | \\| [t](${markdown()}) [[${wiki()}]] |\n`,
    () => `A [reference][r${lines.length}] here.\n\n[r${lines.length}]: ${markdown()} 'title'\n`,
    () => `\`[[${wiki()}]]\` is code, [[${wiki()}]] %% and not [[${wiki()}]] %% is a link.`,
    () => `\n\`\`\`\n[[${wiki()}]]\n\`\`\`\n`,
    () => `1. nested\n   - deeper [[${wiki()}]]\r`,
    () => `[![image](${markdown()})](${markdown()})`,
    () => `field:: [[${wiki()}]] and [[Nothing of this name]]`,
    () =>
      `Wiki links [[${wiki()}]](${encode(to(), true)}) and ![[${wiki()}|alias]](aside), and [in [[${wiki()}]]](${markdown()})`,
  ];
  for (let count = 0; count < links; count += 1) lines.push(chance.pick(kinds)());
  return `${lines.join('\n')}\n`;
}

function createCanvas(path: string, { all, chance, isOdd }: Omit<NoteOptions, 'links'>): string {
  const text = `A card\n\n[[${chance.pick(wikiPaths(path, chance.pick(all), isOdd))}]] "quoted" [x](${chance.pick(markdownPaths(path, chance.pick(all), isOdd))})`;
  const nodes = [
    { id: '1', type: 'file', file: chance.pick(all), x: 0, y: 0, width: 1, height: 1 },
    { id: '2', type: 'text', text, x: 0, y: 0, width: 1, height: 1 },
    { id: '3', type: 'group', label: '[[no link]]', x: 0, y: 0, width: 1, height: 1 },
  ];
  return `{\n\t"nodes":[\n${nodes.map((node) => `\t\t${JSON.stringify(node)}`).join(',\n')}\n\t],\n\t"edges":[]\n}`;
}

export interface RandomMove {
  from: string;
  to: string;
  /** Each file with where it is moved. */
  moved: Map<string, string>;
}

/** A note, file or folder goes elsewhere, gets another name or that of another, or both; undefined where that is no move. */
export function createMove(
  chance: Chance,
  { files, folders: all }: LinkedVault,
  count: number,
): RandomMove | undefined {
  const paths = [...files.keys()];
  const folder = chance.pick(all);
  const isFolder = folder !== '' && chance.random(4) === 0;
  const from = isFolder ? folder : chance.pick(paths);
  const dot = isFolder ? -1 : nameOf(from).lastIndexOf('.');
  const extension = dot < 0 ? '' : nameOf(from).slice(dot);
  const stems = [nameOf(from), nameOf(chance.pick(paths)), `New ${count}`, `neu (${count}) & ünter`];
  const stem = chance.pick(stems).replace(/\.\w+$/, '');
  const into = chance.pick([...all, ...all, `Made/Anew ${count}`]);
  const to = `${into === '' ? '' : `${into}/`}${stem}${extension}`;
  const key = to.toLowerCase();
  const isTaken = [...paths, ...all].some(
    (path) => path.toLowerCase() === key || path.toLowerCase().startsWith(`${key}/`),
  );
  if (isTaken || to.startsWith(`${from}/`)) return undefined;
  const moved = new Map(
    paths.flatMap((path) =>
      path === from || path.startsWith(`${from}/`) ? [[path, to + path.slice(from.length)] as const] : [],
    ),
  );
  return { from, to, moved };
}
