// What stands in quotes in an expression of a base: a filter or a formula.

export interface Literal {
  text: string;
  /** In the expression, behind the quote. */
  start: number;
  /** It names a note: it is all of what `link`, `file` or `hasLink` is asked for first. */
  isName: boolean;
}

const string = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/suy;
/** Where a value may begin, and nowhere else: it may hold quotes. */
const pattern = /\/(?:[^/\\\n]|\\.)+\/[a-z]*/uy;
const word = /[\p{L}_$][\p{L}\p{N}_$.]*|\d[\d.]*/uy;
const spaces = /\s*/uy;

/** Characters: a quote that nothing closes is looked for again and again. */
const longestExpression = 10_000;

/** In order, none of an expression that is too long. One with an escape in it is left out: what it says is not what is written. */
export function listLiterals(expression: string): Literal[] {
  const literals: Literal[] = [];
  /** The last three tokens, the last one first. */
  let before: [string, string, string] = ['', '', ''];
  const length = expression.length > longestExpression ? 0 : expression.length;
  for (let at = 0; at < length; ) {
    at += read(spaces, expression, at).length;
    const token = readToken(expression, at, before[0]);
    if (/^["']./s.test(token) && !token.includes('\\')) {
      const isName = isNaming(before) && /^\s*[,)]/.test(expression.slice(at + token.length));
      literals.push({ text: token.slice(1, -1), start: at + 1, isName });
    }
    at += Math.max(token.length, 1);
    before = [token, before[0], before[1]];
  }
  return literals;
}

function readToken(expression: string, at: number, last: string): string {
  const patterns = isEndOfValue(last) ? [string, word] : [string, pattern, word];
  const found = patterns.map((one) => read(one, expression, at)).find((token) => token !== '');
  return found ?? expression.charAt(at);
}

function read(sticky: RegExp, expression: string, at: number): string {
  sticky.lastIndex = at;
  return sticky.exec(expression)?.[0] ?? '';
}

/** What follows is a sign: a slash divides. */
const isEndOfValue = (token: string): boolean => /[\p{L}\p{N}_$)\]"']$/u.test(token);

function isNaming([bracket, name, dot]: readonly [string, string, string]): boolean {
  const takesName = /(?:^|\.)hasLink$/.test(name) || (/^(?:link|file)$/.test(name) && dot !== '.');
  return bracket === '(' && takesName;
}
