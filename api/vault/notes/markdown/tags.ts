// Tags as Obsidian reads them (its help, "Tags", and what its own index says of such notes).

/** Letters, digits, emoji, `_`, `-` and `/`, which nests. */
const tagText =
  /(?:[\u200d\p{L}\p{M}\p{N}\p{Extended_Pictographic}\p{RI}_/-]|[\u{1f3fb}-\u{1f3ff}]|[\u{e0020}-\u{e007f}])+/uy;
const shows = /[\p{L}\p{N}\p{Extended_Pictographic}\p{RI}]/u;
const notNumber = /\P{Nd}/u;
/** What may stand before one: a sign of punctuation may not, but for the one that is a letter of tags itself. */
const mayPrecede = /[\s_]/;

/**
 * The tag whose `#` stands at `at`, without it, and where it ends; undefined where that is no tag. `before` is where the
 * last tag ended: `#a#b` are two.
 */
export function readTag(text: string, at: number, before: number): { tag: string; end: number } | undefined {
  const sign = text.charAt(at - 1);
  if (at > 0 && at !== before && !mayPrecede.test(sign)) {
    return undefined;
  }
  tagText.lastIndex = at + 1;
  const [found = ''] = tagText.exec(text) ?? [];
  // Of `_#tag_` the signs around it are emphasis.
  const tag = sign === '_' && at !== before ? withoutEmphasis(found) : found;
  if (!shows.test(tag) || !notNumber.test(tag)) {
    return undefined;
  }
  return { tag, end: at + 1 + found.length };
}

/** Of `project/loop/…`: more levels are more than anybody nests. */
const deepestTag = 10;

/** A tag with those that it is nested in: `project/loop` is found by `project` too. */
export function listTagLevels(tag: string): string[] {
  const parts = tag.split('/', deepestTag);
  const levels = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  return [...new Set([...levels.filter((level) => level !== '' && !level.endsWith('/')), tag])];
}

function withoutEmphasis(tag: string): string {
  let end = tag.length;
  while (tag.endsWith('_', end)) {
    end -= 1;
  }
  return tag.slice(0, end);
}
