// PDFs read by a program of their own: their text in any script, and what no file may do to the process that asks.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import t, { type Test } from 'tap';
import type { PdfAnswer } from '../../../../../api/vault/documents/pdf/answers.ts';
import { PdfReader } from '../../../../../api/vault/documents/pdf/reader.ts';
import {
  cjkFont,
  deflated,
  helvetica,
  showBytes,
  showLines,
  writePages,
  writePdf,
  writeTextPdf,
} from '../../../../support/pdf-file.ts';
import { until } from '../../../../support/until.ts';

interface World {
  root: string;
  reader: PdfReader;
  read(file: Buffer): Promise<PdfAnswer>;
}

async function createWorld(t: Test): Promise<World> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'pdf-test-')));
  const reader = new PdfReader();
  t.teardown(async () => {
    reader.end();
    await rm(root, { recursive: true });
  });
  let number = 0;
  return {
    root,
    reader,
    read: async (file) => {
      number += 1;
      const path = join(root, `${number}.pdf`);
      await writeFile(path, file);
      return reader.read({ root, path });
    },
  };
}

const textOf = (answer: PdfAnswer): string => (answer.kind === 'text' ? answer.text : answer.why);
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const hex = (bytes: string): Buffer => Buffer.from(bytes, 'hex');

t.test('a PDF gives the text of each page below a mark of its number', async (t) => {
  const { read } = await createWorld(t);
  t.same(await read(writeTextPdf('A walrus (small)', 'Second page')), {
    kind: 'text',
    text: '[page 1]\nA walrus (small)\n\n[page 2]\nSecond page',
    pages: 2,
    readPages: 2,
  });
  const lines = await read(writePages([showLines('first line', 'second line')], helvetica));
  t.equal(textOf(lines), '[page 1]\nfirst line\nsecond line');
  t.equal(textOf(await read(writePages([''], helvetica))), '[page 1]\n', 'a page without text');
});

t.test('Korean, Japanese and Chinese are read without a font or a word of Unicode in the file', async (t) => {
  const { read } = await createWorld(t);
  const cases: ReadonlyArray<readonly [font: string, bytes: Buffer, text: string]> = [
    [cjkFont('UniKS-UCS2-H', 'Korea1', 1), utf16('회의록 인증 서버'), '회의록 인증 서버'],
    [cjkFont('KSCms-UHC-H', 'Korea1', 1), hex('c8b8c0c7b7cf'), '회의록'],
    [cjkFont('90ms-RKSJ-H', 'Japan1', 2), hex('93fa967b8cea'), '日本語'],
    [cjkFont('GBK-EUC-H', 'GB1', 2), hex('d6d0cec4'), '中文'],
    [cjkFont('ETen-B5-H', 'CNS1', 0), hex('a4a4a4e5'), '中文'],
  ];
  for (const [font, bytes, text] of cases) {
    t.equal(textOf(await read(writePages([showBytes(bytes)], font))), `[page 1]\n${text}`);
  }
});

/** The numbers of the programs that read PDFs for this process. */
const listPrograms = async (): Promise<string[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)]);
  const lines = stdout.split('\n').filter((line) => line.includes('pdf/program.ts'));
  return lines.map((line) => line.trim().split(' ')[0] ?? '');
};

t.test('one program reads them all, and ends with its reader', async (t) => {
  const { read, reader } = await createWorld(t);
  t.same(await listPrograms(), []);
  await read(writeTextPdf('one'));
  await read(writeTextPdf('two'));
  t.equal((await listPrograms()).length, 1);
  reader.end();
  await until(async () => (await listPrograms()).length === 0, 'its end');
  t.equal(textOf(await read(writeTextPdf('three'))), '[page 1]\nthree', 'started again when it is needed');
  const [program] = await listPrograms();
  process.kill(Number(program), 'SIGKILL');
  t.equal(textOf(await read(writeTextPdf('four'))), '[page 1]\nfour', 'also when somebody ended it');
});

t.test('what is no PDF, locked, cut off or gone is told apart, and the next one is read', async (t) => {
  const { read, reader, root } = await createWorld(t);
  const whole = writeTextPdf('whole');
  const locked = writePdf(
    [
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [] /Count 0 >>',
      `<< /Filter /Standard /V 1 /R 2 /O <${'41'.repeat(32)}> /U <${'42'.repeat(32)}> /P -4 >>`,
    ],
    `/Encrypt 3 0 R /ID [<${'43'.repeat(16)}> <${'43'.repeat(16)}>]`,
  );
  t.same(await read(locked), { kind: 'failed', why: 'password' });
  t.same(await read(Buffer.from('just text')), { kind: 'failed', why: 'damaged' });
  t.same(await read(Buffer.alloc(0)), { kind: 'failed', why: 'damaged' });
  t.same(await read(whole.subarray(0, 300)), { kind: 'failed', why: 'damaged' });
  t.equal(textOf(await read(whole.subarray(0, -20))), '[page 1]\nwhole', 'without its table of objects');
  t.same(await reader.read({ root, path: join(root, 'nowhere.pdf') }), { kind: 'failed', why: 'gone' });
  await symlink('1.pdf', join(root, 'link.pdf'));
  t.same(await reader.read({ root, path: join(root, 'link.pdf') }), { kind: 'failed', why: 'gone' });
  t.same(await reader.read({ root: join(root, 'elsewhere'), path: join(root, '1.pdf') }), {
    kind: 'failed',
    why: 'gone',
  });
  t.equal(textOf(await read(whole)), '[page 1]\nwhole');
});

