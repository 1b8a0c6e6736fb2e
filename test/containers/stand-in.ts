// The official images that the drill needs. Where none can be pulled, stand-ins made of Debian's packages and of
// the Node that runs this are put under their very names, so that the Dockerfiles and compose files stay as they are.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from './engine.ts';

export const baseImage = 'node:24-bookworm-slim';
const nginxImage = 'nginx:stable';
const postgresImage = 'postgres:17';

/** Resolves to whether the base is a stand-in. */
export async function prepareImages(engine: Engine): Promise<boolean> {
  const isOfficial = await has(engine, baseImage);
  if (!isOfficial) await makeBase(engine);
  if (!(await has(engine, nginxImage))) await makeNginx(engine);
  return !isOfficial;
}

async function has(engine: Engine, image: string): Promise<boolean> {
  const there = await engine.try(`docker image inspect ${image}`);
  return there.code === 0 || (await engine.try(`docker pull -q ${image}`, { timeoutMs: 90_000 })).code === 0;
}

async function makeBase(engine: Engine): Promise<void> {
  const root = join(engine.folder, 'base');
  await engine.run(`debootstrap --variant=minbase --include=ca-certificates bookworm ${root}`, {
    timeoutMs: 240_000,
  });
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  await engine.run(
    [
      'set -e',
      `cp ${process.execPath} ${root}/usr/local/bin/node`,
      `mkdir -p ${root}/usr/local/lib/node_modules`,
      // npm's own folder, from where its command really is; `npm root -g` depends on who asks.
      `cp -rL "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" ${root}/usr/local/lib/node_modules/npm`,
      `ln -s ../lib/node_modules/npm/bin/npm-cli.js ${root}/usr/local/bin/npm`,
      `chroot ${root} groupadd -g 1000 node`,
      `chroot ${root} useradd -u 1000 -g node -m node`,
      // A registry behind a proxy with an authority of its own: npm inside the build needs to know it.
      certificates ? `cp ${certificates} ${root}/etc/ssl/certs/ca-certificates.crt` : ':',
      `tar -C ${root} -c . | docker import ${certificates ? "-c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'" : ''} -c 'CMD ["node"]' - ${baseImage}`,
    ].join('\n'),
  );
  await rm(root, { recursive: true, force: true });
}

async function makeNginx(engine: Engine): Promise<void> {
  await build(engine, nginxImage, [
    'RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm /etc/nginx/sites-enabled/default',
    'RUN ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log',
    'STOPSIGNAL SIGQUIT',
    'CMD ["nginx", "-g", "daemon off;"]',
  ]);
}

/** For the drill on compose.scale.yaml. */
export async function preparePostgres(engine: Engine): Promise<void> {
  if (await has(engine, postgresImage)) return;
  const start = [
    'set -e',
    'cd /var/lib/postgresql',
    'PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)',
    'as="setpriv --reuid postgres --regid postgres --clear-groups"',
    'if [ ! -s data/PG_VERSION ]; then',
    '  chown postgres data',
    '  echo "$POSTGRES_PASSWORD" > /tmp/password',
    '  $as initdb -D data -U "$POSTGRES_USER" --pwfile=/tmp/password --auth=trust --auth-host=scram-sha-256 -N',
    '  echo "host all all all scram-sha-256" >> data/pg_hba.conf',
    '  echo "CREATE DATABASE $POSTGRES_DB" | $as postgres --single -D data postgres',
    'fi',
    'exec $as postgres -D data -h 0.0.0.0 -k /tmp',
  ];
  const lines = start.map((line) => `'${line.replaceAll("'", `'"'"'`)}'`).join(' ');
  await build(engine, postgresImage, [
    'RUN apt-get update && apt-get install -y --no-install-recommends postgresql',
    `RUN printf '%s\\n' ${lines} > /start && mkdir -p /var/lib/postgresql/data`,
    'STOPSIGNAL SIGINT',
    'CMD ["sh", "/start"]',
  ]);
}

async function build(engine: Engine, image: string, lines: readonly string[]): Promise<void> {
  const folder = join(engine.folder, `image-${image.replace(/\W/g, '-')}`);
  await mkdir(folder);
  await writeFile(join(folder, 'Dockerfile'), [`FROM ${baseImage}`, ...lines].join('\n'));
  await engine.run(`docker build -q -t ${image} ${folder}`, { timeoutMs: 300_000 });
}
