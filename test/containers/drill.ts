// npm run test:containers: the promise on a real engine. Images are built, a person signs in once in Chromium, and
// clients go on calling while containers are rebuilt, restarted, removed and made again: plainly, then behind nginx.
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CallingClient, type Count } from '../../scripts/soak/calling-client.ts';
import { writeLargeNotes } from '../support/large-notes.ts';
import { findFaults, listing } from './contents.ts';
import { Engine } from './engine.ts';
import { takeExampleNamesForThisMachine, trust } from './example-names.ts';
import { checkNginx } from './nginx-checks.ts';
import { Person } from './person.ts';
import { baseImage, prepareImages, preparePostgres } from './stand-in.ts';
import { checkStartFailures } from './start-failures.ts';

const rebuilds = 5;
const account = { username: 'drill', password: 'a password for the drill' };
const mostOverBase = { auth: 60e6, api: 60e6 };

const behindNginx = [
  'AUTH_TRUSTED_PROXIES=172.16.0.0/12',
  'COMPOSE_FILE=compose.yaml:compose.nginx.yaml',
  'NGINX_CONF=./nginx/own.conf',
  'TLS_DIR=./tls',
];

const faults: string[] = [];
let passed = 0;
const rows: Array<readonly [string, Count]> = [];

// Bounded whatever hangs: what was started is then ended all the same.
const overdue = setTimeout(() => void end('the drill took longer than 20 minutes'), 20 * 60_000);
const engine = await Engine.open();
const person = await Person.open();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void end(`ended by ${signal}`));

let isEnding = false;
try {
  await run();
} catch (error) {
  faults.push((error as Error).stack ?? String(error));
}
await end();

async function run(): Promise<void> {
  step(engine.isOwn ? 'dockerd is running, in a folder of the drill' : 'using the engine that is there');
  const isStandIn = await prepareImages(engine);
  // Needed last, and made while the services' images are.
  const postgres = preparePostgres(engine);
  postgres.catch(() => undefined);
  step(`the base is ${isStandIn ? 'a stand-in for ' : ''}${baseImage}`);
  takeExampleNamesForThisMachine();
  await makeClone();
  await drillPlain(postgres);
  await drillBehindNginx();
  await drillTwoHosts();
  await drillScale();
  await checkGuide();
}

/** The guide shows no command that was not run here. */
async function checkGuide(): Promise<void> {
  const guide = await readFile(join(engine.folder, 'loop/docs/nas.md'), 'utf8');
  const shown = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );
  const untried = shown.filter((line) => !engine.commands.includes(line));
  conclude(untried.map((line) => `docs/nas.md shows what the drill does not run: ${line}`));
}

/** As a person would have it, changes that are not committed included. */
async function makeClone(): Promise<void> {
  const source = join(import.meta.dirname, '../..');
  const clone = join(engine.folder, 'loop');
  await mkdir(clone);
  await engine.run(
    `git -C ${source} ls-files -z -co --exclude-standard | tar -C ${source} --null -T - -c | tar -x`,
    {
      cwd: clone,
    },
  );
  engine.set({ COMPOSE_FILE: undefined, COMPOSE_PROJECT_NAME: undefined });
}

