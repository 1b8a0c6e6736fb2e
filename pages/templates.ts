// One layout, one style and one script for the pages of both services; what stands inside is each service's own.
// The room: the look, and the words by language. Not what a page shows: auth/pages/, api/pages/.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Eta } from 'eta';
import type { PageFrame } from './frame.ts';
import { hashInline } from './html.ts';
import { createWords, type Words } from './words.ts';

const here = import.meta.dirname;

const styles = ['colours', 'frame', 'style', 'forms', 'lists', 'guide', 'document', 'changes'];
const style = styles.map((name) => readInline(`look/${name}.css`)).join('');
const script = readInline('look/page.js');
const passkeyScript = readInline('look/passkey.js');

/** For the Content-Security-Policy; the icon needs `img-src data:` beside them. */
export const styleHash = hashInline(style);
export const scriptHash = hashInline(script);
/** Of the script that only pages with passkeys have. */
export const passkeyScriptHash = hashInline(passkeyScript);

const look = { style, script, passkeyScript };

/** One complete HTML document. */
export type Page<Data> = (frame: PageFrame, data: Data) => string;

/**
 * Makes the pages of a folder's templates, by their names; `prepare` makes of a page's data what its template shows.
 * In a template `it.say(key, values)` is words as HTML, `it.moment(epochSeconds)` a date as text, `it.frame` the frame.
 * Templates are read at load, so that an error page needs no file when the disk is the error, and compiled when the first of
 * them is shown: a start has no use for them.
 */
export function createPages(folder: string) {
  const eta = new Eta({ autoEscape: true });
  const unseen = new Map([['@layout', read(here, 'look/layout.eta')]]);
  const compile = (): void => {
    // all of them: one may include another
    for (const [name, source] of unseen) eta.loadTemplate(name, source);
    unseen.clear();
  };
  return <Data extends object>(
    name: string,
    prepare: (data: Data, words: Words) => object = (data) => data,
  ): Page<Data> => {
    unseen.set(`@${name}`, read(folder, `${name}.eta`));
    return (frame, data) => {
      compile();
      const words = createWords(frame);
      const { html: say, moment } = words;
      return eta.render(`@${name}`, { ...prepare(data, words), frame, say, moment, ...look });
    };
  };
}

// HTML parsers turn CRLF into LF before they hash, so a checkout with CRLF would not match its own hash.
function readInline(file: string): string {
  return read(here, file).replaceAll('\r\n', '\n');
}

function read(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}
