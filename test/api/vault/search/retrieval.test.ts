// Whether the right note is found: sixty questions, half of them Korean, asked of the sample vault. What they are asked
// for further vaults prints `npm run retrieval`.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { findSets, measureRetrieval, readQuestions } from '../../../../scripts/bench/api/retrieval.ts';

const fixtures = fileURLToPath(new URL('../../../fixtures/retrieval', import.meta.url));
const sample = fileURLToPath(new URL('../../../../api/sample-vault', import.meta.url));
const set = readQuestions(`${fixtures}/sample-vault.json`);

t.test('a question whose words stand in a note finds that note first', async (t) => {
  const [words] = (await measureRetrieval(set, sample)).filter(({ group }) => group === 'words');
  t.ok((words?.questions ?? 0) >= 50);
  t.equal(words?.recallAt10, 1, 'all are among ten');
  t.ok((words?.recallAt1 ?? 0) >= 0.95, `recall@1 ${words?.recallAt1}`);
  t.ok((words?.mrr ?? 0) >= 0.97, `MRR ${words?.mrr}: ${JSON.stringify(words?.missed)}`);
});

t.test('sixty questions, half of them Korean, each of a note that is there', async (t) => {
  t.equal(set.questions.length, 60);
  t.equal(set.questions.filter(({ query }) => /\p{sc=Hangul}/u.test(query)).length, 30);
});

t.test('sets of a folder come with the checkouts that they name, under either name', (t) => {
  const [found] = findSets(fixtures, fileURLToPath(new URL('../../../../', import.meta.url)));
  t.equal(found?.name, 'sample-vault');
  t.ok(found?.directory?.endsWith('api/sample-vault'));
  t.equal(findSets(fixtures, '/nowhere')[0]?.directory, undefined);
  t.end();
});

t.test('npm run retrieval prints all three figures', async (t) => {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['scripts/bench/retrieval.ts', ...args], { cwd: root });
  const { stdout } = await run(fixtures, '--vaults', '/nowhere');
  t.match(stdout, /words, 57 questions: recall@1 +[01]\.\d\d/);
  t.match(stdout, /words: recall@10 +1\.00/);
  t.match(stdout, /words: MRR +0\.9\d\d/);
  t.match(stdout, /sample-vault: no checkout of its vault in \/nowhere/);
});
