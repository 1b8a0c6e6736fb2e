// Time as every table keeps it.

/** Whole seconds since 1970, as the library counts too (NumericDate, RFC 7519 section 2). */
export function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
