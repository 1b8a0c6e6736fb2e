// mcp-authlab, an independent scanner of MCP authorization: signs in by itself, then checks some thirty rules.
import { join } from 'node:path';
import t from 'tap';
import { startConnectedPair } from '../../support/connected-pair.ts';
import { makeEnvironment, startProgram } from '../../support/program.ts';
import { pythonBin } from '../../support/python.ts';
import { runScript } from '../../support/run-script.ts';

interface Report {
  readonly counts: Record<'pass' | 'fail' | 'warn' | 'skip' | 'error', number>;
  readonly results: ReadonlyArray<{ readonly id: string; readonly status: string; readonly message: string }>;
}

t.test(
  'mcp-authlab finds nothing but the plain http of a loopback address',
  { skip: pythonBin === undefined && 'npm run test:python brings it' },
  async (t) => {
    const { pair } = await startConnectedPair(t);
    // For the token that loop-api must refuse: one for somebody else's server behind the same sign-in.
    const foreign = 'http://localhost:9/other';
    const seeded = await runScript(pair, 'seed-client', ['--resource-server', foreign, '--name', 'Other']);
    t.equal(seeded.code, 0, seeded.text);
    const browser = join(import.meta.dirname, '../../support/browser-program.ts');
    const environment = { ...(await makeEnvironment(t)), BROWSER: `node ${browser} %s` };
    const run = (...args: string[]): ReturnType<typeof startProgram> =>
      startProgram(t, join(String(pythonBin), 'mcp-authlab'), args, environment);
    await run('login', pair.resource, '--foreign-resource', foreign, '--thorough').succeed();
    const scan = run('scan', pair.resource, '--format', 'json');
    await scan.ended;
    const report = JSON.parse(scan.output) as Report;
    t.comment(JSON.stringify(report.counts));
    const others = report.results.filter(({ status }) => status !== 'pass');
    t.same(
      others.map(({ id, status }) => `${status} ${id}`),
      // No sessions: there is nothing to check about their ids.
      ['warn TLS-01', 'skip SESS-01', 'skip SESS-02'],
      JSON.stringify(others, null, 1),
    );
  },
);
