// PDFs written by hand, byte for byte: plain ones, and those that nobody should have made.
import { deflateSync } from 'node:zlib';

type PdfObject = string | { dictionary: string; stream: Buffer };

/** A file of these objects, numbered from 1; the first is the catalog. */
export function writePdf(objects: readonly PdfObject[], trailer = ''): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  const offsets: number[] = [];
  let size = parts[0]?.length ?? 0;
  const add = (part: Buffer): void => {
    parts.push(part);
    size += part.length;
  };
  for (const [index, object] of objects.entries()) {
    offsets.push(size);
    if (typeof object === 'string') {
      add(Buffer.from(`${index + 1} 0 obj\n${object}\nendobj\n`, 'latin1'));
    } else {
      const { dictionary, stream } = object;
      add(
        Buffer.from(`${index + 1} 0 obj\n<< ${dictionary} /Length ${stream.length} >>\nstream\n`, 'latin1'),
      );
      add(stream);
      add(Buffer.from('\nendstream\nendobj\n'));
    }
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size1 = objects.length + 1;
  add(
    Buffer.from(
      `xref\n0 ${size1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size1} /Root 1 0 R ${trailer} >>\nstartxref\n${size}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

export const deflated = (content: Buffer | string, more = ''): PdfObject => ({
  dictionary: `/Filter /FlateDecode ${more}`,
  stream: deflateSync(content),
});

/** A page a string of content, all with the font F1; `objects` come after the pages, from number `firstFree`. */
export function writePages(
  contents: readonly (string | Buffer)[],
  font: string,
  more: readonly PdfObject[] = [],
): Buffer {
  const pageNumber = (index: number): number => 4 + 2 * index;
  const kids = contents.map((_, index) => `${pageNumber(index)} 0 R`).join(' ');
  return writePdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${contents.length} >>`,
    font,
    ...contents.flatMap((content, index) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> /XObject << /X1 ${pageNumber(contents.length)} 0 R >> >> /Contents ${pageNumber(index) + 1} 0 R >>`,
      deflated(content),
    ]),
    ...more,
  ]);
}

export const helvetica = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>';

/** Lines of plain text, each at a place of its own. */
export const showLines = (...lines: string[]): string =>
  `BT /F1 12 Tf 72 720 Td 14 TL ${lines.map((line) => `(${line.replace(/[()\\]/g, '\\$&')}) Tj T*`).join(' ')} ET`;

export const writeTextPdf = (...pages: string[]): Buffer =>
  writePages(
    pages.map((page) => showLines(page)),
    helvetica,
  );

/**
 * A font that is not in the file and says nothing of Unicode, as programs in Korea, Japan and China make them: its signs
 * can only be known by the CMap `encoding`.
 */
export const cjkFont = (encoding: string, ordering: string, supplement: number): string =>
  `<< /Type /Font /Subtype /Type0 /BaseFont /Nameless /Encoding /${encoding} /DescendantFonts [ << /Type /Font /Subtype /CIDFontType0 /BaseFont /Nameless /CIDSystemInfo << /Registry (Adobe) /Ordering (${ordering}) /Supplement ${supplement} >> /FontDescriptor << /Type /FontDescriptor /FontName /Nameless /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >> /DW 1000 >> ] >>`;

/** In the encoding of the font. */
export const showBytes = (bytes: Buffer): string => `BT /F1 12 Tf 72 720 Td <${bytes.toString('hex')}> Tj ET`;
