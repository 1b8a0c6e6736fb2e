// Reading cookies. Those of ours are plain words (RFC 6265 section 4.1.1): nothing to decode.

/** `header` is the Cookie header of a request. */
export function readCookie(header = '', name: string): string | undefined {
  const pairs = header.split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
