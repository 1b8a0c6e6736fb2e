// Where the links of a note lead, as the vault follows them: other notes, images, the web; what leads to nothing is shown so.
import type { Token } from 'markdown-it';
import { escapeHtml } from '../../pages/html.ts';
import { type NoteLink, readDestinationTarget, readWikiTarget } from '../vault/notes/markdown/link-target.ts';
import { slugOf } from './headings.ts';
import { wikiLinkOf } from './wiki-links.ts';

/** The ids of what these links of one note lead to, one for each; undefined where that is nothing. */
export type Follow = (links: NoteLink[]) => Promise<Array<string | undefined>>;

export interface Addresses {
  note(id: string): string;
  image(id: string): string;
  isImage(id: string): boolean;
}

export interface LinkOptions {
  follow: Follow;
  addresses: Addresses;
}

interface Found {
  token: Token;
  link: NoteLink;
  /** The heading that is meant, as a fragment with its sign; '' for none. */
  fragment: string;
  /** Of a link with text of its own. */
  closing?: Token | undefined;
}

/** Gives each link and image its address; `id` is the note that they stand in. */
export async function resolveLinks(tokens: Token[], id: string, options: LinkOptions): Promise<void> {
  const found = tokens.flatMap(({ children }) => (children ? findLinks(children, id) : []));
  const ids = await options.follow(found.map(({ link }) => link));
  for (const [index, one] of found.entries()) settle(one, ids[index], options.addresses);
}

function findLinks(tokens: Token[], id: string): Found[] {
  const found: Found[] = [];
  // links stand in no other link
  let open: Found | undefined;
  for (const token of tokens) {
    if (token.type === 'link_close' && open) open.closing = token;
    const one = findLink(token, id);
    if (token.type === 'link_open' || token.type === 'link_close') open = one;
    if (one) found.push(one);
  }
  return found;
}

/** Undefined where nobody has to be asked where it leads: that is settled here. */
function findLink(token: Token, id: string): Found | undefined {
  if (token.type === 'wiki_link') {
    const { target } = wikiLinkOf(token);
    const link = readWikiTarget(target, id);
    const fragment = fragmentOf(target);
    if (link) return { token, link, fragment };
    asText(token, fragment === '' ? undefined : fragment);
    return undefined;
  }
  const name = token.type === 'image' ? 'src' : 'href';
  if (token.type !== 'image' && token.type !== 'link_open') return undefined;
  const address = String(token.attrGet(name) ?? '');
  const link = readDestinationTarget(address, id);
  if (link) return { token, link, fragment: fragmentOf(address) };
  settleOutside(token, address);
  return undefined;
}

function fragmentOf(target: string): string {
  const at = target.lastIndexOf('#');
  const heading = at < 0 ? '' : decode(target.slice(at + 1));
  return heading === '' || heading.startsWith('^') ? '' : `#${encodeURIComponent(slugOf(heading))}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Another site learns nothing of the note, and no image of it is asked for: that would tell who reads what when.
function settleOutside(token: Token, address: string): void {
  if (address.startsWith('#') && token.type === 'link_open') {
    token.attrSet('href', fragmentOf(address));
    return;
  }
  if (token.type === 'image') asOutsideImage(token, address);
  else token.attrSet('rel', 'noreferrer noopener');
}

function asOutsideImage(token: Token, address: string): void {
  const shown = token.content || address;
  asHtml(
    token,
    `<a class="outside-image" href="${escapeHtml(address)}" rel="noreferrer noopener">${escapeHtml(shown)}</a>`,
  );
}

function settle(found: Found, id: string | undefined, addresses: Addresses): void {
  const { token } = found;
  if (token.type === 'wiki_link') settleWikiLink(found, id, addresses);
  else if (token.type === 'image') settleImage(token, id, addresses);
  else settleLink(found, id, addresses);
}

function settleLink({ token, closing, fragment }: Found, id: string | undefined, addresses: Addresses): void {
  if (id !== undefined) {
    token.attrSet('href', addresses.note(id) + fragment);
    return;
  }
  token.attrs = [['class', 'missing']];
  token.tag = 'span';
  if (closing) closing.tag = 'span';
}

function settleImage(token: Token, id: string | undefined, addresses: Addresses): void {
  if (id !== undefined && addresses.isImage(id)) {
    token.attrSet('src', addresses.image(id));
    token.attrSet('loading', 'lazy');
    return;
  }
  const shown = escapeHtml(token.content || String(token.attrGet('src') ?? ''));
  asHtml(
    token,
    id === undefined ? missing(shown) : `<a href="${escapeHtml(addresses.note(id))}">${shown}</a>`,
  );
}

function settleWikiLink({ token, fragment }: Found, id: string | undefined, addresses: Addresses): void {
  const { target, shown, isEmbed } = wikiLinkOf(token);
  if (id !== undefined && isEmbed && addresses.isImage(id)) {
    asHtml(token, embedImage(id, shown, addresses));
    return;
  }
  const text = escapeHtml(shown ?? target.replaceAll('#', ' › ').trim());
  const href = id === undefined ? '' : escapeHtml(addresses.note(id) + fragment);
  asHtml(token, id === undefined ? missing(text) : `<a href="${href}">${text}</a>`);
}

// Obsidian: what stands behind the bar is its width, or text
function embedImage(id: string, shown: string | undefined, addresses: Addresses): string {
  const [, width] = /^(\d{1,4})(?:x\d{1,4})?$/.exec(shown ?? '') ?? [];
  const name = width === undefined && shown !== undefined ? shown : id.slice(id.lastIndexOf('/') + 1);
  const size = width === undefined ? '' : ` width="${width}"`;
  return `<img src="${escapeHtml(addresses.image(id))}" alt="${escapeHtml(name)}"${size} loading="lazy">`;
}

function asText(token: Token, fragment: string | undefined): void {
  const { target, shown } = wikiLinkOf(token);
  const text = escapeHtml(shown ?? target.replace(/^#/, ''));
  asHtml(token, fragment === undefined ? text : `<a href="${escapeHtml(fragment)}">${text}</a>`);
}

const missing = (text: string): string => `<span class="missing">${text}</span>`;

/** `html` is what markdown-it puts there as it is. */
function asHtml(token: Token, html: string): void {
  token.type = 'html_inline';
  token.content = html;
}
