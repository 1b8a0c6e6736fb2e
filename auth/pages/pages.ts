// What every page of loop-auth is made with; each page is a file beside this one, its template lies in templates/.
// The room: what each page of loop-auth shows. Not the look and the words, which both services share: pages/ at the top.
import { join } from 'node:path';
import { createPages } from '../../pages/templates.ts';

/** Makes a page of the template of that name. */
export const createPage = createPages(join(import.meta.dirname, 'templates'));

/**
 * What the forms let a person type. The password's upper limit is far away on purpose: browsers cut a
 * pasted password at `maxlength` without a word, and the account would open with nothing one remembers.
 */
export const fieldLimits = { username: 64, passwordLeast: 10, password: 1024 };
