// A terminal that asks to be let in by a code (RFC 8628), and the person who enters it in a browser.
import { Browser, type Page } from '../../scripts/demo/browser.ts';
import { type Answer, type App, ann, type Choice, type LoopAuth, resource } from './loop-auth.ts';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** What the terminal was answered. */
export interface Shown {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

type Fields = Readonly<Record<string, string>>;

/** It has no address that anybody could be sent back to. */
export function registerTerminal(world: LoopAuth, metadata: Record<string, unknown> = {}): Promise<App> {
  return world.register({
    client_name: 'A terminal',
    grant_types: [deviceGrant, 'refresh_token'],
    redirect_uris: undefined,
    ...metadata,
  });
}

export async function askForCode(world: LoopAuth, app: App, fields: Fields = {}): Promise<Shown> {
  const own = { client_id: app.clientId, ...(app.clientSecret && { client_secret: app.clientSecret }) };
  const { status, text, body } = await world.post('/device/auth', {
    ...own,
    resource,
    scope: 'vault.read',
    ...fields,
  });
  if (status !== 200) throw new Error(`no code was given (${status}): ${text}`);
  return body as unknown as Shown;
}

export function poll(
  world: LoopAuth,
  app: App,
  { device_code }: Pick<Shown, 'device_code'>,
): Promise<Answer> {
  return world.token(app, { grant_type: deviceGrant, device_code });
}

/** Enters the code, and signs in where that is asked; what is then shown. */
export async function enter(world: LoopAuth, userCode: string, browser = new Browser()): Promise<Page> {
  const form = await browser.visit(`${world.issuer}/device`);
  const next = await browser.submit(form, { user_code: userCode });
  return next.text.includes('name="password"') ? browser.submit(next, { ...ann }) : next;
}

/** And answers what the app may. */
export async function allow(
  world: LoopAuth,
  { user_code }: Pick<Shown, 'user_code'>,
  choice: Choice = {},
  browser = new Browser(),
): Promise<Page> {
  return browser.submit(await enter(world, user_code, browser), { decision: 'allow', ...choice });
}
