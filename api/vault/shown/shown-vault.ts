// What only a person is told of the vault on its page: where links lead, images, what is hidden and why a
// note is not found, what clients changed.
import { findOpenPlace } from '../hidden/hidden-files.ts';
import type { IndexConnection } from '../index/connection.ts';
import type { NoteLink } from '../notes/markdown/link-target.ts';
import { HiddenCensus, type HiddenCount, type HidingSetting } from './hidden-census.ts';
import { openShownImage, type ShownImage } from './image.ts';
import { createShownChanges, type ShownChanges, type ShownChangesParts } from './shown-changes.ts';

export interface ShownVault {
  /** The ids of what the links of the note `id` lead to, one for each; undefined where that is nothing. */
  follow(id: string, links: readonly NoteLink[]): Promise<Array<string | undefined>>;
  /**
   * An image that browsers show safely, to be read once or closed; undefined where there is none with this id, it is
   * hidden, larger than 25 MB, or no such image.
   */
  openImage(id: string): Promise<ShownImage | undefined>;
  /** How many notes each setting hides; counted anew each minute. */
  countHidden(): Promise<HiddenCount>;
  /** By which setting a note of this name or path is hidden, where one is. */
  findHiding(name: string): Promise<HidingSetting | undefined>;
  /** What clients changed, and bringing it back. */
  readonly changes: ShownChanges;
}

export function createShownVault(parts: ShownChangesParts & { index: IndexConnection }): ShownVault {
  const { root, hidden, index } = parts;
  const census = new HiddenCensus(root, hidden);
  return {
    follow: (id, written) => index.askInSteps(({ links }) => links.follow(id, written)),
    openImage: async (id) => {
      const place = await findOpenPlace(root, id, hidden);
      return place && openShownImage(root, place.target);
    },
    countHidden: async () => (await census.take()).count,
    findHiding: (name) => census.findHiding(name),
    changes: createShownChanges(parts),
  };
}
