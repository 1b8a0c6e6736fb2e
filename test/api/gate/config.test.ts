// The gate's settings, and which of its addresses are told apart.
import t from 'tap';
import { parseConfig } from '../../../api/gate/config.ts';
import { InvalidConfiguration } from '../../../api/settings.ts';

const credential = { GATE_CLIENT_ID: 'tasks', GATE_CLIENT_SECRET: 'a secret' };

function faultsOf(environment: Record<string, string>): string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    return error.faults.map(({ name }) => name);
  }
}

t.test('what it needs is asked for at once, and a secret is in no message', (t) => {
  t.same(faultsOf({}), ['GATE_ROUTES', 'GATE_CLIENT_ID', 'GATE_CLIENT_SECRET']);
  const wrong = { ...credential, GATE_CLIENT_SECRET: 'with a\nbreak', GATE_PORT: 'x', GATE_ROUTES: 'x' };
  t.throws(
    () => parseConfig(wrong),
    /the gate can't start, 3 setting\(s\)[\s\S]*GATE_ROUTES: read "x"[\s\S]*a secret of 12 characters/,
  );
  t.end();
});

t.test('a route is two addresses, the second of which may be missing', (t) => {
  const routes =
    ' https://a.example/x/mcp=http://tasks:3000/mcp , http://localhost:8084/=http://[::1]:1/,https://b.example=';
  const config = parseConfig({ ...credential, GATE_ROUTES: routes });
  t.same(
    config.routes.map(({ resource, path, upstream }) => [resource, path, upstream?.href]),
    [
      ['https://a.example/x/mcp', '/x/mcp', 'http://tasks:3000/mcp'],
      ['http://localhost:8084/', '/', 'http://[::1]:1/'],
      ['https://b.example', '/', undefined],
    ],
  );
  t.end();
});

for (const route of [
  'https://a.example/mcp',
  'https://a.example/mcp=ftp://x/',
  'https://a.example/mcp=http://x/mcp?y=1',
  'https://a.example/mcp=http://user:pass@x/mcp',
  'https://a.example/a/../mcp=http://x/mcp',
  'https://a.example/%6dcp=http://x/mcp',
  'https://a.example//mcp=http://x/mcp',
  'https://a.example/verify=http://x/mcp',
  'https://a.example/.well-known/x=http://x/mcp',
  'https://a.example/mcp=http://x/mcp,https://a.example/mcp=http://y/mcp',
  'https://a.example/mcp#x=http://x/mcp',
  'https://a.example/mcp=http://x/mcp,',
])
  t.test(`no route: ${route}`, (t) => {
    t.same(faultsOf({ ...credential, GATE_ROUTES: route }), ['GATE_ROUTES']);
    t.end();
  });
