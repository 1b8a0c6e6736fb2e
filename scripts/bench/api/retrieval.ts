// Whether the right note is found, and how far up: questions with the notes they mean, asked of a vault.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { openVault, type Vault } from '../../../api/vault/vault.ts';
import { type Measure, printMeasures } from '../measure.ts';

const questionSet = z.object({
  vault: z.object({ repository: z.string().optional(), folder: z.string() }),
  questions: z.array(z.object({ group: z.string(), query: z.string(), path: z.string() })).min(1),
});

export type QuestionSet = z.output<typeof questionSet>;

/** Of all questions of one group: the share of those whose note comes first, or among ten, and the mean of 1/place. */
export interface Retrieval {
  group: string;
  questions: number;
  recallAt1: number;
  recallAt10: number;
  mrr: number;
  /** Of those whose note does not come first. */
  missed: Array<{ query: string; path: string; place: number | undefined }>;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const ownSet = join(root, 'test/fixtures/retrieval/sample-vault.json');
/** A path is NFC in an index whatever the disk has. */
const idOf = (path: string): string => path.normalize('NFC');

/** Asks every question of the vault in `directory`. */
export async function measureRetrieval(set: QuestionSet, directory: string): Promise<Retrieval[]> {
  const vault = await openVault({ directory, indexPath: ':memory:' });
  try {
    while (vault.progress().building) await setTimeout(50);
    const groups = Map.groupBy(set.questions, ({ group }) => group);
    const measured: Retrieval[] = [];
    for (const [group, questions] of groups) measured.push(await askAll(vault, group, questions));
    return measured;
  } finally {
    await vault.close();
  }
}

async function askAll(vault: Vault, group: string, questions: QuestionSet['questions']): Promise<Retrieval> {
  const places: Array<number | undefined> = [];
  for (const { query, path } of questions) {
    const ids = (await vault.search(query)).map(({ id }) => id);
    const at = ids.slice(0, 10).indexOf(idOf(path));
    places.push(at < 0 ? undefined : at + 1);
  }
  const share = (count: number): number => count / questions.length;
  return {
    group,
    questions: questions.length,
    recallAt1: share(places.filter((place) => place === 1).length),
    recallAt10: share(places.filter((place) => place !== undefined).length),
    mrr: share(places.reduce<number>((sum, place) => sum + (place === undefined ? 0 : 1 / place), 0)),
    missed: questions
      .map(({ query, path }, index) => ({ query, path, place: places[index] }))
      .filter(({ place }) => place !== 1),
  };
}

/** Throws a ZodError for a file that holds no questions. */
export function readQuestions(path: string): QuestionSet {
  return questionSet.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/**
 * The sets of a folder (`*.json`) with the folders of their vaults: checkouts of `owner/name` below `vaults`, as
 * `owner/name`, `owner+name` or `name`. Undefined where a vault is not there.
 */
export function findSets(
  folder: string,
  vaults: string,
): Array<{ name: string; set: QuestionSet; directory: string | undefined }> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => {
    const set = readQuestions(join(folder, name));
    const repository = set.vault.repository ?? '';
    const places = [repository, repository.replace('/', '+'), repository.replace(/^.*\//, '')];
    const found = places
      .map((place) => join(vaults, place, set.vault.folder))
      .find((path) => existsSync(path));
    return { name: name.replace(/\.json$/, ''), set, directory: found };
  });
}

/** `sets` is a folder of further question sets, `vaults` one of checkouts. */
export async function measureSets(sets?: string, vaults = sets): Promise<void> {
  const own = readQuestions(ownSet);
  await print('sample vault', own, join(root, own.vault.folder));
  for (const { name, set, directory } of sets === undefined ? [] : findSets(sets, vaults ?? sets)) {
    if (directory === undefined) {
      console.log(`\n${name}: no checkout of ${set.vault.repository ?? 'its vault'} in ${vaults}`);
    } else {
      await print(name, set, directory);
    }
  }
}

export const run = (): Promise<void> => measureSets();

async function print(name: string, set: QuestionSet, directory: string): Promise<void> {
  const measured = await measureRetrieval(set, directory);
  const measures = measured.flatMap(({ group, questions, recallAt1, recallAt10, mrr }): Measure[] => [
    { what: `${group}, ${questions} questions: recall@1`, value: recallAt1.toFixed(2) },
    { what: `${group}: recall@10`, value: recallAt10.toFixed(2), aim: group === 'words' ? '1.00' : '' },
    { what: `${group}: MRR`, value: mrr.toFixed(3), aim: group === 'words' ? 'at least 0.95' : '' },
  ]);
  printMeasures(`Retrieval, ${name}`, measures);
  for (const { query, path, place } of measured.flatMap(({ missed }) => missed)) {
    console.log(`  ${place ?? '-'}  ${query}  (${path})`);
  }
}