async function drillPlain(images: Promise<void>): Promise<void> {
  await command('docker compose up -d');
  await whenHealthy(2);
  // An image that is being made changes the machine's networks, which the person at the browser can't have.
  await images;
  step('built, started, healthy: on localhost, no file edited');
  await command('ls -ln api/sample-vault');
  await command('id -u');
  await command('id -g');
  await command('docker compose logs --tail=20 loop-api');
  await command('docker compose logs --tail=20 loop-auth');
  await printSizes();
  await compareContents();
  await createFirstAccount();
  await command('docker compose exec -T loop-auth node scripts/doctor.ts');
  await command('docker compose exec -T loop-api node scripts/doctor.ts');
  const client = await connect('http://localhost:8082/mcp');
  await whileCalling(client, async () => {
    for (let round = 1; round <= 2; round += 1) {
      await changeSource(round);
      client.longestGapSeconds();
      await command('docker compose up -d --build loop-api');
      await whenReady(8082);
      await delay(1000);
      step(
        `  loop-api built anew and replaced, ${round} of 2: ${client.longestGapSeconds().toFixed(1)} s without an answer`,
      );
    }
    await command('docker compose restart loop-auth');
    await whenReady(8083);
    step('  loop-auth restarted');
    await downAndUp();
  });
  await client.refresh();
  await judge('localhost', client.takeCount(), ['refused connection', 'cut connection', 'HTTP 503']);
  await readLargeNotes(client);
  await command('docker compose down -v');
}

/** The notes that cost most, read by 64 clients at once: nothing starts again, and it keeps to its memory. */
async function readLargeNotes(client: CallingClient): Promise<void> {
  const ids = await writeLargeNotes(join(engine.folder, 'loop/api/sample-vault'));
  const startedAt = await command(
    `docker inspect -f '{{.State.StartedAt}}' $(docker compose ps -q loop-api)`,
  );
  for (let round = 1; round <= 3; round += 1) await client.readAtOnce(ids, 64);
  const still = await command(`docker inspect -f '{{.State.StartedAt}}' $(docker compose ps -q loop-api)`);
  conclude(still === startedAt ? [] : ['loop-api was started again while large notes were read']);
  await judge('64 clients at notes of 5 MB, three times', client.takeCount(), ['HTTP 503']);
  await printMemory();
  await Promise.all(ids.map((id) => rm(join(engine.folder, 'loop/api/sample-vault', id))));
}

async function drillBehindNginx(): Promise<void> {
  await makeCertificate();
  await command("sed 's/nas.example/notes.example/g' .env.example > .env");
  await command("sed 's/nas.example/notes.example/g' nginx/one-host.conf > nginx/own.conf");
  await takeSettings([
    'AUTH_ISSUER=https://notes.example/auth',
    'API_RESOURCE=https://notes.example/mcp',
    ...behindNginx,
  ]);
  await command('docker compose up -d');
  await createFirstAccount();
  const client = await connect('https://notes.example/mcp');
  await client.callOverStream();
  await command('curl -sf https://notes.example/.well-known/oauth-protected-resource/mcp');
  await command('curl -sf https://notes.example/auth/.well-known/openid-configuration');
  await command(
    `echo 'a long sentence' | docker compose exec -T loop-auth node scripts/seed-user.ts --username ann --password-stdin`,
  );
  await whileCalling(client, async () => {
    for (let round = 1; round <= rebuilds; round += 1) {
      await changeSource(round + 2);
      client.longestGapSeconds();
      await command('scripts/rebuild-api');
      const gap = client.longestGapSeconds().toFixed(1);
      step(`  loop-api rebuilt behind nginx, ${round} of ${rebuilds}: ${gap} s without an answer at most`);
    }
  });
  await judge(`nginx, loop-api rebuilt ${rebuilds} times`, client.takeCount(), []);
  await whileCalling(client, async () => {
    await command('docker compose up -d --build');
    await command('docker compose restart loop-auth');
    await whenReady(8083);
    step('  loop-auth restarted');
  });
  await judge('nginx, and loop-auth restarted', client.takeCount(), []);
  await printMemory();
  await command('docker compose exec -T nginx nginx -s reload');
  await whileCalling(client, downAndUp);
  await backUpAndRestore();
  await client.refresh();
  await judge('nginx, and all of it down and up, and a backup restored', client.takeCount(), [
    'refused connection',
    'cut connection',
    'HTTP 503',
  ]);
  await command('docker compose stop loop-auth loop-api');
  conclude(await checkNginx({ token: 'https://notes.example/auth/token', mcp: 'https://notes.example/mcp' }));
  step('nginx on one host checked');
  conclude(await checkStartFailures(engine, await findImages()));
  step('wrong mounts checked');
  await command('docker compose down -v');
}

