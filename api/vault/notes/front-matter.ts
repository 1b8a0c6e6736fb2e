// The YAML block at the top of a note, read with bounds: no note can make its reader slow, large or circular.
import { parseSimpleYaml } from './simple-yaml.ts';
import { BadYaml, parseYaml, toPlainValue } from './yaml-document.ts';

export interface FrontMatter {
  /** Plain JSON values; empty where there is no front matter or it can't be read. */
  fields: Record<string, unknown>;
  /** Where the note's text starts: after the block, or at 0 where there is none or it stays part of the text. */
  textStart: number;
  warning?: string;
}

const block = /^\ufeff?---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)??(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;
/** Characters. Front matter of real notes is under 2 KB; YAML costs about 100 µs a kilobyte. */
const longestSource = 64 * 1024;
/** Characters of JSON: bounds what aliases may unfold to. */
const longestValue = 256 * 1024;

/** Where the YAML of a note stands: between the line that opens the block and the end of its own last line. */
export interface FrontMatterBlock {
  source: string;
  sourceStart: number;
  /** After the block. */
  textStart: number;
}

export function findFrontMatterBlock(note: string): FrontMatterBlock | undefined {
  const found = /^\ufeff?---[ \t]*\r?\n/.test(note) ? block.exec(note) : null;
  return found === null
    ? undefined
    : { source: found[1] ?? '', sourceStart: found[0].indexOf('\n') + 1, textStart: found[0].length };
}

export function parseFrontMatter(note: string): FrontMatter {
  const found = findFrontMatterBlock(note);
  if (found === undefined) {
    return { fields: {}, textStart: note.startsWith('\ufeff') ? 1 : 0 };
  }
  try {
    return { fields: parseFields(found.source), textStart: found.textStart };
  } catch (error) {
    const why = error instanceof BadYaml ? error.message : 'it is not valid YAML';
    return { fields: {}, textStart: 0, warning: `The front matter is shown as text: ${why}.` };
  }
}

function parseFields(source: string): Record<string, unknown> {
  if (source.length > longestSource) {
    throw new BadYaml(`it is longer than ${longestSource} characters`);
  }
  const simple = parseSimpleYaml(source.replaceAll('\r\n', '\n'));
  if (simple !== undefined) {
    return simple;
  }
  // Through JSON: a circular value throws, NaN becomes null.
  const json = JSON.stringify(toPlainValue(parseYaml(source)) ?? {});
  if (json.length > longestValue) {
    throw new BadYaml('it unfolds to too much');
  }
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadYaml('it is not a list of fields');
  }
  return value as Record<string, unknown>;
}
