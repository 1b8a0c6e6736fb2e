// npm start as a person uses it: what it prints, how it stops, what it says when something is in the way.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { bareEnvironment } from '../support/bare-environment.ts';

const root = join(import.meta.dirname, '../..');

interface Started {
  readonly child: ChildProcess;
  readonly text: () => string;
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<number | null>;
}

async function startLoop(
  t: Test,
  settings: Record<string, string> = {},
): Promise<Started & { ports: number[] }> {
  const folder = t.testdir();
  const ports = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
    cwd: folder,
    env: {
      ...bareEnvironment,
      AUTH_PORT: String(ports[0]),
      AUTH_ISSUER: `http://localhost:${ports[0]}`,
      API_PORT: String(ports[1]),
      API_RESOURCE: `http://localhost:${ports[1]}/mcp`,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
  }
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  t.teardown(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (let waited = 0; waited < 60_000; waited += 50) {
      const match = pattern.exec(text);
      if (match) return match;
      if (child.exitCode !== null) break;
      await delay(50);
    }
    throw new Error(`no ${pattern} in:\n${text}`);
  };
  return { child, text: () => text, until, ended, ports };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

const isUp = async (port: number | undefined): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    (response) => response.ok,
    () => false,
  );

t.test('npm start', async (t) => {
  t.test(
    'answers on both ports, prints the MCP URL and a link that opens, and stops on Ctrl-C',
    async (t) => {
      const { child, until, ended, ports } = await startLoop(t);
      await until(/loop is running/);
      t.ok(await isUp(ports[0]));
      t.ok(await isUp(ports[1]));
      await until(new RegExp(`MCP URL +http://localhost:${ports[1]}/mcp   \\(for programs on this computer`));
      for (const path of ['/', '/connect', '/account']) {
        const [address = ''] = await until(new RegExp(`http://localhost:${ports[0]}${path}(?= )`));
        t.equal((await fetch(address, { headers: { Accept: 'text/html' } })).status, 200, address);
      }
      const [, link = ''] = await until(/First account +(\S+)/);
      t.equal((await fetch(link)).status, 200);
      child.kill('SIGINT');
      t.equal(await ended, 0);
      t.notOk(await isUp(ports[0]));
      t.notOk(await isUp(ports[1]));
    },
  );

  t.test('speaks Korean to a Korean terminal, and says whom a public address serves', async (t) => {
    const settings = { LANG: 'C', LC_ALL: 'ko_KR.UTF-8', API_RESOURCE: 'https://notes.example/mcp' };
    const { until, text } = await startLoop(t, settings);
    await until(/loop가 실행 중입니다/);
    await until(/MCP URL 주소 +https:\/\/notes\.example\/mcp {3}\(.*ChatGPT와 Claude를 포함한/);
    await until(/첫 번째 계정 +http/);
    t.notMatch(text(), 'loop is running');
  });

  t.test('starts a crashed service again', async (t) => {
    const { until, child, ports } = await startLoop(t);
    await until(/loop is running/);
    const [pid] = await childrenOf(child.pid);
    process.kill(Number(pid), 'SIGKILL');
    await until(/ended \(killed\); starting it again/);
    for (
      let waited = 0;
      waited < 20_000 && !((await isUp(ports[0])) && (await isUp(ports[1])));
      waited += 100
    ) {
      await delay(100);
    }
    t.ok((await isUp(ports[0])) && (await isUp(ports[1])));
  });

  t.test('leaves nothing running when it is killed itself', async (t) => {
    const { until, child, ended, ports } = await startLoop(t);
    await until(/loop is running/);
    child.kill('SIGKILL');
    await ended;
    for (
      let waited = 0;
      waited < 15_000 && ((await isUp(ports[0])) || (await isUp(ports[1])));
      waited += 100
    ) {
      await delay(100);
    }
    t.notOk(await isUp(ports[0]));
    t.notOk(await isUp(ports[1]));
  });

  for (const name of ['AUTH_PORT', 'API_PORT']) {
    t.test(`says what to do when the port of ${name} is taken, and ends`, async (t) => {
      const squatter = createServer().listen(0, '127.0.0.1');
      await once(squatter, 'listening');
      t.teardown(() => squatter.close());
      const address = squatter.address();
      const port = typeof address === 'object' && address ? String(address.port) : '';
      const { text, ended } = await startLoop(t, { [name]: port });
      t.equal(await ended, 1);
      t.match(text(), new RegExp(`${port}.*taken.*${name}`, 's'));
      t.notMatch(text(), /\n\s+at .*\.ts:\d/, 'no stack trace');
    });
  }

  t.test('lists every bad setting of a service at once, and ends without starting anything', async (t) => {
    const bad = { AUTH_ISSUER: 'nonsense', AUTH_ACCESS_TOKEN_SECONDS: 'soon' };
    const { text, ended, ports } = await startLoop(t, bad);
    t.equal(await ended, 1);
    t.match(text(), /AUTH_ISSUER: read "nonsense"/);
    t.match(text(), /AUTH_ACCESS_TOKEN_SECONDS: read "soon"/);
    t.notOk(await isUp(ports[1]));
  });

  t.test('names the vault folder that does not exist', async (t) => {
    const missing = join(await mkdtemp(join(tmpdir(), 'loop-')), 'no-such-vault');
    const { text, ended } = await startLoop(t, { API_VAULT_DIR: missing });
    t.equal(await ended, 1);
    t.match(text(), missing);
    t.match(text(), 'API_VAULT_DIR');
  });
});

async function childrenOf(pid: number | undefined): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ');
}

t.test(
  'npm start keeps what node makes of the sources, where the tests find it too, or where it is told',
  (t) => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: { start: string };
    };
    const shown = scripts.start.replace(/node .*/, 'node -p process.env.NODE_COMPILE_CACHE');
    const show = (env: Record<string, string>): string =>
      execFileSync('sh', ['-c', shown], {
        env: { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, ...env },
        encoding: 'utf8',
      }).trim();
    t.equal(show({}), 'node_modules/.cache/compiled');
    t.match(readFileSync(join(root, 'scripts/test'), 'utf8'), /PWD\/node_modules\/\.cache\/compiled/);
    t.equal(show({ NODE_COMPILE_CACHE: '/elsewhere' }), '/elsewhere');
    t.end();
  },
);