async function drillTwoHosts(): Promise<void> {
  const [issuer, resource] = ['https://auth.nas.example', 'https://vault.nas.example/mcp'];
  await command('cp .env.example .env');
  await command('cp nginx/two-hosts.conf nginx/own.conf');
  await takeSettings([`AUTH_ISSUER=${issuer}`, `API_RESOURCE=${resource}`, ...behindNginx]);
  await command('docker compose up -d');
  await createFirstAccount();
  const client = await connect(resource);
  await client.refresh();
  await client.callOverStream();
  await judge('nginx, two hosts', client.takeCount(), []);
  await command('docker compose stop loop-auth loop-api');
  conclude(await checkNginx({ token: `${issuer}/token`, mcp: resource }));
  step('nginx on two hosts checked');
  await command('docker compose down -v');
}

async function drillScale(): Promise<void> {
  await command('cp .env.example .env');
  await command('cp nginx/one-host.conf nginx/own.conf');
  await takeSettings([
    'AUTH_ISSUER=https://nas.example/auth',
    'API_RESOURCE=https://nas.example/mcp',
    'NGINX_CONF=./nginx/own.conf',
    'TLS_DIR=./tls',
  ]);
  const secrets = [
    'COMPOSE_FILE=compose.scale.yaml',
    'API_CLIENT_SECRET=a secret of the drill',
    'POSTGRES_PASSWORD=drill',
  ];
  await appendFile(join(engine.folder, 'loop/.env'), `${secrets.join('\n')}\n`);
  await command('docker compose up -d');
  await whenHealthy(5);
  await command(
    `echo '${account.password}' | docker compose exec -T loop-auth-a node scripts/seed-user.ts --username ${account.username} --password-stdin`,
  );
  const client = await connect('https://nas.example/mcp');
  await client.callOverStream();
  step('PostgreSQL, two loop-auth and two loop-api are running');
  await whileCalling(client, async () => {
    for (const service of ['loop-api-a', 'loop-auth-a', 'loop-api-b', 'loop-auth-b']) {
      await command(`docker compose kill ${service}`);
      await delay(4000);
      if (service.startsWith('loop-auth')) await client.refresh();
      await command(`docker compose start ${service}`);
      await whenHealthy(5);
      step(`  ${service} killed, and started again`);
    }
  });
  // A call that was being answered by the killed one is lost, and is not repeated: it may have been carried out.
  await judge('two of each on PostgreSQL, each killed once', client.takeCount(), ['HTTP 503', 'HTTP 502']);
  await command('docker compose down -v');
}

async function createFirstAccount(): Promise<void> {
  const link = await command(
    `docker compose logs loop-auth | grep -o 'http[^ "]*/setup?token=[^ "]*' | tail -n 1`,
  );
  await person.createFirstAccount(link.trim(), account);
}

async function connect(resource: string): Promise<CallingClient> {
  const client = new CallingClient('The drill', resource);
  await client.connect((url) => person.allow(url, account));
  step(`registration, sign-in and consent in Chromium; tools answer at ${resource}`);
  return client;
}

async function whileCalling(client: CallingClient, work: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const calls = client.callUntil(stop.signal);
  try {
    await delay(1000);
    await work();
    await delay(1000);
  } finally {
    stop.abort();
    await calls;
  }
}

async function downAndUp(): Promise<void> {
  await command('docker compose down');
  await command('docker compose up -d');
  await whenReady(8082);
  step('  both containers removed and made again');
}

/** The image must really change, or compose would leave the container as it is. */
async function changeSource(round: number): Promise<void> {
  await appendFile(join(engine.folder, 'loop/api/main.ts'), `// round ${round}\n`);
}

