// The doctor's lines for a person, in the language of the terminal, and as JSON for a program.
import type { Language } from '../../pages/language.ts';
import { createWords, type WordKey, type Words } from '../../pages/words.ts';
import { printable } from '../operator/printable.ts';
import { causes, checks } from './causes.ts';
import type { Finding, Found, Skipped } from './findings.ts';
import type { Line } from './world.ts';

/** Of what another program says. */
const longestAnswer = 300;

const signs: Readonly<Record<Finding['state'], string>> = {
  ok: '✓',
  warning: '!',
  failure: '✗',
  skipped: '-',
};

const reasons = {
  after: 'doctor.skipped.after',
  elsewhere: 'doctor.skipped.elsewhere',
  sse: 'doctor.skipped.sse',
  time: 'doctor.skipped.time',
} as const satisfies Readonly<Record<Skipped['why'], WordKey>>;

/** A line as `--json` has it; `says` and `mend` are words of a language, all else is not. */
interface PrintedLine {
  readonly check: string;
  readonly state: Finding['state'];
  readonly cause?: string;
  readonly says: string;
  readonly mend?: string;
}

export interface Printing {
  readonly toJson: (line: Line) => PrintedLine;
  readonly toText: (line: Line) => string;
  readonly summary: (lines: readonly Line[], resource: string) => string;
}

export function createPrinting(language: Language): Printing {
  const words = createWords({ language, zone: 'UTC' });
  const toJson = ({ check, finding }: Line): PrintedLine => {
    if (finding.state === 'ok') return { check, state: 'ok', says: printable(finding.detail, longestAnswer) };
    if (finding.state === 'skipped') return { check, state: 'skipped', says: sayWhy(words, finding) };
    return { check, state: finding.state, cause: finding.cause, ...sayFound(words, finding) };
  };
  return {
    toJson,
    toText: (line) => {
      const { state, says, mend } = toJson(line);
      const name = words.text(checks[line.check]);
      const head = `${signs[state]} ${name}${says && state === 'ok' ? ` (${says})` : ''}`;
      const rest = [state === 'ok' ? undefined : says, mend && `→ ${mend}`].filter((one) => one);
      return [head, ...rest.map((one) => `    ${one}`)].join('\n');
    },
    summary: (lines, resource) => {
      const first = lines.find(({ finding }) => finding.state === 'failure');
      if (first) return words.text('doctor.summary.broken', { check: words.text(checks[first.check]) });
      const count = lines.filter(({ finding }) => finding.state === 'warning').length;
      if (count > 0) return words.text('doctor.summary.warnings', { count: String(count), resource });
      return words.text('doctor.summary.fine', { resource });
    },
  };
}

function sayFound(words: Words, { cause, values, told }: Found): { says: string; mend: string } {
  const said = Object.entries(told).map(([name, key]) => [name, words.text(key)]);
  const shown = Object.entries(values).map(([name, value]) => [
    name,
    printable(String(value), longestAnswer),
  ]);
  const all = Object.fromEntries([...shown, ...said]) as Record<string, string>;
  return { says: words.text(causes[cause].says, all), mend: words.text(causes[cause].mend, all) };
}

function sayWhy(words: Words, { why, after }: Skipped): string {
  return words.text(reasons[why], after ? { check: words.text(checks[after]) } : {});
}
