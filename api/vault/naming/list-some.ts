// Names in a sentence for a caller: as many as help, and how many there are besides.

const mostNamed = 20;
/** Characters of all of them. */
const longestNamed = 4_000;

/** `"a", "b" and 7 more`, where there are `count` of which `names` are the first. */
export function listSome(names: readonly string[], count = names.length): string {
  const some: string[] = [];
  let length = 0;
  for (const name of names.slice(0, mostNamed)) {
    length += name.length;
    if (length > longestNamed) break;
    some.push(JSON.stringify(name));
  }
  const more = count - some.length;
  return some.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
