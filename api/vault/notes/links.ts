// Which note a link means, by Obsidian's rules: the end of a path is enough, and the nearest note wins.
import { foldName, withoutExtension } from './name.ts';

export interface NamedNote {
  id: string;
}

/**
 * The note that `target` (folded, without extension) means in the note `from`, among those of that name: an exact
 * path first, then one in the same folder, then the one with the shortest path. Undefined where none fits.
 */
export function findLinked(from: string, target: string, named: NamedNote[]): string | undefined {
  const folder = folderOf(from);
  const fitting = named.filter(({ id }) => fits(keyOf(id), target));
  const ranked = fitting
    .map(({ id }) => ({ id, far: distance(id, target, folder) }))
    .sort((a, b) => a.far - b.far || a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
  return ranked[0]?.id;
}

export function isLinkTo(id: string, from: string, target: string, named: NamedNote[]): boolean {
  return findLinked(from, target, named) === id;
}

function distance(id: string, target: string, folder: string): number {
  if (keyOf(id) === target) {
    return 0;
  }
  return folderOf(id) === folder ? 1 : 2;
}

function fits(key: string, target: string): boolean {
  return target.startsWith('/') ? key === target.slice(1) : key === target || key.endsWith(`/${target}`);
}

function keyOf(id: string): string {
  return withoutExtension(foldName(id));
}

function folderOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('/')));
}
