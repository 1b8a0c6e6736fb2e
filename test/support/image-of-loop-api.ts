// A folder with what loop-api's image has of this project, by its Dockerfile: what is left out there is not here either.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { createFolder } from './databases.ts';

const root = join(import.meta.dirname, '../..');

export function createImageOfLoopApi(t: Test): string {
  const image = createFolder(t);
  const copied = readFileSync(join(root, 'Dockerfile.api'), 'utf8').matchAll(
    /^COPY (?!--|package)(\S+) (\S+)$/gm,
  );
  const files = [...copied].map(([, from = '', to = '']) => [from, to] as const);
  for (const [from, to] of files.filter(([from]) => !/package\.json|prune/.test(from))) {
    const target = join(image, to.endsWith('/') ? join(to, from.split('/').at(-1) ?? '') : to);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, from), target, { recursive: true, filter: (path) => !path.endsWith('node_modules') });
  }
  writeFileSync(join(image, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(image, 'node_modules'));
  return image;
}
