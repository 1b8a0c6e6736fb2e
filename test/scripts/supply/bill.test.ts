// The bill of materials of each image: right by the schema, whole, and the same each time.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import t from 'tap';
import { writeBill } from '../../../scripts/supply/bill.ts';
import { listInstalled, listWorkspaces, services } from '../../../scripts/supply/installed.ts';

const root = join(import.meta.dirname, '../../..');

interface Bill {
  components: Array<{
    'bom-ref': string;
    purl: string;
    scope: string;
    hashes: unknown[];
    licenses: unknown[];
  }>;
  dependencies: Array<{ ref: string; dependsOn?: string[] }>;
}

const parse = (text: string): Bill => JSON.parse(text) as Bill;

for (const service of services) {
  t.test(`the bill of loop-${service} is one by the schema, the same each time`, async (t) => {
    const bill = writeBill(service, '1.2.3');
    t.equal(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(bill), null);
    t.equal(writeBill(service, '1.2.3'), bill);
    t.notMatch(bill, root, 'no path of this machine');
  });

  t.test(`the bill of loop-${service} has what its workspaces name, and what that needs`, (t) => {
    const { components, dependencies } = parse(writeBill(service, '1.2.3'));
    const listed = components.map((component) => component.purl.replace('%40', '@'));
    for (const workspace of listWorkspaces(service)) {
      const manifest = readFileSync(join(root, workspace, 'package.json'), 'utf8');
      const { dependencies: own = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> };
      for (const [name, version] of Object.entries(own).filter(([name]) => !name.startsWith('@loop/'))) {
        t.ok(listed.includes(`pkg:npm/${name}@${version}`), `${workspace}: ${name}`);
      }
    }
    const refs = new Set(components.map((component) => component['bom-ref']));
    t.equal(refs.size, components.length);
    t.same(
      dependencies.flatMap(({ dependsOn = [] }) => dependsOn).filter((ref) => !refs.has(ref)),
      [],
    );
    t.same(
      components.filter(({ hashes }) => hashes.length !== 1),
      [],
      'each with its hash',
    );
    t.end();
  });
}

t.test('nothing that only tests need is in a bill', (t) => {
  for (const service of services) {
    const names = listInstalled(service).map(({ name }) => name);
    t.same(
      names.filter((name) => ['tap', 'typescript', 'playwright-core', '@biomejs/biome'].includes(name)),
      [],
    );
  }
  t.notOk(listInstalled('api').some(({ name }) => name === 'oidc-provider' || name === 'koa'));
  t.ok(
    listInstalled('api').some(({ name }) => name === 'express'),
    'also what the tests use as well',
  );
  t.end();
});

t.test('the command writes the bill, and refuses a service that is none', (t) => {
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, ['scripts/supply/sbom.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  t.equal(run('api'), writeBill('api', version));
  const file = join(t.testdir(), 'bill.json');
  t.equal(run('auth', '--output', file), '');
  t.equal(readFileSync(file, 'utf8'), writeBill('auth', version));
  t.throws(() => run('gate'), /auth, api/);
  t.end();
});
