// Under which licences the images hold what they hold, and what of it may run a script when it is installed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { listHeld, services } from '../../../scripts/supply/installed.ts';
import { writeLicences } from '../../../scripts/supply/licences.ts';

const root = join(import.meta.dirname, '../../..');

// All allow use, change and handing on in a work under another licence. Another one is read by a person before it comes here.
const allowed = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PSF-2.0',
];

t.test('what the images hold is under licences that were read', (t) => {
  const others = services.flatMap(listHeld).filter(({ license = '' }) => !allowed.includes(license));
  t.same(
    others.map(({ name, license }) => `${name}: ${license}`),
    [],
  );
  t.end();
});

t.test(
  'the page of licences is that of the lock (npm run sbom -- licences --output docs/licences.md)',
  (t) => {
    t.equal(readFileSync(join(root, 'docs/licences.md'), 'utf8'), writeLicences());
    t.end();
  },
);

t.test('a package that wants to run a script at its installation is named with what it may', (t) => {
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: true }>;
  };
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };
  const wanting = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  t.same(
    [...new Set(wanting)].filter((name) => !Object.hasOwn(allowScripts, name)),
    [],
  );
  t.same(
    Object.keys(allowScripts).filter((name) => allowScripts[name]),
    ['node'],
    'one may',
  );
  t.end();
});
