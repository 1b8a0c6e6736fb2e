// Resources of other servers as an operator describes them: identifier, name, scopes and the words for consent, bounded.
import type { AdapterPayload } from 'oidc-provider';
import type { OwnScope, Said, ServedResource } from '../../adapters/stores/resources.ts';
import { isKnownScope } from '../scopes.ts';
import { SeedRefused } from './seeded.ts';

export interface ResourceWish {
  readonly resource: string;
  readonly name?: string | undefined;
  readonly nameKo?: string | undefined;
  /** `SCOPE` or `SCOPE=WORDS`; none for another vault. */
  readonly scopes?: readonly string[] | undefined;
  /** `SCOPE=WORDS` in Korean, of scopes that are among the others. */
  readonly scopesKo?: readonly string[] | undefined;
}

const mostScopes = 20;
/** Characters; what a page of consent shows without being filled by it. */
const longestName = 80;
const longestWords = 160;
const longestIdentifier = 500;

// Names of other specifications, which a person would read as something else than a permission of this server.
const reserved = ['email', 'address', 'phone'];

/** Throws SeedRefused, which names the option that is wrong. */
export function createServedResource(wish: ResourceWish): ServedResource {
  refuseIdentifier(wish.resource);
  const korean = new Map((wish.scopesKo ?? []).map(splitWords));
  const scopes = (wish.scopes ?? []).map(splitWords).map(([scope, en]): OwnScope => {
    refuseScope(scope);
    const words = { ...optional('en', en), ...optional('ko', korean.get(scope)) };
    korean.delete(scope);
    return { scope, words };
  });
  const [stray] = korean.keys();
  if (stray !== undefined)
    throw new SeedRefused(`--scope-ko: ${JSON.stringify(stray)} is not among the scopes of --scope`);
  if (scopes.length > mostScopes) throw new SeedRefused(`--scope: at most ${mostScopes} scopes`);
  if (new Set(scopes.map(({ scope }) => scope)).size < scopes.length)
    throw new SeedRefused('--scope: a scope is there twice');
  const names: Said = { en: wish.name ?? wish.resource, ...optional('ko', wish.nameKo) };
  for (const name of [wish.name, wish.nameKo]) refuseWords('--name', name, longestName);
  for (const { words } of scopes)
    for (const said of [words.en, words.ko]) refuseWords('--scope', said, longestWords);
  return { resource: wish.resource, names, scopes };
}

/** The credential itself; for which resources it is stands beside it (stores/resources.ts). */
export function createResourceServer(id: string, name: string): AdapterPayload {
  return {
    client_id: id,
    client_name: name,
    redirect_uris: [],
    grant_types: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
  };
}

function refuseIdentifier(resource: string): void {
  // It stands in headers and is compared byte for byte: visible ASCII, and nothing that would end a quoted string.
  const isPlain = /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(resource) && resource.length <= longestIdentifier;
  const url = isPlain ? URL.parse(resource) : null;
  if (!url || !/^https?:$/.test(url.protocol) || /[#@]/.test(resource))
    throw new SeedRefused(
      '--resource-server: allowed is an http(s) URL in ASCII without a fragment (RFC 8707 section 2)',
    );
}

function splitWords(given: string): [scope: string, words: string | undefined] {
  const at = given.indexOf('=');
  return at < 0 ? [given, undefined] : [given.slice(0, at), given.slice(at + 1).trim() || undefined];
}

function refuseScope(scope: string): void {
  if (!/^[A-Za-z0-9][\w.:/-]{0,63}$/.test(scope))
    throw new SeedRefused(
      `--scope: read ${JSON.stringify(scope)}; allowed: letters, digits and . : / _ -, such as files.read`,
    );
  if (isKnownScope(scope) || scope.startsWith('vault.') || reserved.includes(scope))
    throw new SeedRefused(
      `--scope: ${scope} means something else already; take a name of its own, such as files.read`,
    );
}

function refuseWords(option: string, words: string | undefined, most: number): void {
  if (words === undefined) return;
  if (words.length > most || !words.isWellFormed() || /\p{C}/u.test(words))
    throw new SeedRefused(`${option}: words for people have at most ${most} characters that can be seen`);
}

function optional(language: keyof Said, words: string | undefined): Said {
  return words === undefined ? {} : { [language]: words };
}
