// Every address that answers a browser with a page, and the chain in front of those that need a sign-in.
import { type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createShowPage, languageOf, type ShowPage } from '../http/frame.ts';
import { guardHost, refuseForeignForms } from '../http/origins.ts';
import { whenAsked } from '../http/when-asked.ts';
import { faultPage } from '../pages/fault.ts';
import { createAttempts } from '../people/attempts.ts';
import { createCookie } from '../people/cookies.ts';
import { createOpenidClient } from '../people/openid-client.ts';
import { createPeople, requirePerson } from '../people/person.ts';
import { createSeal } from '../people/sealing.ts';
import { beginSignIn, endSignIn, type SignInParts } from '../people/sign-in.ts';
import type { Turns } from '../sharing/turns.ts';
import type { ResourceIdentifiers } from '../tokens/resource-identifiers.ts';
import { methodNotAllowed } from '../tokens/resource-metadata.ts';
import type { TokenVerifier } from '../tokens/verifier.ts';
import { bringBack, readForm } from './changes/bring-back.ts';
import { showChanges } from './changes/changes.ts';
import { forBrowsers, showDoor } from './door.ts';
import { showFaults, showNothingHere } from './faults.ts';
import { sendImage } from './image.ts';
import { showNote } from './note.ts';
import { showNoteSleeve } from './note-sleeve.ts';
import { showVault } from './vault.ts';
import type { VaultFor } from './vault-for.ts';

export interface BrowsingOptions {
  config: Pick<Config, 'issuer' | 'authOrigin' | 'clientId' | 'clientSecret' | 'sse' | 'vaultName'>;
  resources: ResourceIdentifiers;
  verify: TokenVerifier;
  vaultFor: VaultFor;
  turns: Turns;
  noteUrl: (id: string) => string;
  logger: Logger;
}

export interface Browsing {
  /** In front of what programs get at the same addresses. */
  door: Router;
  /** Behind all that is a program's alone. */
  pages: RequestHandler;
  /** For a browser, in the place of the answer that there is nothing. */
  nothingHere: RequestHandler;
}

// no parameter: a path that is no encoding of anything is answered as every other
const notePaths = /^\/notes\//;
const plain = { caseSensitive: true, strict: true };

export function createBrowsing(options: BrowsingOptions): Browsing {
  const { config, resources, logger } = options;
  const { mcp: resource, pathPrefix } = resources;
  const showPage = createShowPage({ resource, issuer: config.issuer, pathPrefix });
  const faults = showFaults(showPage, logger);
  const door = Router(plain);
  const streams = config.sse ? ['/sse', '/sse/'] : [];
  const show = showDoor(showPage, doorData(options));
  door.all(['/', '/mcp', '/mcp/', ...streams], forBrowsers, guardHost(resources), show, faults);
  return {
    door,
    pages: whenAsked(() => createPages(options, showPage)),
    nothingHere: showNothingHere(showPage),
  };
}

function createPages(options: BrowsingOptions, showPage: ShowPage): Router {
  const { resources, logger } = options;
  const signIn = createSignIn(options, showPage);
  const faults = showFaults(showPage, logger);
  const toSignIn = requirePerson(signIn.people, `${resources.pathPrefix}/sign-in`);
  const pages = Router(plain);
  pages.all('/sign-in', onlyGet, beginSignIn(signIn), faults);
  pages.all('/sign-in/callback', onlyGet, endSignIn(signIn), faults);
  const shown = { ...options, showPage, vaultName: options.config.vaultName, ...resources };
  pages.all(notePaths, forBrowsers, toSignIn, showNote(shown), faults);
  pages.all(/^\/vault\/files\//, onlyGet, toSignIn, sendImage(shown), faults);
  pages.all('/vault', onlyGet, toSignIn, showVault(shown), faults);
  const ownForm = refuseForeignForms(resources);
  pages.get('/vault/changes', toSignIn, showChanges(shown), faults);
  pages.post('/vault/changes', ownForm, toSignIn, readForm, bringBack(shown), faults);
  pages.all('/vault/changes', () => {
    throw methodNotAllowed('GET, HEAD, POST');
  });
  // the same sign-in for what is not there
  pages.all(/^\/vault\//, forBrowsers, toSignIn, (_req, _res, next) => next());
  pages.all('/notes/*path', onlyGet, showNoteSleeve(showPage));
  return pages;
}

function createSignIn({ config, resources, verify }: BrowsingOptions, showPage: ShowPage): SignInParts {
  const { issuer, authOrigin, clientId, clientSecret } = config;
  const seal = createSeal(clientSecret);
  const redirectUri = `${resources.origin}${resources.pathPrefix}/sign-in/callback`;
  return {
    client: createOpenidClient({
      ...{ issuer, authOrigin, clientId, clientSecret, redirectUri },
      resource: resources.mcp,
    }),
    attempts: createAttempts(seal, createCookie('loop_vault_sign_in', resources)),
    people: createPeople(seal, createCookie('loop_vault_session', resources), verify),
    resources,
    languageOf,
    showFault: ({ req, res }, about) => {
      res.status(400);
      showPage({ req, res }, faultPage, { about, againUrl: `${resources.pathPrefix}/vault` });
    },
  };
}

function doorData({ config, resources }: BrowsingOptions) {
  const accounts = config.issuer.replace(/\/$/, '');
  return {
    host: new URL(resources.mcp).host,
    mcpUrl: resources.mcp,
    connectUrl: `${accounts}/connect`,
    vaultUrl: `${resources.pathPrefix}/vault`,
    accountUrl: `${accounts}/account`,
  };
}

const onlyGet: RequestHandler = (req, _res, next) => {
  if (req.method !== 'GET' && req.method !== 'HEAD') throw methodNotAllowed('GET, HEAD');
  next();
};
