// One layout and one style for the pages of both services; what stands inside is each service's own templates.
// The room: the look. Not what a page says: auth/pages/, api/pages/.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Eta } from 'eta';
import { hashStyle } from './html.ts';

const here = import.meta.dirname;

// HTML parsers turn CRLF into LF before they hash, so a checkout with CRLF would not match its own hash.
const style = `${read(here, 'colours.css')}${read(here, 'style.css')}`.replaceAll('\r\n', '\n');

/** For `style-src` of the Content-Security-Policy; the icon needs `img-src data:` beside it. */
export const styleHash = hashStyle(style);

/**
 * Makes the renderers of a folder's templates, by their names. Templates are compiled at load, so that an error page
 * needs no file when the disk is the error.
 */
export function createTemplates(folder: string): (name: string) => (data: object) => string {
  const eta = new Eta({ autoEscape: true });
  eta.loadTemplate('@layout', read(here, 'layout.eta'));
  return (name) => {
    eta.loadTemplate(`@${name}`, read(folder, `${name}.eta`));
    return (data) => eta.render(`@${name}`, { ...data, style });
  };
}

function read(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}
