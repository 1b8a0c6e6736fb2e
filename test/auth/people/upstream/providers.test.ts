// Real providers beside loop-auth: a second loop-auth, and oidc-provider with its defaults.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import t from 'tap';
import { compile } from '../../../../adapters/database/statement.ts';
import { hashClientSecret } from '../../../../adapters/models/client.ts';
import { ClientStore } from '../../../../adapters/stores/clients.ts';
import { createSeededClient } from '../../../../auth/clients/seeded.ts';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { isSignedIn } from '../../../support/codes.ts';
import { ann, type LoopAuth, redirectUri, startLoopAuth } from '../../../support/loop-auth.ts';
import { pressProvider, settingsFor, upstreamSecret } from '../../../support/upstream.ts';

t.setTimeout(120_000);

const callbackOf = ({ issuer }: LoopAuth): string => `${issuer}/signin/upstream/callback`;

t.test(
  'a second loop-auth signs people in: for an app, for the account page, and with the password once more',
  async (t) => {
    const provider = await startLoopAuth(t);
    const [account] = await provider.database.all(compile(provider.database.builder('accounts')), {});
    const loop = await startLoopAuth(t, {
      withoutAccount: true,
      settings: settingsFor(provider.issuer, {
        AUTH_UPSTREAM_ALLOW: `sub:${account?.['id']}`,
        AUTH_LOCAL_SIGN_IN: 'off',
      }),
    });
    const metadata = createSeededClient('loop', {
      name: 'loop at home',
      redirectUris: [callbackOf(loop)],
      postLogoutRedirectUris: [],
      authMethod: 'client_secret_basic',
      grants: ['authorization_code'],
      scopes: [],
      withoutPkce: false,
    });
    const secret = { client_secret: hashClientSecret(upstreamSecret) };
    await new ClientStore(provider.database).add('seeded', { ...metadata, ...secret });
    const app = await loop.register();
    const attempt = loop.authorization(app);
    const browser = new Browser();
    const there = await browser.visit(attempt.url, redirectUri);
    t.equal(there.url.origin, new URL(provider.issuer).origin, 'straight to the provider');
    t.match(there.text, 'loop at home');
    const asked = await browser.submit(there, { ...ann }, redirectUri);
    const consent = await browser.submit(asked, { decision: 'allow' }, redirectUri);
    t.equal(consent.url.origin, new URL(loop.issuer).origin);
    t.match(consent.text, 'name="decision"');
    const { url } = await browser.submit(consent, { decision: 'allow' }, redirectUri);
    const { body } = await loop.exchange(app, url.searchParams.get('code') ?? '', attempt);
    t.ok(await loop.isActive(body['access_token']));
    const page = await browser.visit(`${loop.issuer}/account`);
    t.ok(isSignedIn(page));
    t.match(page.text, '<bdi>ann</bdi>');
  },
);

t.test(
  'oidc-provider with its defaults signs people in, and whom it knows nothing of but a name by that',
  async (t) => {
    let listener: RequestListener = (_, response) => void response.end();
    const server = createServer((request, response) => listener(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const loop = await startLoopAuth(t, {
      withoutAccount: true,
      settings: settingsFor(issuer, { AUTH_UPSTREAM_ALLOW: 'sub:ann, email:kim@example.com' }),
    });
    const provider = new Provider(issuer, {
      clients: [{ client_id: 'loop', client_secret: upstreamSecret, redirect_uris: [callbackOf(loop)] }],
      findAccount: (_, sub) => ({
        accountId: sub,
        claims: () => ({ sub, email: `${sub}@example.com`, email_verified: sub === 'kim' }),
      }),
      claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    });
    listener = provider.callback();
    const signIn = async (login: string) => {
      const browser = new Browser();
      const there = await pressProvider(browser, await browser.visit(`${loop.issuer}/account`));
      t.equal(there.url.origin, issuer);
      const asked = await browser.submit(there, { login, password: 'any' });
      return browser.submit(asked, {});
    };
    t.ok(isSignedIn(await signIn('ann')));
    t.ok(isSignedIn(await signIn('kim')), 'the address is at userinfo only');
    const eve = await signIn('eve');
    t.equal(eve.status, 403);
    t.match(eve.text, '<code>sub:eve</code>', 'which tells what to allow');
  },
);
