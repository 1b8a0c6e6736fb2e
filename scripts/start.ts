// npm start: both services on data/ with one readable log; a crashed one starts again, Ctrl-C stops both.
// The room: one operator's command a file, each with its parts in the folder of its name; operator/ is what they share.
// Not a service: auth/, api/.
import { setTimeout as delay } from 'node:timers/promises';
import { prettyFactory } from 'pino-pretty';
import { parseConfig as parseApiConfig } from '../api/config.ts';
import { parseConfig as parseAuthConfig } from '../auth/config.ts';
import { type Reachability, reachabilityOf } from '../auth/reachability.ts';
import type { WordKey } from '../pages/words.ts';
import {
  isReady,
  type ServiceProcess,
  startServiceProcess,
  stopServiceProcess,
} from './operator/service-process.ts';
import { padColumns, terminalWords } from './operator/terminal.ts';

const stableMs = 60_000;
const longestPauseMs = 30_000;

const print = prettyFactory({
  colorize: process.stdout.isTTY,
  ignore: 'pid,hostname,name,setupUrl,issuer,resource,host,port,signal',
  translateTime: 'SYS:HH:MM:ss',
  messageFormat: '{name}: {msg}',
  hideObject: false,
});

const { text: say } = terminalWords(process.env);

const serves: Readonly<Record<Reachability, WordKey>> = {
  web: 'terminal.servesWeb',
  device: 'terminal.servesDevice',
  network: 'terminal.servesNetwork',
  plain: 'terminal.servesPlain',
};

const running = new Map<string, ServiceProcess>();
let isStopping = false;
let setupUrl: string | undefined;

const auth = readSettings('loop-auth', () => parseAuthConfig(process.env));
const environment: Record<string, string | undefined> = { ...process.env };
if (!environment['API_CLIENT_SECRET'] && !environment['API_CLIENT_SECRET_FILE']) {
  environment['API_CLIENT_SECRET_FILE'] = auth.apiClientSecretPath;
}
const api = readSettings('loop-api', () => parseApiConfig(environment));

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
// loop-auth first: on a fresh folder it makes the secret that loop-api reads.
await startFirst('auth', process.env);
await startFirst('api', environment);
if (!isStopping) printWelcome();

function readSettings<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(say('terminal.cantStart', { service: name, message: (error as Error).message }));
    process.exit(1);
  }
}

/** A service that can't start at all ends everything: its own last line says why. */
async function startFirst(name: 'auth' | 'api', env: typeof environment): Promise<void> {
  if (isStopping) return;
  const service = launch(name, env);
  if (await isReady(service)) void keepRunning(name, env);
  else if (!isStopping) await stop(1);
}

function launch(name: 'auth' | 'api', env: typeof environment): ServiceProcess {
  const service = startServiceProcess({ name, environment: env, onLine });
  running.set(name, service);
  return service;
}

async function keepRunning(name: 'auth' | 'api', env: typeof environment): Promise<void> {
  for (let pauseMs = 1000; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const startedAt = performance.now();
    const code = await running.get(name)?.ended;
    if (isStopping) return;
    const pause = performance.now() - startedAt > stableMs ? 1000 : pauseMs;
    const values = { service: `loop-${name}`, code: code ?? say('terminal.killed'), seconds: pause / 1000 };
    console.error(say('terminal.ended', values));
    await delay(pause);
    if (isStopping) return;
    await isReady(launch(name, env));
  }
}

function onLine(line: string): void {
  try {
    const record = JSON.parse(line) as { setupUrl?: string };
    setupUrl = record.setupUrl ?? setupUrl;
    if (!record.setupUrl) process.stdout.write(print(record));
  } catch {
    console.error(line);
  }
}

async function stop(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await Promise.all([...running.values()].map(stopServiceProcess));
  process.exit(code);
}

function printWelcome(): void {
  const [mcpUrl] = auth.resources;
  const lines: Array<readonly [name: WordKey, value: string, note: string]> = [
    ['terminal.mcpUrl', mcpUrl, say(serves[reachabilityOf(mcpUrl)])],
    ['terminal.door', `${auth.issuer}/`, say('terminal.doorNote')],
    ['terminal.connect', `${auth.issuer}/connect`, say('terminal.connectNote')],
    ['terminal.account', `${auth.issuer}/account`, say('terminal.accountNote')],
    ['terminal.notes', api.vaultDirectory, 'API_VAULT_DIR'],
    ...(setupUrl ? [['terminal.firstAccount', setupUrl, say('terminal.once')] as const] : []),
    ['terminal.stop', 'Ctrl-C', ''],
  ];
  const text = lines.map(
    ([name, value, note]) => `  ${padColumns(say(name), 15)}${value}${note && `   (${note})`}`,
  );
  console.log(`\n  ${say('terminal.running')}\n\n${text.join('\n')}\n`);
}
