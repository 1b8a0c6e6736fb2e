// A real nginx with one of our configurations in front of a pair: other ports and names, every line else as it is.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';

const found = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'].find((path) => existsSync(path));
/** Where it is; hasNginx says whether. */
export const nginxProgram = found ?? 'nginx';

/** Whether there is an nginx and what makes a certificate for it (.ci/run installs them). */
export const hasNginx = found !== undefined && existsSync('/usr/bin/openssl');

export interface NginxOptions {
  configuration: 'one-host' | 'two-hosts';
  /** Where it listens, with TLS. */
  port: number;
  authPort: number;
  apiPort: number;
}

export interface Nginx {
  /** PEM, for clients that must trust it. */
  certificatePath: string;
  ask(
    url: string,
    options?: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<Answer>;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

const source = join(import.meta.dirname, '../../nginx');

/** Ends with the test. `nas.example` and the names below it are called localhost, at `port`. */
export async function startNginx(t: Test, options: NginxOptions): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-nginx-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp(join(source, 'loop'), join(folder, 'loop'), { recursive: true });
  const ports = { 8083: options.authPort, 8082: options.apiPort };
  const read = async (path: string): Promise<string> =>
    (await readFile(path, 'utf8')).replace(
      /127\.0\.0\.1:(8083|8082)\b/g,
      (_, port: '8083' | '8082') => `127.0.0.1:${ports[port]}`,
    );
  await writeFile(join(folder, 'loop/http.conf'), await read(join(source, 'loop/http.conf')));
  const text = (await read(join(source, `${options.configuration}.conf`)))
    .replace(/^server \{\n {2}listen 80;[\s\S]*?^\}\n/m, '')
    .replace(/^ *listen \[::\].*\n/gm, '')
    .replace(/listen 443 ssl/g, `listen 127.0.0.1:${options.port} ssl`)
    .replace(/https:\/\/(auth\.|vault\.)?nas\.example/g, `https://$1nas.example:${options.port}`)
    .replaceAll('nas.example', 'localhost');
  await mkdir(join(folder, 'tls'));
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;\nevents {}\nhttp {\naccess_log off;\nclient_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;\n${text}\n}\n`,
  );
  const certificatePath = join(folder, 'tls/fullchain.pem');
  const names = ['localhost', 'auth.localhost', 'vault.localhost'].map((name) => `DNS:${name}`).join();
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=${names} -keyout ${folder}/tls/privkey.pem -out ${certificatePath}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  );
  const child = spawn(nginxProgram, ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: 'inherit',
  });
  t.teardown(() => stop(child));
  await whenListening(child, options.port);
  const certificate = await readFile(certificatePath, 'utf8');
  return { certificatePath, ask: (url, asked = {}) => ask(url, certificate, asked) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function whenListening(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    await delay(20);
  }
}

// Every name leads to this machine, whatever the resolver makes of names below localhost.
function ask(
  url: string,
  ca: string,
  { method = 'GET', headers = {}, body }: NonNullable<Parameters<Nginx['ask']>[1]>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port, host, pathname, search } = new URL(url);
    const options = { host: '127.0.0.1', servername: hostname, port, path: pathname + search, method, ca };
    const asked = request({ ...options, agent: false, headers: { host, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    asked.once('error', reject).end(body);
  });
}
