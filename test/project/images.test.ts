// What the images are made of, without an engine: what scripts/prune-modules leaves is enough, and small.
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Browser } from '../../scripts/demo/browser.ts';
import { Pair } from '../../scripts/demo/pair.ts';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { makeImage, programOf, settingsOf, sizeOfModules } from '../../scripts/supply/image.ts';
import { type Service, services } from '../../scripts/supply/installed.ts';
import { Authenticator } from '../support/authenticator.ts';
import { connectApp } from '../support/connected-pair.ts';
import { createFolder } from '../support/databases.ts';
import { callTool } from '../support/mcp-call.ts';
import { writeTextPdf } from '../support/pdf-file.ts';
import { person } from '../support/person.ts';
import { until } from '../support/until.ts';

/**
 * Loaded before a service: it says what its main thread first asks ICU for, which takes a twentieth of a start, and of each file of the
 * bundle whether V8 took what the build kept of it.
 */
const telling = `if (require('node:worker_threads').isMainThread)
for (const name of ['Collator', 'DateTimeFormat', 'DisplayNames', 'ListFormat', 'NumberFormat', 'PluralRules', 'Segmenter'])
  Intl[name] = new Proxy(Intl[name], { construct: (made, given) => (process._rawDebug('ICU: ' + name), new made(...given)) });
const vm = require('node:vm');
vm.Script = class extends vm.Script {
  constructor(code, options = {}) {
    super(code, options);
    const { filename = '', cachedData } = options;
    if (filename.includes('/bundle/')) process._rawDebug('code ' + (cachedData ? this.cachedDataRejected ? 'rejected' : 'taken' : 'not kept') + ': ' + filename);
  }
};`;

/** Bytes of other people's files. Largest: pdf.js with its encodings and SQLite, 3.1 and 2.3 MB. */
const mostBytes: Readonly<Record<Service, number>> = { auth: 11e6, api: 11.5e6 };

t.test('the images', async (t) => {
  const folders = new Map(services.map((service) => [service, createFolder(t)]));
  for (const [service, folder] of folders) makeImage(service, folder);

  t.test('other people’s packages take no more than their budget', async (t) => {
    for (const [service, folder] of folders) {
      const bytes = sizeOfModules(folder);
      t.comment(`loop-${service}: ${(bytes / 1e6).toFixed(1)} MB of modules`);
      t.ok(bytes < mostBytes[service], `loop-${service} holds ${bytes} bytes of them`);
    }
  });

  t.test('every package that a file of an image names is there, whole', async (t) => {
    for (const [service, folder] of folders) t.same(importAll(folder), [], `loop-${service}`);
  });

  t.test('both services start from them, let a person and an app in, and answer a call', async (t) => {
    // Node tells of each source that it reads as TypeScript, where it has a folder to keep what it makes of them.
    const pair = await Pair.create({
      NODE_DEBUG_NATIVE: 'COMPILE_CACHE',
      NODE_COMPILE_CACHE: createFolder(t),
    });
    t.teardown(() => pair.close());
    const vault = createFolder(t);
    writeFileSync(join(vault, 'Okapi.pdf'), writeTextPdf('On the okapi'));
    pair.set('API_VAULT_DIR', vault);
    const tell = join(createFolder(t), 'tell.cjs');
    writeFileSync(tell, telling);
    for (const [service, folder] of folders) {
      pair.runFrom(programOf(service, folder), service);
      pair.set('NODE_OPTIONS', `${settingsOf(service)['NODE_OPTIONS']} --require=${tell}`);
      await pair.start(service);
      const count = (what: RegExp): number => pair.lines.filter((line) => what.test(line)).length;
      t.ok(count(/^code taken: /) > 2, `loop-${service} finds what its build made of the service`);
      t.equal(count(/^code (?:rejected|not kept): /), 0, 'of all that it needs to start');
      t.equal(count(/ICU: /), 0, 'and asks ICU for nothing');
    }
    await createFirstAccount(pair.setupUrl(), person);
    t.match(await addPasskey(pair), 'The passkey is added', 'what is loaded when it is asked for is there');
    const { tokens } = await connectApp(pair);
    t.equal((await callTool(pair.resource, tokens.access_token)).status, 200);
    const fetchPdf = async (): Promise<string> =>
      (await callTool(pair.resource, tokens.access_token, 'fetch', { id: 'Okapi.pdf' })).body;
    await until(async () => (await fetchPdf()).includes('On the okapi'), 'the text of a PDF', 30_000);
    await pair.stop('api');
    pair.set('API_WORKERS', '2');
    // A flag that the build did not have.
    pair.set('NODE_OPTIONS', `--stack-trace-limit=7 --require=${tell}`);
    await pair.start('api');
    t.ok(
      pair.lines.some((line) => /^code rejected: /.test(line)),
      'what V8 can’t use it does without',
    );
    t.ok(
      pair.lines.some((line) => line.includes('"worker":1')),
      'several workers run from them as well',
    );
    t.match(await fetchPdf(), 'On the okapi');
    // Neither they nor their threads and programs.
    const sources = pair.lines.filter((line) => /TypeScript file:/.test(line));
    t.same(sources.slice(0, 3), [], 'none reads our sources one by one');
  });
});

async function addPasskey({ issuer }: Pair): Promise<string> {
  const browser = new Browser();
  const url = `${issuer}/account/security/passkeys`;
  await browser.submit(await browser.visit(url), { ...person });
  const page = await browser.visit(url);
  const [, options = ''] = /data-options="([^"]*)"/.exec(page.text) ?? [];
  const passkey = new Authenticator(new URL(issuer).origin).create(options.replaceAll('&quot;', '"'));
  const { text } = await browser.submit(page, { passkey, name: 'a key', action: 'add' });
  return text;
}

// `import … from 'name'` and what is loaded later; what is a type only is not there when it runs.
const named =
  /^(?:import(?! type)|\} from)[^'\n]*'([@a-z][\w@./-]*)'|(?:meta\.resolve|await import)\('([@a-z][\w@./-]*)'\)/gm;

/** Imports what our files name of others, from where they do. Sentences on what could not be. */
function importAll(folder: string): string[] {
  const files = globSync('{adapters,api,auth,pages,scripts}/**/*.ts', {
    cwd: folder,
    // scripts/bundle makes the image, and needs what is in none.
    exclude: (path) => path === 'node_modules' || path === 'bundle',
  });
  const rooms = Map.groupBy(files, (file) => file.split('/')[0] ?? '');
  return [...rooms].flatMap(([room, its]) => {
    const text = its.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
    const names = new Set([...text.matchAll(named)].map(([, first, later]) => first ?? later));
    const program = join(folder, room, 'import-all.mjs');
    const lines = [...names].map(
      (name) => `await import('${name}').catch((error) => console.log('${room}: ' + error.message));`,
    );
    writeFileSync(program, lines.join('\n'));
    const printed = execFileSync(process.execPath, [program], { encoding: 'utf8' });
    return printed.split('\n').filter(Boolean);
  });
}
