// Unicode's normal forms, in a time that grows with the text and no faster. Nothing else in the vault calls normalize.

/** UAX #15, section 13 (Stream-Safe Text Format): no language has more marks on one letter. */
const mostMarks = 30;
// Every character that normalization moves among its neighbours: the marks, and two letters that NFKC makes marks of.
const mark = /[\p{M}\uff9e\uff9f]/u;
const runs = /[\p{M}\uff9e\uff9f]+/gu;

/** `text` in a normal form; of a run of more than 30 marks the first 30 are kept. */
export function normalizeText(text: string, form: 'NFC' | 'NFD' | 'NFKC'): string {
  // The marks of a run are put in order by insertion, in a call that nothing can end: 80,000 of them took 2 s, and a
  // note of 5 MB would have taken hours.
  const bounded = hasLongRun(text) ? text.replace(runs, keepFirstMarks) : text;
  return bounded.normalize(form);
}

// A run of more than 30 characters can't pass between two places that are 31 units apart.
function hasLongRun(text: string): boolean {
  for (let at = mostMarks; at < text.length; at += mostMarks + 1) {
    if (isMark(text, at) && runAround(text, at) > mostMarks) {
      return true;
    }
  }
  return false;
}

function isMark(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  const isSecondHalf = unit >= 0xdc00 && unit <= 0xdfff;
  return unit >= 0x300 && mark.test(String.fromCodePoint(text.codePointAt(isSecondHalf ? at - 1 : at) ?? 0));
}

/** UTF-16 units of marks around `at`, as far as they matter. */
function runAround(text: string, at: number): number {
  let start = at;
  let end = at + 1;
  while (start > 0 && at - start <= mostMarks && isMark(text, start - 1)) {
    start -= 1;
  }
  while (end < text.length && end - at <= mostMarks && isMark(text, end)) {
    end += 1;
  }
  return end - start;
}

function keepFirstMarks(run: string): string {
  return run.length <= mostMarks
    ? run
    : Array.from(run.slice(0, 2 * mostMarks))
        .slice(0, mostMarks)
        .join('');
}