async function whenReady(port: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    if (performance.now() > deadline) throw new Error(`nothing is ready on port ${port}`);
    await delay(100);
  }
}

async function makeCertificate(): Promise<void> {
  const hosts = ['notes.example', 'nas.example', 'auth.nas.example', 'vault.nas.example'];
  const names = hosts.map((name) => `DNS:${name}`);
  const folder = join(engine.folder, 'loop/tls');
  await mkdir(folder);
  await engine.run(
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=nas.example ' +
      `-addext subjectAltName=${names.join()} -keyout privkey.pem -out fullchain.pem`,
    { cwd: folder },
  );
  trust(await readFile(join(folder, 'fullchain.pem'), 'utf8'));
  const settings = hosts.map((host) => `resolve = "${host}:443:127.0.0.1"`);
  await writeFile(
    join(engine.folder, '.curlrc'),
    `${settings.join('\n')}\ncacert = "${join(folder, 'fullchain.pem')}"\n`,
  );
  engine.set({ CURL_HOME: engine.folder });
}

/** Takes the # off those lines of .env, as the person does who follows the guide. */
async function takeSettings(lines: readonly string[]): Promise<void> {
  const path = join(engine.folder, 'loop/.env');
  let text = await readFile(path, 'utf8');
  for (const line of lines) {
    if (!text.includes(`\n#${line}\n`)) throw new Error(`.env.example has no line #${line}`);
    text = text.replace(`\n#${line}\n`, `\n${line}\n`);
  }
  await writeFile(path, text);
}

async function backUpAndRestore(): Promise<void> {
  await command('docker compose exec -T loop-auth node scripts/backup.ts --to /data/backup.db');
  await command('docker compose exec -T loop-auth cat /data/backup.db > backup.db');
  await command('docker compose exec -T loop-auth rm /data/backup.db');
  await command('docker compose stop loop-auth');
  await command("docker compose run --rm --no-deps -T loop-auth sh -c 'cat > /data/backup.db' < backup.db");
  await command(
    'docker compose run --rm --no-deps -T loop-auth node scripts/restore.ts --from /data/backup.db',
  );
  await command('docker compose run --rm --no-deps -T loop-auth rm /data/backup.db');
  await command('docker compose up -d');
  await whenReady(8083);
  step('  backed up and restored');
}

/** Resolves when so many services of the project say so. */
async function whenHealthy(services: number): Promise<void> {
  const deadline = performance.now() + 90_000;
  for (;;) {
    const text = await command('docker compose ps');
    if ([...text.matchAll(/\(healthy\)/g)].length >= services) return;
    if (performance.now() > deadline) throw new Error(`not healthy:\n${text}`);
    await delay(1000);
  }
}

async function findImages(): Promise<{ auth: string; api: string }> {
  const find = async (service: string): Promise<string> =>
    (await command(`docker inspect -f '{{.Image}}' $(docker compose ps -a -q ${service})`)).trim();
  return { auth: await find('loop-auth'), api: await find('loop-api') };
}

async function printSizes(): Promise<void> {
  const size = async (image: string): Promise<number> =>
    Number(await engine.run(`docker image inspect -f '{{.Size}}' ${image}`));
  const images = await findImages();
  const base = await size(baseImage);
  for (const name of ['auth', 'api'] as const) {
    const over = (await size(images[name])) - base;
    console.log(`         loop-${name}: ${(over / 1e6).toFixed(1)} MB over its base`);
    conclude(over > mostOverBase[name] ? [`loop-${name} is more than ${mostOverBase[name] / 1e6} MB`] : []);
  }
}

async function compareContents(): Promise<void> {
  for (const service of ['auth', 'api'] as const) {
    const printed = await command(`docker compose exec -T loop-${service} node -e '${listing}'`);
    conclude(findFaults(service, printed));
  }
}

