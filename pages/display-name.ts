// Makes text that a stranger chose (an app's name, its host) safe to show in a sentence of ours; escaping happens in the templates.

const longestName = 80;
// The longest name that DNS allows, with room for a scheme and a port.
const longestHost = 280;

/** What an app calls itself, on one line of at most 80 characters; undefined where nothing of it can be seen. */
export function displayName(name: string): string | undefined {
  const visible = stripInvisible(name);
  if (!/[^\s\u2800\p{Default_Ignorable_Code_Point}\p{M}]/u.test(visible)) {
    return undefined;
  }
  return shorten(visible, longestName);
}

/** A host is never cut at its end: the last labels are the ones that say whose it is. */
export function displayHost(host: string): string {
  const characters = [...stripInvisible(host)];
  return characters.length <= longestHost
    ? characters.join('')
    : `…${characters.slice(1 - longestHost).join('')}`;
}

/**
 * Drops control, bidi-override and other format characters, private and unassigned code points and lone
 * surrogates. The two joiners stay: Persian, Indic scripts and emoji need them. Stacks of combining marks
 * are flattened, since they paint over the lines around them (the redirect host, for one).
 */
function stripInvisible(text: string): string {
  return text
    .slice(0, 2000)
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(/(?![\u200C\u200D])\p{C}/gu, '')
    .replace(/(\p{M}{4})\p{M}+/gu, '$1')
    .replace(/ +/g, ' ')
    .trim();
}

function shorten(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most
    ? text
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
}
