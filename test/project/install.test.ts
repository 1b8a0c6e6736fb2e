// `npm ci --omit=dev && npm start`: whoever only runs loop needs nothing of what it is developed with.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { dev?: boolean } | undefined>;
};

// `import … from 'name'`, not of a type, and what is loaded later.
const named =
  /^(?:import(?! type)|\} from)[^'\n]*'((?:@[\w-]+\/)?[a-z][\w.-]*)[\w./-]*'|await import\('([a-z][\w./-]*)'\)/gm;

t.test('every package that npm start loads is installed without those for development', (t) => {
  const rooms = globSync('{adapters,pages,auth,api}/**/*.ts', {
    cwd: root,
    exclude: (path) => path === 'node_modules',
  });
  const files = [
    ...rooms,
    'scripts/start.ts',
    'scripts/operator/service-process.ts',
    'scripts/operator/terminal.ts',
  ];
  const needed = new Set<string>();
  for (const file of files) {
    const room = file.split('/')[0] ?? '';
    for (const [, first, later] of readFileSync(join(root, file), 'utf8').matchAll(named)) {
      const name = first ?? later ?? '';
      const own = `${room}/node_modules/${name}`;
      if (!name.startsWith('node:')) needed.add(packages[own] ? own : `node_modules/${name}`);
    }
  }
  t.ok(needed.size > 30);
  t.same(
    [...needed].filter((path) => packages[path] === undefined || packages[path].dev),
    [],
  );
  t.end();
});

t.test('so is the node that runs it', (t) => {
  t.ok(packages['node_modules/node']);
  t.notOk(packages['node_modules/node']?.dev);
  t.end();
});
