// How large and how deep JSON of strangers may be: it is stored, and the library copies it by recursion.

// Metadata with keys and their certificates has five levels.
const mostLevels = 16;

export function isTooDeep(value: unknown, levels = mostLevels): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

/**
 * What is wrong with it, in words for its maker; undefined when nothing is. What was read in few bytes may be stored in
 * more: numbers, and what the library adds.
 */
export function findSizeFault(value: unknown, mostBytes: number): string | undefined {
  if (isTooDeep(value)) return 'the metadata is nested too deep';
  return Buffer.byteLength(JSON.stringify(value)) > mostBytes ? 'the metadata is too large' : undefined;
}
