// docs/connecting.md says of each cause what pages say of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import en from '../../../pages/words/en.json' with { type: 'json' };
import { isActivityEvent } from '../../../pages/words.ts';

t.test('the document has every cause, in order, with the sentence that pages have for it', (t) => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/connecting.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, word, sentence]) => [word, sentence]);
  t.same(rows, Object.entries(en.causes));
  t.ok(rows.length >= 30);
  t.end();
});

t.test('whatever the trail tells of an account has words on the page of what happened', (t) => {
  const trail = readFileSync(join(import.meta.dirname, '../../../auth/http/trail.ts'), 'utf8');
  const [events = ''] = /^type Good =[\s\S]*?^export interface Trail/m.exec(trail) ?? [];
  const told = [...events.matchAll(/'([a-z_]+\.[a-z_]+)'/g)].map(([, event = '']) => event);
  t.ok(told.length > 15);
  for (const event of told.filter((one) => !/^client\.|\.refused$/.test(one)))
    t.ok(isActivityEvent(event.replace(/[._](\w)/g, (_, letter: string) => letter.toUpperCase())), event);
  t.end();
});
