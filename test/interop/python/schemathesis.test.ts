// schemathesis, a property-based tester: makes requests out of /openapi.json, good and bad, and holds the answers against it.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { connectApp, startConnectedPair } from '../../support/connected-pair.ts';
import { makeEnvironment, startProgram } from '../../support/program.ts';
import { pythonBin } from '../../support/python.ts';

t.test(
  'every answer of the REST API is one that its description tells of',
  { skip: pythonBin === undefined && 'npm run test:python brings it' },
  async (t) => {
    const vault = join(t.testdir({}), 'vault');
    await cp(join(import.meta.dirname, '../../../api/sample-vault'), vault, { recursive: true });
    const { pair } = await startConnectedPair(t, { API_VAULT_DIR: vault });
    const { tokens } = await connectApp(pair, 'vault.read vault.write');
    const { origin } = new URL(pair.resource);
    const args = [
      ...['--config-file', join(import.meta.dirname, 'schemathesis.toml')],
      ...['run', `${origin}/openapi.json`, '--url', origin],
      ...['--header', `Authorization: Bearer ${tokens.access_token}`],
      ...['--max-examples', '40', '--seed', '1', '--generation-deterministic', '--no-color'],
    ];
    const program = join(String(pythonBin), 'schemathesis');
    const run = startProgram(t, program, args, await makeEnvironment(t));
    const code = await run.ended;
    t.comment(/Test cases:\n.*/.exec(run.output)?.[0]);
    t.equal(code, 0, run.output.replace(/^[\s\S]*= FAILURES =/, ''));
  },
);
