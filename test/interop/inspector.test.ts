// The command line of the MCP Inspector: with a token of its own from a sign-in, and with one given as a header.
import t from 'tap';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { narrowed, waitForFolder } from '../support/narrowed.ts';
import { person } from '../support/person.ts';
import { makeEnvironment, startProgram } from '../support/program.ts';

const call = ['--method', 'tools/call', '--tool-name', 'search', '--tool-arg', 'query=NAS'];

t.test('the MCP Inspector’s command line', async (t) => {
  const { pair, connect } = await startConnectedPair(t);
  const older = pair.resource.replace(/\/mcp$/, '/sse');
  const inspect = async (
    t: Parameters<typeof startProgram>[0],
    args: string[],
    env?: Record<string, string>,
  ) => startProgram(t, 'mcp-inspector', ['--cli', ...args], env ?? (await makeEnvironment(t)));

  t.test('signs in by itself, calls a tool, and finds its token again', async (t) => {
    for (const url of [pair.resource, older]) {
      const env = {
        ...(await makeEnvironment(t)),
        // without a terminal it asks for a sign-in only when told that there is a browser
        MCP_AUTO_OPEN_ENABLED: 'true',
        // not the keychain of whoever runs the tests
        MCP_INSPECTOR_SECRET_STORE: 'file',
      };
      const args = ['--server-url', url, '--callback-url', 'http://127.0.0.1:0/oauth/callback', ...call];
      const first = await inspect(t, args, env);
      const [, authorizationUrl = ''] = await first.see(/navigate to: (\S+)\s/);
      await fetch(await authorizeInBrowser(authorizationUrl, person));
      await first.succeed();
      t.match(first.output, /"results"/, url);
      const second = await inspect(t, [...args, '--stored-auth-only'], env);
      await second.succeed();
      t.notMatch(second.output, /navigate to/);
    }
  });

  t.test('that was given less than it asked for goes on, and does not ask again', async (t) => {
    await waitForFolder(pair, narrowed.folders);
    const env = {
      ...(await makeEnvironment(t)),
      MCP_AUTO_OPEN_ENABLED: 'true',
      MCP_INSPECTOR_SECRET_STORE: 'file',
    };
    const args = ['--server-url', pair.resource, '--callback-url', 'http://127.0.0.1:0/oauth/callback'];
    const first = await inspect(t, [...args, ...call], env);
    const [, authorizationUrl = ''] = await first.see(/navigate to: (\S+)\s/);
    t.match(new URL(authorizationUrl).searchParams.get('scope'), 'vault.write', 'it asks to write');
    await fetch(await authorizeInBrowser(authorizationUrl, person, { choice: narrowed }));
    await first.succeed();
    const outside = ['--method', 'tools/call', '--tool-name', 'fetch', '--tool-arg', 'id=Welcome.md'];
    for (const then of [outside, call]) {
      const again = await inspect(t, [...args, '--stored-auth-only', ...then], env);
      await again.ended;
      t.notMatch(again.output, /navigate to/);
    }
  });

  t.test('takes a token as a header, in both eras, and finds no fault with the tools', async (t) => {
    const { tokens } = await connect();
    const header = ['--header', `Authorization: Bearer ${tokens.access_token}`];
    for (const era of ['legacy', 'modern']) {
      const base = ['--server-url', pair.resource, ...header, '--protocol-era', era];
      const called = await inspect(t, [...base, ...call]);
      await called.succeed();
      t.match(called.output, /"results"/, era);
      const listed = await inspect(t, [...base, '--method', 'tools/list', '--strict']);
      await listed.succeed();
    }
  });
});
