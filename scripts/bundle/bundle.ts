// node bundle.ts auth|api FOLDER: makes of what a service loads, ours and other people's, the few files that its image runs, in
// FOLDER/bundle. FOLDER holds the rooms and the modules of the image. Both stay: the operator's scripts run from them, and what is
// read beside a module lies there. docs/decisions/start-and-memory.md has the reasons.
import { copyFileSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plugin, type RolldownOutput, rolldown } from 'rolldown';

const programs: Readonly<Record<string, readonly string[]>> = {
  auth: ['auth/main.ts'],
  api: ['api/main.ts', 'api/gate.ts'],
};

/** Loaded from the modules as ever: what holds a binary, what is large and rarely asked for; and databases that nobody has. */
const outside = [
  /^(?:better-sqlite3|pg|pdfjs-dist)(?:\/|$)/,
  /^(?:sqlite3|tedious|mysql2?|mariadb\/callback|oracledb|pg-query-stream|pino-pretty)$/,
];

/** Where a module of ours asks for its own place, or for a thread or another program of ours that lies beside it. */
const places =
  /new URL\(\s*'\.\/([\w-]+)\.ts',\s*import\.meta\.url,?\s*\)|import\.meta\.(url|dirname|main)\b/g;

const largestLiteralBytes = 10_000;

/** Throws for what can't be found, and for whatever else rolldown warns of. */
async function makeBundle(entries: readonly string[], folder: string): Promise<void> {
  const bundle = await rolldown({
    cwd: folder,
    input: Object.fromEntries([...entries, ...findBesides(folder)].map((path) => [flatten(path), path])),
    platform: 'node',
    external: outside,
    preserveEntrySignatures: false,
    plugins: [keepPlaces(folder), readLargeJson(folder), listLater, writeFunction],
    onLog: (_level, { code, message }) => {
      // depd makes a function of a string, which does what it does outside of a bundle.
      if (code !== 'EVAL') throw new Error(message);
    },
  });
  const { output } = await bundle.write({
    ...written(folder),
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
  });
  await bundle.close();
  await writePrograms(folder, output);
  // Functions of rolldown's own are among what it writes.
  const licence = fileURLToPath(new URL('../LICENSE', import.meta.resolve('rolldown')));
  copyFileSync(licence, join(folder, 'bundle/LICENSE.rolldown'));
}

/** What node runs: `auth-main.js` has load.js run the file that was made of auth/main.ts. */
async function writePrograms(folder: string, output: RolldownOutput['output']): Promise<void> {
  const write = (name: string, text: string): void => writeFileSync(join(folder, 'bundle', name), text);
  for (const file of output) {
    if (file.type !== 'chunk' || !file.isEntry) continue;
    write(`${file.name}.js`, `require('./load.js').load('${file.name}', '${file.fileName}');\n`);
  }
  write('package.json', '{ "type": "commonjs" }\n');
  const loader = await rolldown({ input: join(import.meta.dirname, 'load.ts'), platform: 'node' });
  await loader.write({ ...written(folder), entryFileNames: 'load.js' });
  await loader.close();
}

/**
 * CommonJS: its files are scripts, of which V8 gives what it made of them (load.ts), and which read of a module of node's what they use. As
 * an ES module a file has every name of it read, for some of which node loads more: for node:http all of undici.
 */
const written = (folder: string) =>
  ({
    dir: join(folder, 'bundle'),
    format: 'cjs',
    strict: true,
    // Lines and names stay, for whoever reads a stack: above it stands the module's path.
    comments: false,
  }) as const;

function findBesides(folder: string): string[] {
  const isModules = (path: string): boolean => path === 'node_modules';
  const sources = globSync('{adapters,auth,api,pages}/**/*.ts', { cwd: folder, exclude: isModules });
  return sources.flatMap((source) => {
    const names = readFileSync(join(folder, source), 'utf8').matchAll(places);
    return [...names].flatMap(([, beside]) => (beside ? join(dirname(source), `${beside}.ts`) : []));
  });
}

/** All lie in one folder: `api/vault/index/thread/worker.ts` is `api-vault-index-thread-worker.js` there. */
const flatten = (path: string): string => path.replace(/\.ts$/, '').replaceAll('/', '-');

/** A module of ours that asks where it lies wants what lies beside it, which is where it was. */
const keepPlaces = (folder: string): Plugin => ({
  name: 'keep-places',
  transform(code, id) {
    const path = relative(folder, id);
    if (path.startsWith('..') || path.includes('node_modules')) return null;
    const at = dirname(path);
    return code.replace(places, (_, beside: string | undefined, asked: string) => {
      if (beside) return `new URL('./${flatten(join(at, beside))}.js', import.meta.url)`;
      // The one that asks is started as a program (gate.ts).
      if (asked === 'main') return 'true';
      if (asked === 'url') return `new URL('../${path}', import.meta.url).href`;
      return `(import.meta.dirname + '/../${at}')`;
    });
  },
});

/** A list of a package that is large is read from where it lies: as source it would stay in memory once more, as text. */
const readLargeJson = (folder: string): Plugin => ({
  name: 'read-large-json',
  load: {
    filter: { id: /\.json$/ },
    handler: (id) => {
      if (!id.includes('/node_modules/') || statSync(id).size < largestLiteralBytes) return null;
      const there = `new URL('../${relative(folder, id)}', import.meta.url)`;
      const code = `module.exports = JSON.parse(require('node:fs').readFileSync(${there}, 'utf8'));`;
      return { code, moduleType: 'js' };
    },
  },
});

/**
 * oidc-provider makes two formatters of lists while it is loaded, for texts of errors that nobody may ever see. They are the first to ask
 * ICU for something, which takes a twentieth of a start.
 */
const listLater: Plugin = {
  name: 'list-later',
  transform: {
    filter: { id: /\/oidc-provider\/lib\/helpers\/formatters\.js$/ },
    handler: (code) =>
      code.replace(/new Intl\.ListFormat\([^()]*\)/g, '({ format: (list) => $&.format(list) })'),
  },
};

/** As load.ts reads it. With one letter that is not of Latin-1, V8 would keep a whole file at two bytes a letter. */
const writeFunction: Plugin = {
  name: 'write-function',
  generateBundle(_options, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      const ascii = file.code.replace(/[\u0080-\uffff]/g, escapeLetter);
      file.code = `(function (exports, require, module, __filename, __dirname) {${ascii}\n})\n`;
    }
  },
};

const escapeLetter = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

const [service = '', image] = process.argv.slice(2);
const mains = programs[service];
if (!mains || !image) throw new Error('usage: node bundle.ts auth|api FOLDER');
await makeBundle(mains, resolve(image));
