// What the images are made of, without an engine: what scripts/prune-modules leaves is enough, and small.
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';
import { createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { copyRooms, linkModules, sizeOfModules } from '../../scripts/supply/image.ts';
import { type Service, services } from '../../scripts/supply/installed.ts';
import { bareEnvironment } from '../support/bare-environment.ts';
import { connectApp } from '../support/connected-pair.ts';
import { createFolder } from '../support/databases.ts';
import { callTool } from '../support/mcp-call.ts';
import { person } from '../support/person.ts';

/** Bytes of other people's files. Largest: pdf.js with its encodings and SQLite, 3.1 and 2.3 MB. */
const mostBytes: Readonly<Record<Service, number>> = { auth: 11e6, api: 11.5e6 };

const root = join(import.meta.dirname, '../..');

t.test('the images', async (t) => {
  const folders = new Map(services.map((service) => [service, makeImage(t, service)]));

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
    // Node tells of each source whether what it makes of it lay ready.
    const pair = await Pair.create({ NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
    t.teardown(() => pair.close());
    for (const [service, folder] of folders) {
      pair.takeFrom(folder, service);
      pair.set('NODE_COMPILE_CACHE', join(folder, '.compiled'));
      await pair.start(service);
      const count = (what: RegExp): number => pair.lines.filter((line) => what.test(line)).length;
      t.ok(count(/ was accepted/) > 800, `loop-${service} finds what its build made of the sources`);
      t.equal(count(/ was not initialized| was rejected/), 0, 'of all that it needs to start');
    }
    await createFirstAccount(pair.setupUrl(), person);
    const { tokens } = await connectApp(pair);
    t.equal((await callTool(pair.resource, tokens.access_token)).status, 200);
  });
});

function makeImage(t: Test, service: Service): string {
  const folder = createFolder(t);
  copyRooms(service, folder);
  writeFileSync(join(folder, 'package.json'), readFileSync(join(root, 'package.json')));
  linkModules(service, folder);
  execFileSync('sh', [join(root, 'scripts/prune-modules'), folder]);
  execFileSync(process.execPath, [join(folder, 'scripts/supply/start-once.ts'), service], {
    env: { ...bareEnvironment, NODE_COMPILE_CACHE: join(folder, '.compiled') },
  });
  return folder;
}

// `import … from 'name'` and what is loaded later; what is a type only is not there when it runs.
const named =
  /^(?:import(?! type)|\} from)[^'\n]*'([@a-z][\w@./-]*)'|(?:meta\.resolve|await import)\('([@a-z][\w@./-]*)'\)/gm;

/** Imports what our files name of others, from where they do. Sentences on what could not be. */
function importAll(folder: string): string[] {
  const files = globSync('{adapters,api,auth,pages,scripts}/**/*.ts', {
    cwd: folder,
    exclude: (path) => path === 'node_modules',
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