/** What is of one process alone; 0 where that can't be told. */
const readMemory = (pid: string): number => {
  try {
    return 1024 * Number(/^RssAnon:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
};

/** `unit` again and again, compressed. */
const bomb = (unit: string, megabytes: number): Buffer =>
  deflateSync(Buffer.alloc(megabytes * 1024 * 1024, unit));
const catalog = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [4 0 R] /Count 1 >>', helvetica];
const page = (more: string): string =>
  `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> /XObject << /X1 6 0 R >> >> ${more} >>`;
const contents = '/Contents 5 0 R';
const stream = (content: Buffer, more = ''): { dictionary: string; stream: Buffer } => ({
  dictionary: `/Filter /FlateDecode ${more}`,
  stream: content,
});

t.test(
  'no PDF ends the process that asks, holds it up or takes its memory',
  { timeout: 300_000 },
  async (t) => {
    const { read } = await createWorld(t);
    const deep = (open: string, close: string): string => open.repeat(200_000) + close.repeat(200_000);
    const hostile: Record<string, Buffer> = {
      'text that unfolds to 200 MB': writePdf([
        ...catalog,
        page(contents),
        stream(bomb(`(${'a'.repeat(98)}) Tj `, 200)),
      ]),
      'blanks that unfold to 300 MB': writePdf([...catalog, page(contents), stream(bomb(' ', 300))]),
      'an array that unfolds to 150 MB': writePdf([...catalog, page(contents), stream(bomb('[', 150))]),
      'a form that shows itself': writePdf([
        ...catalog,
        page(contents),
        deflated('/X1 Do'),
        deflated(
          '/X1 Do /X1 Do',
          '/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X1 6 0 R >> >>',
        ),
      ]),
      'arrays in arrays': writePdf([
        ...catalog,
        page(`${contents} /A ${deep('[', ']')}`),
        deflated(showLines('x')),
      ]),
      'dictionaries in dictionaries': writePdf([
        ...catalog,
        page(`${contents} /A ${deep('<</A ', '>>')}`),
        deflated(''),
      ]),
      'brackets in its text': writePdf([...catalog, page(contents), deflated(deep('[', ''))]),
      'pages that are their own parents': writePdf([
        catalog[0] ?? '',
        '<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 /Parent 2 0 R >>',
      ]),
      'a thousand million pages': writePdf([
        catalog[0] ?? '',
        '<< /Type /Pages /Kids [] /Count 1000000000 >>',
      ]),
      'a CMap of everything': writePdf([
        ...catalog.slice(0, 2),
        '<< /Type /Font /Subtype /Type0 /BaseFont /N /Encoding /Identity-H /ToUnicode 6 0 R /DescendantFonts [ << /Type /Font /Subtype /CIDFontType2 /BaseFont /N /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >> ] >>',
        page(contents),
        deflated('BT /F1 12 Tf <0001> Tj ET'),
        deflated(
          `begincmap 1 begincodespacerange <00000000> <ffffffff> endcodespacerange ${'1 beginbfrange <00000000> <00ffffff> <0041> endbfrange '.repeat(50)} endcmap`,
        ),
      ]),
      'an image of 4 GB': writePdf([
        ...catalog,
        page(contents),
        deflated(`${showLines('beside it')} q /X1 Do Q`),
        stream(
          bomb('\0', 50),
          '/Type /XObject /Subtype /Image /Width 40000 /Height 40000 /BitsPerComponent 8 /ColorSpace /DeviceRGB',
        ),
      ]),
    };
    const rssBefore = process.memoryUsage.rss();
    let mostRss = 0;
    let mostOfProgram = 0;
    let programs: string[] = [];
    let longestPause = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longestPause = Math.max(longestPause, performance.now() - last);
      last = performance.now();
      mostRss = Math.max(mostRss, process.memoryUsage.rss());
      mostOfProgram = Math.max(mostOfProgram, ...programs.map(readMemory));
    }, 20);
    for (const [name, file] of Object.entries(hostile)) {
      await read(writeTextPdf('whole'));
      programs = await listPrograms();
      const startedAt = performance.now();
      const answer = await read(file);
      t.comment(`${name}: ${textOf(answer).slice(0, 40)}, ${Math.round(performance.now() - startedAt)} ms`);
      t.not(textOf(answer), 'ended', name);
      t.equal(textOf(await read(writeTextPdf('whole'))), '[page 1]\nwhole', `after ${name}`);
    }
    clearInterval(timer);
    t.ok(mostRss < rssBefore + 32 * 1024 * 1024, `${mostRss - rssBefore} bytes more`);
    t.ok(mostOfProgram < 192 * 1024 * 1024, `${mostOfProgram} bytes of the program`);
    t.comment(`the longest pause here: ${Math.round(longestPause)} ms`);
  },
);

t.test('what takes too long is given as far as it was read, or given up', { timeout: 120_000 }, async (t) => {
  const { root } = await createWorld(t);
  const read = async (file: Buffer, longestMs: number): Promise<PdfAnswer> => {
    const reader = new PdfReader(longestMs);
    const path = join(root, 'slow.pdf');
    // Started and warm, so that the time is the file's own.
    await writeFile(path, writeTextPdf('x'));
    await reader.read({ root, path });
    await writeFile(path, file);
    const answer = await reader.read({ root, path });
    reader.end();
    return answer;
  };
  // Long enough that a busy machine comes to the first page as well.
  const many = writeTextPdf(...Array.from({ length: 10_000 }, (_, index) => `Text of page ${index}`));
  const answer = await read(many, 5000);
  t.match(answer, { kind: 'text', text: /^\[page 1\]\nText of page 0\n/, pages: 10_000 });
  t.ok(answer.kind === 'text' && answer.readPages < 10_000);
  const idle = writePdf([...catalog, page(contents), stream(bomb('q Q ', 12))]);
  t.same(await read(idle, 200), { kind: 'failed', why: 'time' });
});
