// A folder with what an image has of this project and of others, by its Dockerfile: what is left out there is not here either.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { listInstalled, type Service } from './installed.ts';

const root = join(import.meta.dirname, '../..');

/** Files and folders that the image takes from this project, and where they go. */
function copiesOf(service: Service): ReadonlyArray<readonly [from: string, to: string]> {
  const [, runtime = ''] = readDockerfile(service).split(/^FROM \$\{NODE_IMAGE\}$/m);
  return [...runtime.matchAll(/^COPY (?!--)(\S+) (\S+)$/gm)].map(
    ([, from = '', to = '']) =>
      [from, to.endsWith('/') ? join(to, from.split('/').at(-1) ?? '') : to] as const,
  );
}

/** What the image is made of, in an empty folder, by the steps of its Dockerfile. The service has been started once. */
export function makeImage(service: Service, folder: string): void {
  copyRooms(service, folder);
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  linkModules(service, folder);
  execFileSync('sh', [join(root, 'scripts/prune-modules'), folder]);
  execFileSync(process.execPath, [join(root, 'scripts/bundle/bundle.ts'), service, folder]);
  execFileSync(process.execPath, [join(folder, 'scripts/supply/start-once.ts'), service], {
    env: settingsOf(service),
  });
}

/** What the image runs. */
export function programOf(service: Service, folder: string): string {
  const [, path = ''] = /^CMD \["node", "([^"]+)"\]$/m.exec(readDockerfile(service)) ?? [];
  return join(folder, path);
}

const readDockerfile = (service: Service): string =>
  readFileSync(join(root, `Dockerfile.${service}`), 'utf8');

/** The rooms of the image, without modules. */
function copyRooms(service: Service, folder: string): void {
  const isIgnored = readIgnored();
  for (const [from, to] of copiesOf(service)) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(root, from), join(folder, to), {
      recursive: true,
      filter: (path) => !path.endsWith('node_modules') && !isIgnored(relative(root, path)),
    });
  }
}

/** By the lines of .dockerignore that name files and folders of ours: the last one that fits says. */
function readIgnored(): (path: string) => boolean {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const fits = (line: string, path: string): boolean => line === path || line === `${dirname(path)}/*`;
  return (path) => {
    const last = lines.findLast((line) => fits(line.replace(/^!/, ''), path));
    return last !== undefined && !last.startsWith('!');
  };
}

/** The packages that the image installs, as `npm ci` lays them. Hard links: files may be taken out, and never changed. */
function linkModules(service: Service, folder: string): void {
  for (const { path } of listInstalled(service)) {
    // Of another platform, or made for one that draws.
    if (!existsSync(join(root, path))) continue;
    for (const file of globSync(`${path}/**`, { cwd: root, withFileTypes: true, exclude: isNested(path) })) {
      if (!file.isFile()) continue;
      const from = join(file.parentPath, file.name);
      const to = join(folder, from.slice(root.length));
      mkdirSync(dirname(to), { recursive: true });
      linkOrCopy(from, to);
    }
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Another file system, or somebody else's file.
    copyFileSync(from, to);
  }
}

/** Node's and malloc's settings in the image. */
export function settingsOf(service: Service): Record<string, string> {
  const set = readDockerfile(service).matchAll(
    /^(?:ENV)? +(NODE_OPTIONS|MALLOC_\w+)="?([^"\n]+?)"?(?: \\)?$/gm,
  );
  return Object.fromEntries([...set].map(([, name = '', value = '']) => [name, value]));
}

/** Bytes of the files below the folder's node_modules. */
export function sizeOfModules(folder: string): number {
  const files = globSync('**/node_modules/**', { cwd: folder, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .reduce((bytes, file) => bytes + statSync(join(file.parentPath, file.name)).size, 0);
}

// Packages below a package are in the list by themselves.
const isNested = (path: string) => (entry: { parentPath: string; name: string }) =>
  entry.name === 'node_modules' && join(entry.parentPath, entry.name).startsWith(join(root, path, '/'));
