// Containers that can't start: each must say which path and which user id, and end with an exit code that is not 0.
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from './engine.ts';

interface Mistake {
  readonly name: string;
  readonly image: 'auth' | 'api';
  /** What `docker run` is given. */
  readonly options: string;
  readonly path: string;
  /** The container's own layer takes what is written to it, and goes with it. */
  readonly isWritable?: true;
}

/** Resolves to the faults found, a line each. */
export async function checkStartFailures(
  engine: Engine,
  images: Readonly<Record<'auth' | 'api', string>>,
): Promise<string[]> {
  const foreign = join(engine.folder, 'of-somebody-else');
  await mkdir(foreign, { recursive: true });
  await chmod(foreign, 0o700);
  const handover = '-e AUTH_API_SECRET_PATH=/handover/api-client-secret';
  const vault = '-e API_VAULT_DIR=/vault';
  const mistakes: Mistake[] = [
    { name: 'no volume for the database', image: 'auth', options: '', path: '/data' },
    {
      name: 'no volume, on a root that can be written to',
      image: 'auth',
      options: '',
      path: '-v loop-auth-data:/data',
      isWritable: true,
    },
    {
      name: 'only the handover without a volume, on a root that can be written to',
      image: 'auth',
      options: `-v drill-data:/data ${handover}`,
      path: '-v loop-handover:/handover',
      isWritable: true,
    },
    { name: 'the data folder read-only', image: 'auth', options: '-v drill-data:/data:ro', path: '/data' },
    { name: "somebody else's data folder", image: 'auth', options: `-v ${foreign}:/data`, path: '/data' },
    {
      name: 'nowhere to hand the secret over',
      image: 'auth',
      options: `--tmpfs /data:mode=1777 ${handover} -v ${foreign}:/handover`,
      path: '/handover/api-client-secret',
    },
    { name: 'no vault', image: 'api', options: `--tmpfs /data:mode=1777 ${vault}`, path: '/vault' },
    {
      name: "somebody else's vault",
      image: 'api',
      options: `--tmpfs /data:mode=1777 ${vault} -v ${foreign}:/vault:ro`,
      path: '/vault',
    },
    { name: 'no folder for the index', image: 'api', options: '', path: '/data/index.db' },
    { name: "somebody else's index", image: 'api', options: `-v ${foreign}:/data`, path: '/data/index.db' },
  ];
  const faults: string[] = [];
  for (const mistake of mistakes) faults.push(...(await check(engine, images[mistake.image], mistake)));
  await engine.try('docker rm -f drill-mistake; docker volume rm -f drill-data');
  return faults;
}

async function check(engine: Engine, image: string, mistake: Mistake): Promise<string[]> {
  const { name, path } = mistake;
  const options = ['--user 1234:1234', mistake.isWritable ? '' : '--read-only', mistake.options].join(' ');
  const command = `docker run --rm --name drill-mistake ${options} ${image}`;
  const { code, text } = await engine.try(command, { timeoutMs: 60_000 });
  const faults: string[] = [];
  if (code === 0 || code === 137) faults.push(`it ended with ${code}`);
  if (!text.includes(path)) faults.push(`it does not name ${path}`);
  if (name !== 'no vault' && !text.includes('user id 1234')) faults.push('it does not name the user id');
  if (/^ +at .*:\d+:\d+/m.test(text)) faults.push('it prints a stack');
  return faults.map((fault) => `${name}: ${fault}: ${text.slice(0, 400)}`);
}
