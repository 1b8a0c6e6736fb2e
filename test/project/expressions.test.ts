// What could take longer than in proportion to its input: every regular expression of the sources, and the calls that
// hide a loop.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type Expression, type Node, parse } from 'acorn';
import { check } from 'recheck';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const files = execFileSync('git', ['ls-files', '-z', '*.ts'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => /^(adapters|auth|api|pages|scripts)\//.test(file));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Found {
  file: string;
  line: number;
  /** As it stands in the source. */
  text: string;
  regex?: { pattern: string; flags: string };
}

/** Expressions that need not be linear, and why. Each is still there. */
const exceptions: Record<string, string> = {
  'scripts/demo/sign-in.ts /<style[\\s\\S]*?<\\/style>|<[^>]+>/g':
    "reads one of loop's own pages, to show it in the message of an error",
};

/** Expressions that are put together while running, and why their parts can't clash. */
const madeOfParts: Record<string, string> = {
  'api/http/loopback.ts': 'loopback names that are written out, and a port of at most five digits',
  'api/vault/hidden/excluded-files.ts':
    "the owner's own, which run in a time that ends (notes/time-limit.ts)",
  'api/vault/search/snippet.ts': 'at most twelve words, one after the other, each as it is written',
  'api/vault/search/tokens.ts': 'runs of one class of characters each, and no two classes overlap',
};

function* walk(node: unknown): Generator<Node> {
  if (Array.isArray(node)) {
    for (const one of node) yield* walk(one);
  } else if (typeof node === 'object' && node !== null && 'type' in node) {
    yield node as Node;
    for (const value of Object.values(node)) yield* walk(value);
  }
}

function findExpressions(file: string): Found[] {
  const source = stripTypeScriptTypes(read(file));
  const tree = parse(source, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  return [...walk(tree)].flatMap((node) => {
    const place = { file, line: node.loc?.start.line ?? 0, text: source.slice(node.start, node.end) };
    const { type, regex, callee } = node as Expression & {
      regex?: Found['regex'];
      callee?: { name?: string };
    };
    if (type === 'Literal' && regex) return [{ ...place, regex }];
    const isMade = (type === 'NewExpression' || type === 'CallExpression') && callee?.name === 'RegExp';
    return isMade ? [place] : [];
  });
}

const expressions = files.flatMap(findExpressions);

t.test('no regular expression takes longer than in proportion to its input', async (t) => {
  t.ok(expressions.length > 100, `${expressions.length} expressions`);
  const judged = new Map<string, Promise<string>>();
  const met = new Set<string>();
  for (const { file, line, text, regex } of expressions.filter((one) => one.regex)) {
    if (exceptions[`${file} ${text}`]) {
      met.add(`${file} ${text}`);
      continue;
    }
    const verdict = judged.get(text) ?? judge(regex?.pattern ?? '', regex?.flags ?? '');
    judged.set(text, verdict);
    t.equal(await verdict, 'safe', `${file}:${line} ${text}`);
  }
  t.same([...met], Object.keys(exceptions), 'no exception for what is gone');
});

async function judge(pattern: string, flags: string): Promise<string> {
  const options = { timeout: 100_000 };
  const first = await check(pattern, flags, options);
  // On a busy machine it may run out of the time that it gives itself, and is asked once more.
  const found = first.status === 'unknown' ? await check(pattern, flags, options) : first;
  if (found.status === 'vulnerable' && isSlowFor(found.attack.string, new RegExp(pattern, flags)))
    return `${found.complexity.summary}, as for ${found.attack.pattern}`;
  return found.status === 'unknown' ? `not judged: ${found.error.kind}` : 'safe';
}

/** The judge goes by the clock in the end, which on a busy machine is that of others too; this by processor time alone. */
function isSlowFor(attack: string, expression: RegExp): boolean {
  const before = process.cpuUsage();
  expression.test(attack);
  const { user, system } = process.cpuUsage(before);
  // of some 80,000 signs: a thousandth of a second where it is in proportion, several seconds where it is not
  return user + system > 300_000;
}

t.test('an expression that is put together while running is one that was thought about', (t) => {
  const made = new Set(expressions.filter((one) => !one.regex).map(({ file }) => file));
  t.same([...made].sort(), Object.keys(madeOfParts));
  t.end();
});

/** Calls with a loop inside, and the files that may make them with the reason why the loop is short there. */
const calls: ReadonlyArray<readonly [string, RegExp, Record<string, string>]> = [
  [
    // V8 puts the marks on one letter in order by insertion, in a call that nothing can end.
    'normalize',
    /\.normalize\(/,
    {
      'adapters/stores/accounts.ts': '256 characters of a username',
      'api/tokens/authorization-details.ts': 'a path of at most 4,096 characters',
      'api/vault/unicode.ts': 'after cutting long runs of marks',
      'auth/people/consent/choice.ts': 'a folder of at most 520 characters',
      'auth/people/factors/one-time-codes.ts': '50 characters of a code',
      'auth/people/factors/recovery-codes.ts': 'a recovery code of at most 100 characters',
      'auth/people/password-strength.ts': 'a password of at most 1,024 characters',
      'auth/people/passwords.ts': 'a password of at most 1,024 characters',
      'auth/vault/access-keys/wish.ts': 'a name of at most 1,000 characters, a folder of at most 520',
      'auth/vault/description.ts': 'a folder of at most 520 characters',
      'pages/display-name.ts': '2,000 characters',
      'pages/korean.ts': 'the last 64 characters of a name',
    },
  ],
  [
    // Each argument takes room on the stack: some 100,000 of them throw a RangeError.
    'a list as arguments',
    /(?:push|unshift|concat|min|max|fromCharCode|fromCodePoint)\(\.\.\./,
    {
      'api/vault/search/snippet.ts': 'the places of at most twelve words',
      'auth/clients/hosts/resolver.ts': 'the addresses of one answer of a name server',
      'auth/config.ts': 'the faults of the settings there are',
    },
  ],
];

for (const [what, pattern, reasons] of calls) {
  t.test(`${what}: only where the input is bounded`, (t) => {
    t.same(
      files.filter((file) => !file.startsWith('scripts/') && pattern.test(read(file))),
      Object.keys(reasons),
    );
    t.end();
  });
}
