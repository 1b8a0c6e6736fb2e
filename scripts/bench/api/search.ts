// Search at 10,000 and 100,000 notes beside a bare FTS5 query of the same words, and beside a vault server that scans.

import { statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { PathFilter, SearchService } from '@bitbonsai/mcpvault';
import type Database from 'better-sqlite3';
import { segmentQuery } from '../../../api/vault/search/tokens.ts';
import { openVault, type Vault } from '../../../api/vault/vault.ts';
import {
  formatMs,
  formatRatio,
  type Measure,
  median,
  percentile,
  printMeasures,
  timeOf,
} from '../measure.ts';
import { buildBareIndex } from './bare-fts5.ts';
import { createRandom, makeNotes, type NoteFolder, vocabulary } from './notes.ts';

const { english, korean } = vocabulary;
const rounds = 15;
const queriesPerKind = 40;

const kinds: Record<string, (random: () => number) => string> = {
  'one word': (random) => pick(english, random),
  'two words': (random) => `${pick(english, random)} ${pick(english, random)}`,
  'Korean word': (random) => pick(korean, random),
  'three words, mixed': (random) =>
    `${pick(english, random)} ${pick(korean, random)} ${pick(english, random)}`,
};

// Neither so rare that nothing is found nor so frequent that nobody would look for it.
function pick(words: string[], random: () => number): string {
  return words[20 + Math.floor(random() * 380)] ?? '';
}

export async function run(): Promise<void> {
  const measures: Measure[] = [];
  const small = await measureSize(10_000, measures);
  const large = await measureSize(100_000, measures);
  for (const [kind, ms] of Object.entries(large)) {
    const before = small[kind] ?? Number.NaN;
    measures.push({
      what: `100,000 notes, ${kind}`,
      value: formatMs(ms),
      beside: `10,000 notes: ${formatMs(before)}`,
      ratio: formatRatio(ms / before),
      aim: 'under 10',
    });
  }
  printMeasures('Search, p50', measures);
}

async function measureSize(count: number, measures: Measure[]): Promise<Record<string, number>> {
  const notes = makeNotes(count);
  const { database } = buildBareIndex(notes.directory, `${notes.indexPath}.bare`);
  database.exec("INSERT INTO words(words) VALUES('optimize')");
  const vault = await openVault(notes);
  while (vault.progress().building) await setTimeout(100);
  await waitForMerge(notes.indexPath);
  const medians: Record<string, number> = {};
  for (const [kind, makeQuery] of Object.entries(kinds)) {
    // the same words whatever the size
    const random = createRandom(7);
    const queries = Array.from({ length: queriesPerKind }, () => makeQuery(random));
    const { own, bare } = await measureQueries(queries, vault, database);
    medians[kind] = median(own);
    const size = `${count.toLocaleString('en')} notes, ${kind}`;
    const isSmall = count === 10_000;
    measures.push(
      {
        what: size,
        value: formatMs(median(own)),
        beside: `bare FTS5: ${formatMs(median(bare))}`,
        ratio: formatRatio(median(own) / median(bare)),
        aim: isSmall ? 'at most 2' : '',
      },
      {
        what: `${size}, p99`,
        value: formatMs(percentile(own, 0.99)),
        beside: `bare FTS5: ${formatMs(percentile(bare, 0.99))}`,
        ratio: formatRatio(percentile(own, 0.99) / percentile(bare, 0.99)),
        aim: `at most ${isSmall ? 15 : 60} ms`,
      },
    );
  }
  if (count === 10_000) measures.push(await measureScan(notes, vault));
  await vault.close();
  database.close();
  notes.remove();
  return medians;
}

// What the indexing thread does after building would be measured too.
async function waitForMerge(indexPath: string): Promise<void> {
  let seen = 0;
  for (;;) {
    await setTimeout(2_000);
    const { mtimeMs } = statSync(`${indexPath}-wal`);
    if (mtimeMs === seen) return;
    seen = mtimeMs;
  }
}

// In turns, query by query: whatever else the machine does meets both alike. The same rule: any of the words
// will do, and each column weighs as much.
async function measureQueries(
  queries: string[],
  vault: Vault,
  database: Database.Database,
): Promise<{ own: number[]; bare: number[] }> {
  const statement = database.prepare(
    'SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 10, 8, 5, 4, 2, 1, 0) LIMIT 10',
  );
  const own: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const query of queries) {
      const match = segmentQuery(query)
        .flatMap(({ isCjk, tokens }) => (isCjk ? tokens.slice(0, -1) : tokens))
        .map((word) => `"${word}"`)
        .join(' OR ');
      bare.push(await timeOf(() => statement.all(match)));
      own.push(await timeOf(() => vault.search(query)));
    }
  }
  return { own, bare };
}

async function measureScan(notes: NoteFolder, vault: Vault): Promise<Measure> {
  const service = new SearchService(notes.directory, new PathFilter());
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    times.push(await timeOf(() => service.search({ query: english[100 + round] ?? '', limit: 10 })));
  }
  const own: number[] = [];
  for (let round = 0; round < 30; round += 1)
    own.push(await timeOf(() => vault.search(english[100 + round] ?? '')));
  return {
    what: '10,000 notes, one word',
    value: formatMs(median(own)),
    beside: `@bitbonsai/mcpvault: ${formatMs(median(times))}`,
    ratio: `1/${(median(times) / median(own)).toFixed(0)}`,
  };
}
