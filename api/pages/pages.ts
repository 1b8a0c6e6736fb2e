// The templates of this folder.
// The room: data in, HTML out. Not how it is found: browsing/; not the look: the workspace pages/.
import { join } from 'node:path';
import { createPages } from '../../pages/templates.ts';

export const createPage = createPages(join(import.meta.dirname, 'templates'));
