// What strangers wrote, as a terminal may get it.

/** Control and direction characters, which would move the cursor, are shown as �; `most` characters of it. */
export function printable(text: string, most = Number.POSITIVE_INFINITY): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '�').slice(0, most);
}
