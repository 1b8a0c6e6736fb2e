// scripts/mutate.ts: breaks a file line by line and shows what its tests do not notice.
import t from 'tap';
import { makeEnvironment, startProgram } from '../support/program.ts';

const range = 'adapters/models/refresh-rotation.ts:38-42';

t.test('its own test notices every change to the rule of refresh tokens', async (t) => {
  const mutate = startProgram(t, 'node', ['scripts/mutate.ts', range], await makeEnvironment(t));
  await mutate.succeed();
  t.match(mutate.output, /refresh-rotation\.ts \| +100\.00/);
  t.notMatch(mutate.output, /\[(Survived|NoCoverage)\]/);
});

t.test('a change that the named tests do not notice is shown with its line', async (t) => {
  const args = ['scripts/mutate.ts', range, '--tests', 'test/pages/display-name.test.ts'];
  const mutate = startProgram(t, 'node', args, await makeEnvironment(t));
  await mutate.succeed();
  t.match(mutate.output, /\[NoCoverage\].*\nadapters\/models\/refresh-rotation\.ts:\d\d:\d+\n/);
});

t.test('a file that is not there, or that no test reaches, is named', async (t) => {
  const environment = await makeEnvironment(t);
  for (const [file, words] of [
    ['auth/nothing.ts', 'there is no file auth/nothing.ts'],
    ['scripts/mutate.ts', 'no test reaches scripts/mutate.ts'],
  ] as const) {
    const mutate = startProgram(t, 'node', ['scripts/mutate.ts', file], environment);
    t.equal(await mutate.ended, 1);
    t.match(mutate.output, words);
  }
});
