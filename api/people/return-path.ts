// Where a person is brought after signing in: a page of ours and nothing else.

const homePath = '/vault';

/** Characters; it is kept in a cookie. A longer one is left to be opened again by the link that led there. */
const longest = 1_500;

/** `wanted` where it is the path and query of a page that needs a sign-in, else the page of the vault. */
export function readReturnPath(wanted: string | null): string {
  if (wanted === null || wanted.length > longest) return homePath;
  const isOurs = /^\/(?:notes\/|vault(?:[/?]|$))[\x21-\x5b\x5d-\x7e]*$/.test(wanted);
  return isOurs && !wanted.includes('#') ? wanted : homePath;
}
