// A thread of the program that reads PDFs (program.ts): takes the text out of one after the other. Whatever goes wrong
// in it, in time, memory or code, ends that program and nothing else.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { isOpenedInside } from '../../notes/opened-path.ts';
import { longestPdfText, type PdfAnswer, type PdfOrder } from './answers.ts';
import { measureMemory, mostMemory, toMs } from './limits.ts';

/** Bytes. Only the parts of a file are read that have to do with its text. */
const largestPdf = 256 * 1024 * 1024;
const chunkBytes = 64 * 1024;
/** Bytes of one stream as it unfolds; pdf.js doubles its room as often as it is full. */
const largestStream = 32 * 1024 * 1024;
/** One after the other that can't be read: what follows is no better. */
const mostBadPages = 20;
/** Bytes. What is read until then is given; what comes to mostMemory ends the program. */
const enoughMemory = 0.93 * mostMemory;
/** Collecting takes some 30 ms. */
const collectionMs = 1000;

// Of this thread alone (setpriority(2)): nobody waits for it, and what keeps its time and memory must not.
setPriority(10);

/** Bytes of the file that is read: pdf.js makes room for all of it, and fills what it asks for. */
let fileBytes = 0;
guardStreams();

type PdfJs = typeof import('pdfjs-dist');
type PdfDocument = Awaited<ReturnType<PdfJs['getDocument']>['promise']>;
interface TextChunk {
  items: Array<{ str: string; hasEOL: boolean } | { type: string }>;
}
interface TextReader {
  read(): Promise<{ done: false; value: TextChunk } | { done: true; value: undefined }>;
  cancel(why: Error): Promise<void>;
}

const requirePackage = createRequire(import.meta.url);
const { getDocument, GlobalWorkerOptions, PDFDataRangeTransport, VerbosityLevel } = loadPdfJs();

function loadPdfJs(): PdfJs {
  // Where it is installed, pdf.js loads a canvas of 30 MB, which only drawing needs.
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier.startsWith('@napi-rs/')) {
        throw new Error('nothing is drawn here');
      }
      return next(specifier, context);
    },
  });
  // Made while pdf.js is loaded, and used when something is drawn.
  Object.assign(globalThis, { DOMMatrix: class {}, Path2D: class {} });
  return requirePackage('pdfjs-dist/legacy/build/pdf.min.mjs') as PdfJs;
}

// A stream that unfolds to much would have taken it before anybody could measure: what makes room for bytes refuses.
function guardStreams(): void {
  const guarded: Uint8ArrayConstructor = new Proxy(Uint8Array, {
    construct: (target, values: unknown[], called): object => {
      const [length] = values;
      if (typeof length === 'number' && length > largestStream && length !== fileBytes) {
        throw new RangeError('A stream of the PDF is too large');
      }
      return Reflect.construct(target, values, called === guarded ? target : called);
    },
  });
  globalThis.Uint8Array = guarded;
}

GlobalWorkerOptions.workerSrc = pathToFileURL(
  requirePackage.resolve('pdfjs-dist/legacy/build/pdf.worker.min.mjs'),
).href;
const cMapUrl = join(dirname(requirePackage.resolve('pdfjs-dist/package.json')), 'cmaps/');

/** Gives pdf.js the parts of a file that it asks for. */
class FileParts extends PDFDataRangeTransport {
  readonly #file: number;

  constructor(file: number, length: number) {
    super(length, null);
    this.#file = file;
  }

  override requestDataRange(begin: number, end: number): void {
    const bytes = new Uint8Array(end - begin);
    this.onDataRange(begin, bytes.subarray(0, readSync(this.#file, bytes, 0, bytes.length, begin)));
  }
}

parentPort?.on('message', (order: PdfOrder) => {
  void answer(order).then((told) => parentPort?.postMessage(told));
});

async function answer({ root, path, longestMs }: PdfOrder): Promise<PdfAnswer> {
  const file = open(root, path);
  if (file === undefined) {
    return { kind: 'failed', why: 'gone' };
  }
  try {
    const { size } = fstatSync(file);
    fileBytes = size;
    return size > largestPdf ? { kind: 'failed', why: 'large' } : await readPdf(file, size, longestMs);
  } catch (error) {
    const isLocked = error instanceof Error && error.name === 'PasswordException';
    return { kind: 'failed', why: isLocked ? 'password' : 'damaged' };
  } finally {
    closeSync(file);
  }
}

function open(root: string, path: string): number | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(file).isFile() && isOpenedInside(root, path, file)) {
      return file;
    }
    closeSync(file);
  } catch {
    // it is gone, or not ours to read any more
  }
  return undefined;
}

async function readPdf(file: number, size: number, longestMs: number): Promise<PdfAnswer> {
  const until = toMs(process.threadCpuUsage()) + longestMs;
  const loading = getDocument({
    range: new FileParts(file, size),
    rangeChunkSize: chunkBytes,
    disableAutoFetch: true,
    disableStream: true,
    cMapUrl,
    cMapPacked: true,
    useSystemFonts: false,
    verbosity: VerbosityLevel.ERRORS,
  });
  try {
    const document = await loading.promise;
    return await readPages(document, () => toMs(process.threadCpuUsage()) > until || isMemoryUsed());
  } finally {
    await loading.destroy();
  }
}

let collectedAt = 0;

// What nobody holds any more is not given back before it has to be.
function isMemoryUsed(): boolean {
  if (measureMemory() <= enoughMemory) {
    return false;
  }
  if (performance.now() > collectedAt + collectionMs) {
    globalThis.gc?.();
    collectedAt = performance.now();
  }
  return measureMemory() > enoughMemory;
}

async function readPages(document: PdfDocument, isOver: () => boolean): Promise<PdfAnswer> {
  const pages = document.numPages;
  const texts: string[] = [];
  let length = 0;
  let badPages = 0;
  while (texts.length < pages && badPages < mostBadPages && length < longestPdfText && !isOver()) {
    const number = texts.length + 1;
    const text = await readPage(document, number, { most: longestPdfText - length, isOver });
    badPages = text === undefined ? badPages + 1 : 0;
    length += text?.length ?? 0;
    texts.push(`[page ${number}]\n${text ?? ''}`);
  }
  const readable = texts.length - badPages;
  return readable === 0
    ? { kind: 'failed', why: 'damaged' }
    : { kind: 'text', text: texts.slice(0, readable).join('\n\n'), pages, readPages: readable };
}

interface Bounds {
  /** Characters. */
  most: number;
  isOver: () => boolean;
}

async function readPage(document: PdfDocument, number: number, bounds: Bounds): Promise<string | undefined> {
  try {
    const page = await document.getPage(number);
    const text = await takeText(page.streamTextContent().getReader(), bounds);
    page.cleanup();
    return text;
  } catch {
    return undefined;
  }
}

async function takeText(reader: TextReader, { most, isOver }: Bounds): Promise<string> {
  let text = '';
  let chunk = await reader.read();
  while (!chunk.done && text.length < most && !isOver()) {
    text += chunk.value.items.map(textOf).join('');
    chunk = await reader.read();
  }
  reader.cancel(new Error('enough')).catch(() => undefined);
  return clean(text.slice(0, most));
}

function textOf(item: TextChunk['items'][number]): string {
  return 'str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '';
}

// Fonts without a word for what their signs mean give control characters.
function clean(text: string): string {
  return text
    .replace(/(?![\n\t])\p{Cc}/gu, '')
    .toWellFormed()
    .trim();
}