/**
 * The most that each process has had for itself, and what compose allows its container. What it has mapped of files, its
 * program above all, is the kernel's to take back, so that a process may have more than its limit resident. Not judged
 * where the container sees no such limit: V8 then takes what the machine has.
 */
async function printMemory(): Promise<void> {
  for (const service of ['loop-auth', 'loop-api']) {
    const status = await command(`docker compose exec -T ${service} cat /proc/1/status`);
    const read = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
    const peak = read('VmHWM') - read('RssFile');
    const container = `$(docker compose ps -q ${service})`;
    const limit =
      Number(await command(`docker inspect -f '{{.HostConfig.Memory}}' ${container}`)) / 1024 ** 2;
    const isHeld = (await findHeldLimit(service)) <= limit;
    const judgement = isHeld ? '' : '; its container is not held to that here';
    console.log(`         ${service}: ${peak.toFixed(0)} MB at most, of ${limit.toFixed(0)}${judgement}`);
    conclude(peak < limit || !isHeld ? [] : [`${service} had ${peak.toFixed(0)} MB of ${limit}`]);
  }
}

/** Megabytes, as the container's own control group says (version 2, or 1); without end where it says nothing. */
async function findHeldLimit(service: string): Promise<number> {
  const files = '/sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes';
  const text = await command(`docker compose exec -T ${service} sh -c 'cat ${files} 2>/dev/null || true'`);
  return Number(/^\d+$/m.exec(text)?.[0] ?? Number.POSITIVE_INFINITY) / 1024 ** 2;
}

/** Runs a command in the clone, as docs/nas.md shows it. */
function command(line: string): Promise<string> {
  return engine.run(line, { cwd: join(engine.folder, 'loop') });
}

async function judge(name: string, count: Count, bearable: readonly string[]): Promise<void> {
  rows.push([name, count]);
  const bad = Object.keys(count.failures).filter((kind) => !bearable.includes(kind));
  const found = [
    ...bad.map((kind) => `${name}: ${kind}`),
    ...(count.unauthorized > 0 ? [`${name}: ${count.unauthorized} times 401`] : []),
    ...(count.reauthorizations > 0 ? [`${name}: ${count.reauthorizations} re-authorizations`] : []),
  ];
  conclude(found);
  // The containers go in a moment, and what they said with them.
  const cwd = join(engine.folder, 'loop');
  if (found.length > 0) console.log((await engine.try('docker compose logs --tail=60', { cwd })).text);
}

/** One thing was looked at; it passed when nothing is wrong with it. */
function conclude(found: readonly string[]): void {
  faults.push(...found);
  if (found.length === 0) passed += 1;
}

function step(text: string): void {
  console.log(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${text}`);
}

function report(): void {
  for (const [name, { calls, failures, unauthorized, reauthorizations, refreshes }] of rows) {
    const kinds = Object.entries(failures).map(([kind, times]) => `${times} ${kind}`);
    console.log(`\n  ${name}`);
    console.log(`    calls ${calls}; failures ${kinds.join(', ') || '0'}; 401 ${unauthorized}`);
    console.log(`    refreshes ${refreshes}; re-authorizations ${reauthorizations}`);
  }
  for (const fault of faults) console.log(`\n  FAULT ${fault}`);
  console.log(faults.length === 0 ? '\n  The promise holds.\n' : '\n  The promise does NOT hold.\n');
  console.log(`${passed} passed, ${faults.length} failed`);
}

async function end(fault?: string): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  clearTimeout(overdue);
  if (fault) {
    faults.push(fault);
    step(`stopped: ${fault}`);
  }
  await person.close().catch(() => undefined);
  await engine
    .try('docker compose down -v --remove-orphans', { cwd: join(engine.folder, 'loop'), timeoutMs: 60_000 })
    .catch(() => undefined);
  await engine
    .close()
    .catch((error: Error) => faults.push(`something of the drill is left: ${error.message}`));
  report();
  process.exit(faults.length === 0 ? 0 : 1);
}
