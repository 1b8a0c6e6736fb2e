// What is known of a note beside its text, in so much room: of what is too long the first is shown, and how much there is.
import { copyText, countJson, findCut, takeFirst } from './size.ts';

type Fields = Record<string, unknown>;

/** What is shown, and a sentence for each thing that is shown in part. */
export interface Bounded<Value> {
  value: Value;
  warnings: string[];
}

export function boundList(name: string, all: readonly string[], most: number): Bounded<string[]> {
  const first = takeFirst(all, most);
  const isCut = first.length < all.length;
  const warning = `Only the first ${first.length} of ${all.length} ${name} are named.`;
  return { value: [...first], warnings: isCut ? [warning] : [] };
}

/** Of the fields, in their order, the short ones whole; the first that is too long is cut, what is longer left out. */
export function boundFrontMatter(fields: Fields, most: number): Bounded<Fields> {
  if (countJson(fields, most) <= most) return { value: fields, warnings: [] };
  const lengths = Object.entries(fields).map(([name, value]) => ({
    name,
    length: countJson({ [name]: value }),
  }));
  const shown = new Map<string, unknown>();
  let left = most - 2;
  for (const { name, length } of lengths.toSorted((one, other) => one.length - other.length)) {
    const whole = fields[name];
    const part = length <= left ? whole : cutValue(whole, left - countJson({ [name]: '' }));
    left -= length;
    if (part !== undefined) shown.set(name, part);
    if (left <= 0) break;
  }
  const names = Object.keys(fields);
  const cut = names.filter((name) => shown.get(name) !== fields[name]);
  // From entries and not by assignment: a field may be called __proto__.
  const kept = names.filter((name) => shown.has(name)).map((name) => [name, shown.get(name)]);
  return { value: Object.fromEntries(kept), warnings: [describeCut(cut)] };
}

function describeCut(names: readonly string[]): string {
  const first = takeFirst(names, 500).map((name) => JSON.stringify(name));
  const more = names.length - first.length;
  const named = [...first, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return `The front matter is too long to be shown whole: cut or left out are ${named}.`;
}

function cutValue(value: unknown, most: number): unknown {
  if (typeof value === 'string') {
    const end = findCut(value, 0, most - 1);
    return end > 0 && most > 1 ? `${copyText(value.slice(0, end))}…` : undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const first = takeFirst(value, most);
  return first.length > 0 ? first : undefined;
}
