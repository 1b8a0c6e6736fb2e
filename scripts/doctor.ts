// npm run doctor: looks for what makes a connector fail, in the order in which a client meets it.
// Needs nothing but Node and pages/: loop-api's image has it too.
import { parseArgs } from 'node:util';
import { examine } from './doctor/examination.ts';
import { createPrinting } from './doctor/printing.ts';
import type { Line, World } from './doctor/world.ts';
import { terminalLanguage, terminalWords } from './operator/terminal.ts';

const { text: say } = terminalWords(process.env);
// What loop-auth's database makes beside itself is for this user only, as ever.
process.umask(0o077);

const { url, json: isJson } = readArguments();
const endings: World['endings'] = [];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(2));

try {
  const printing = createPrinting(terminalLanguage(process.env));
  const lines: Line[] = [];
  const onLine = (line: Line): void => {
    lines.push(line);
    if (!isJson) console.log(printing.toText(line));
  };
  const subject = await examine({ environment: process.env, url, onLine, endings });
  const first = lines.find(({ finding }) => finding.state === 'failure');
  const summary = printing.summary(lines, subject?.resource ?? '');
  if (isJson) {
    const told = {
      ok: first === undefined,
      first: first?.check ?? null,
      summary,
      lines: lines.map(printing.toJson),
    };
    console.log(JSON.stringify(told, undefined, 2));
  } else console.log(`\n${summary}`);
  await end(first ? 1 : 0);
} catch (error) {
  console.error(say('doctor.summary.failed', { message: (error as Error).message }));
  await end(2);
}

/** Whatever was made goes, whether all went well or not. */
async function end(code: number): Promise<never> {
  for (const ending of endings.splice(0)) await ending().catch(() => {});
  process.exit(code);
}

function readArguments(): { url?: string; json?: boolean } {
  try {
    const options = {
      url: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    } as const;
    const { values } = parseArgs({ options, allowPositionals: false });
    if (values.help) throw new TypeError('--help');
    const isAddress = values.url === undefined || /^https?:\/\/[^\s?#@]+$/.test(values.url);
    if (isAddress && (values.url === undefined || URL.canParse(values.url))) return values;
    console.error(say('doctor.summary.url'));
  } catch (error) {
    const argument = /'([^']*)'/.exec((error as Error).message)?.[1] ?? (error as Error).message;
    console.error(say('doctor.summary.arguments', { argument }));
  }
  return process.exit(2);
}
