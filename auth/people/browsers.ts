// In which browsers somebody is signed in: noted beside the request, lost rather than in its way.
import bowser from 'bowser';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Logger } from 'pino';
import { epochSeconds } from '../../adapters/database/time.ts';
import type { BrowserStore } from '../../adapters/stores/browsers/signed-in.ts';
import { networkOf } from '../http/limits/network.ts';
import { type AccountSessions, sessionSeconds } from './account-session.ts';

/** Such as Chrome and Windows; undefined what the browser does not tell. */
export interface Agent {
  readonly browser: string | undefined;
  readonly system: string | undefined;
}

// What browsers say of themselves is shorter.
const judgedCharacters = 300;
const longestName = 40;
const againSeconds = 5 * 60;
const mostRemembered = 1000;

export function readAgent(ctx: ParameterizedContext): Agent {
  const told = ctx.get('User-Agent').slice(0, judgedCharacters);
  if (told === '') return { browser: undefined, system: undefined };
  const { browser, os } = bowser.parse(told);
  return { browser: shorten(browser.name), system: shorten(os.name) };
}

function shorten(name: string | undefined): string | undefined {
  return name ? name.slice(0, longestName) : undefined;
}

export interface BrowserNotes {
  readonly browsers: Pick<BrowserStore, 'see'>;
  readonly sessions: Pick<AccountSessions, 'seen'>;
  readonly log: Logger;
}

/** After each answer to somebody who is signed in; again when five minutes have gone, or it is seen elsewhere. */
export function noteBrowsers({ browsers, sessions, log }: BrowserNotes): Middleware {
  const noted = new Map<string, { readonly as: string; readonly at: number }>();
  return async (ctx, next) => {
    await next();
    const session = sessions.seen(ctx);
    if (!session) return;
    const sighting = { ...session, network: networkOf(ctx.state['address']), ...readAgent(ctx) };
    const as = `${sighting.network} ${sighting.browser} ${sighting.system}`;
    const now = epochSeconds();
    const before = noted.get(session.uid);
    if (before?.as === as && before.at > now - againSeconds) return;
    noted.delete(session.uid);
    noted.set(session.uid, { as, at: now });
    const [oldest] = noted.keys();
    if (noted.size > mostRemembered && oldest !== undefined) noted.delete(oldest);
    browsers.see({ ...sighting, expiresAt: now + sessionSeconds }).catch((error: unknown) => {
      noted.delete(session.uid);
      log.debug({ err: error }, 'a browser was not noted');
    });
  };
}
