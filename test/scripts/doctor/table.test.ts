// The table in docs/nas.md is the doctor's own: each thing that it can find, and the way to mend it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createWords } from '../../../pages/words.ts';
import { causes } from '../../../scripts/doctor/causes.ts';

const root = join(import.meta.dirname, '../../..');

/** What stands in the table for a value that is each installation's own. */
const shown: Readonly<Record<string, string>> = {
  service: 'loop-auth or loop-api',
  address: 'https://…',
  resource: 'https://…/mcp',
  issuer: 'AUTH_ISSUER',
  expected: '(the expected one)',
  found: '(another one)',
  name: 'AUTH_ISSUER or API_RESOURCE',
  target: 'https://…',
  kind: '(what came)',
  how: '(how they differ)',
};

/** The values that a message of ours takes. */
const valuesOf = (message: string): Record<string, string> =>
  Object.fromEntries([...message.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, shown[name] ?? '…']));

t.test('docs/nas.md shows what the doctor says, in its order', (t) => {
  const { text } = createWords({ language: 'en', zone: 'UTC' });
  const own = JSON.parse(readFileSync(join(root, 'pages/words/en.json'), 'utf8')) as {
    doctor: Record<'says' | 'mend', Record<string, string>>;
  };
  const rows = Object.entries(causes).map(([cause, { says, mend }]) => {
    const values = valuesOf((own.doctor.says[cause] ?? '') + (own.doctor.mend[cause] ?? ''));
    return `| ${text(says, values)} | ${text(mend, values)} |`;
  });
  const guide = readFileSync(join(root, 'docs/nas.md'), 'utf8');
  const [, table = ''] =
    /\| what the doctor says \| what to do \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(guide) ?? [];
  t.same(table.trim().split('\n'), rows);
  t.ok(rows.length > 40);
  t.end();
});
