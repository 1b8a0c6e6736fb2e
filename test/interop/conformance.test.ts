// The official conformance suite against the real pair: the authorization server, and the resource server in two revisions.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { startBearerProxy } from '../support/bearer-proxy.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { person } from '../support/person.ts';
import { makeEnvironment, startProgram } from '../support/program.ts';

interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

async function makeResultsFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-conformance-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** All checks of a run, with the scenario in front of the id. */
function readChecks(folder: string): Check[] {
  return readdirSync(folder).flatMap((name) => {
    const scenario = name.replace(/^(authorization-server|server)-|-\d{4}-\d\d-\d\dT.*$/g, '');
    const checks: Check[] = JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8'));
    return checks.map((check) => ({ ...check, id: `${scenario}:${check.id}` }));
  });
}

function countByStatus(checks: readonly Check[]): string {
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  const untestable = checks.filter(isAboutTheSuitesOwn).length;
  const failed = `${count('FAILURE') - untestable} failed, ${untestable} not testable without the suite’s own tools, prompts and resources`;
  return `${count('SUCCESS')} passed, ${failed}, ${count('WARNING')} warnings`;
}

function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

// What a failure may be about: something that only the suite's own example server has.
const reasons = [
  /There is no tool "test_/,
  /Not testable: server does not list the diagnostic tool 'test_/,
  // what the tools test_input_required_result_… would have answered
  /InputRequiredResult/,
  /Resource not found: test:\/\//,
  // methods of features that loop-api neither has nor announces
  /Method not found/,
];

function isAboutTheSuitesOwn({ status, errorMessage = '' }: Check): boolean {
  return status === 'FAILURE' && reasons.some((reason) => reason.test(errorMessage));
}

/** The scenarios that a revision requires of a server; the suite runs others beside them, such as extensions. */
function readRequired(revision: string): string[] {
  const folder = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance');
  const text = readFileSync(join(folder, `requirements/${revision}.yaml`), 'utf8');
  const [, list = ''] = /^server:\n((?: {2}- .*\n)+)/m.exec(text) ?? [];
  return [...list.matchAll(/- (\S+)/g)].map(([, scenario = '']) => scenario);
}

t.test('the official conformance suite', async (t) => {
  const { pair, connect } = await startConnectedPair(t);

  t.test('loop-auth passes both authorization server scenarios', async (t) => {
    const port = await findFreePort();
    const registration = await fetch(`${pair.issuer}/reg`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        client_name: 'conformance',
        redirect_uris: [`http://127.0.0.1:${port}/callback`],
        token_endpoint_auth_method: 'none',
      }),
    });
    const { client_id: clientId } = (await registration.json()) as { client_id: string };
    const folder = await makeResultsFolder(t);
    const args = ['authorization', '--url', pair.issuer, '--resource', pair.resource, '-o', folder];
    const own = ['--client-id', clientId, '-p', String(port)];
    const suite = startProgram(t, 'conformance', [...args, ...own], await makeEnvironment(t));
    const [, authorizationUrl = ''] = await suite.see(/^(http\S+\/auth\?\S+)$/m);
    await suite.see(/Callback server started/);
    await fetch(await authorizeInBrowser(authorizationUrl, person));
    await suite.succeed();
    const checks = readChecks(folder);
    t.comment(`authorization: 2 scenarios, ${countByStatus(checks)}`);
    t.match(suite.output, /✓ authorization-server-metadata-endpoint: [1-9]\d* passed, 0 failed/);
    t.match(suite.output, /✓ authorization-code-grant: [1-9]\d* passed, 0 failed/);
  });

  for (const revision of ['2026-07-28', '2025-11-25']) {
    t.test(`loop-api passes what revision ${revision} requires`, async (t) => {
      const { tokens } = await connect();
      const url = await startBearerProxy(t, pair.resource, tokens.access_token);
      const folder = await makeResultsFolder(t);
      const baseline = join(import.meta.dirname, 'expected-failures.yaml');
      const args = ['server', '--url', url, '--requirements', revision, '-o', folder];
      const env = await makeEnvironment(t);
      const suite = startProgram(t, 'conformance', [...args, '--expected-failures', baseline], env);
      await suite.succeed();
      const required = readRequired(revision);
      const all = readChecks(folder);
      const checks = all.filter(({ id }) => required.includes(id.split(':')[0] ?? ''));
      t.comment(`server ${revision}: ${required.length} scenarios, ${countByStatus(checks)}`);
      t.ok(checks.some(({ status }) => status === 'SUCCESS'));
      const ours = checks.filter((check) => check.status === 'FAILURE' && !isAboutTheSuitesOwn(check));
      t.same(ours, []);
    });
  }
});
