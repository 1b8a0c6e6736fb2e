// The index as a move asks it.
import { LinksUnknown } from './errors.ts';
import type { HiddenFiles } from './hidden/hidden-files.ts';
import type { IndexConnection } from './index/connection.ts';
import type { IndexReader } from './index/reader.ts';
import type { KnownLinks } from './moving/affected.ts';
import type { LinkSource } from './moving/mover.ts';

export function createLinkSource(index: IndexConnection, hidden: HiddenFiles): LinkSource {
  return {
    ask: (question) => index.askInSteps((reader) => question(toKnownLinks(reader))),
    hidden,
    bringInStep: async (part) => {
      await index.bringInStep(part);
    },
    requireInStep: async (part) => {
      if (!(await index.bringInStep(part)) || index.progress().building) {
        throw new LinksUnknown();
      }
    },
  };
}

function toKnownLinks({ names, links }: IndexReader): KnownLinks {
  return {
    inVault: (range) => names.inVault(range),
    inFolder: (folder, range) => names.inFolder(folder, range),
    otherFile: (range) => names.otherFile(range),
    otherFiles: (range) => names.otherFiles(range),
    fitting: (range) => names.fitting(range),
    linksTo: (target) => links.linksTo(target),
    bases: () => links.bases(),
    unread: () => links.unread(),
  };
}
