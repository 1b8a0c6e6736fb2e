// api/answers/page.ts, and the tools that page: a page has as many rows as one answer holds, and none is lost.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { fitPage } from '../../../api/answers/page.ts';
import { largestAnswer } from '../../../api/answers/size.ts';
import { createTools } from '../../../api/tools/tools.ts';
import { openVault } from '../../../api/vault/vault.ts';
import { cause } from '../../support/writer.ts';

t.test('rows that don’t fit are asked for again, fewer; one is shown in any case', (t) => {
  const pageOf = (row: string, limit: number): { page: string[]; asked: number[] } => {
    const asked: number[] = [];
    const read = (count: number): string[] => {
      asked.push(count);
      return Array.from({ length: count }, () => row);
    };
    return { page: fitPage(limit, read, (rows) => rows), asked };
  };
  t.same(pageOf('small', 1_000).asked, [1_000]);
  const { page, asked } = pageOf('"'.repeat(2_000), 100);
  t.same(asked, [100, page.length]);
  t.equal(page.length, 11);
  t.same(pageOf('\u0001'.repeat(1_000_000), 100).asked, [100, 1]);
  t.end();
});

t.test('scan and list show every note once, however much there is of each', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'page-test-'));
  await mkdir(join(directory, 'deep'));
  for (let number = 0; number < 60; number += 1) {
    const value = '"'.repeat(60_000);
    await writeFile(
      join(directory, `${number}.md`),
      `---\nquotes: '${value}'\n---\n# ${'T"'.repeat(70_000)}\n`,
    );
  }
  const vault = await openVault({ directory, indexPath: ':memory:' });
  t.teardown(async () => {
    await vault.close();
    await rm(directory, { recursive: true });
  });
  while (vault.progress().building) await setTimeout(10);
  const tools = createTools(vault, (id) => `https://notes.example/${id}`);
  for (const [name, member] of [
    ['scan', 'notes'],
    ['list', 'entries'],
  ] as const) {
    const tool = tools.find((one) => one.name === name);
    const seen: string[] = [];
    let cursor: unknown;
    do {
      const page = (await tool?.run({ limit: 1_000, ...(cursor ? { cursor } : {}) }, cause)) ?? {};
      t.ok(JSON.stringify(page).length <= largestAnswer, name);
      const rows = page[member] as Array<{ path: string; title?: string }>;
      seen.push(...rows.map(({ path }) => path));
      t.ok(rows.every(({ title = '' }) => title.length <= 301));
      cursor = page['nextCursor'];
    } while (cursor !== undefined);
    t.equal(new Set(seen).size, name === 'scan' ? 60 : 61, name);
    t.equal(seen.length, new Set(seen).size);
  }
});
