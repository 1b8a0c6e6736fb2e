// The pages as text: escaping, field names, limits, and that nothing on them runs or loads.
import { execFileSync } from 'node:child_process';
import { createHash, hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { type AccountData, accountPage as account } from '../../../auth/pages/account/account.ts';
import { keysPage as keys, madeKeyPage as madeKey } from '../../../auth/pages/account/keys.ts';
import { securityPage as security } from '../../../auth/pages/account/security.ts';
import { type ConnectData, connectPage as connect } from '../../../auth/pages/connect.ts';
import { consentPage as consent } from '../../../auth/pages/consent.ts';
import { doorPage as door } from '../../../auth/pages/door.ts';
import { errorPage as error } from '../../../auth/pages/error.ts';
import { addPasskeyPage as addPasskey } from '../../../auth/pages/factors/add-passkey.ts';
import { codePage as code } from '../../../auth/pages/factors/code.ts';
import {
  codeSetupPage as codeSetup,
  recoveryCodesPage as recoveryCodes,
} from '../../../auth/pages/factors/code-setup.ts';
import { fieldLimits } from '../../../auth/pages/pages.ts';
import { setupPage as setup, setupOverPage as setupOver } from '../../../auth/pages/setup.ts';
import { signInPage as signIn } from '../../../auth/pages/sign-in.ts';
import { signedOutPage as signedOut, signOutPage as signOut } from '../../../auth/pages/sign-out.ts';
import type { PageFrame } from '../../../pages/frame.ts';
import { passkeyPolicy } from '../../../pages/policy.ts';
import { type Page, passkeyScriptHash, scriptHash, styleHash } from '../../../pages/templates.ts';

const frame: PageFrame = {
  language: 'en',
  zone: 'UTC',
  host: 'notes.example',
  path: '/',
  links: { account: '/account' },
  switches: [
    { language: 'en', name: 'English', href: '?lang=en' },
    { language: 'ko', name: '한국어', href: '?lang=ko' },
  ],
};
const inEnglish =
  <Data>(page: Page<Data>) =>
  (data: Data): string =>
    page(frame, data);
const accountPage = inEnglish(account);
const addPasskeyPage = inEnglish(addPasskey);
const codePage = inEnglish(code);
const codeSetupPage = inEnglish(codeSetup);
const recoveryCodesPage = inEnglish(recoveryCodes);
const consentPage = inEnglish(consent);
const errorPage = inEnglish(error);
const setupOverPage = inEnglish(setupOver);
const connectPage = inEnglish(connect);
const doorPage = inEnglish(door);
const keysPage = inEnglish(keys);
const madeKeyPage = inEnglish(madeKey);
const securityPage = inEnglish(security);
const setupPage = inEnglish(setup);
const signInPage = inEnglish(signIn);
const signedOutPage = inEnglish(signedOut);
const signOutPage = inEnglish(signOut);

/** One app with one connection. */
function accountOf(text: string, id: string): AccountData {
  const detail = { actions: ['read', 'write'], folders: [text], withheld: ['write'] } as const;
  const connection = { id, since: 0, madeFrom: text, lastCalledAt: 60, callsThisWeek: 1, detail };
  const app = {
    clientName: text,
    destination: { kind: 'web', name: text } as const,
    connections: [connection],
  };
  const hrefs = { newestHref: text, activityHref: text, securityHref: text, keysHref: text };
  const keys = [{ name: text, lastUsedAt: 60 }];
  return { formAction: text, apps: [app], isLaterPage: false, keys, ...hrefs };
}

const nasty = `<script>alert(1)</script><img src=x onerror=alert(1)>"'&`;
const nastyEscaped =
  '&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;';

/** Every page with `text` wherever a value from outside goes, and how many values that are. */
function allPages(text: string): Array<{ name: string; html: string; values: number }> {
  const consent = {
    action: text,
    clientName: text,
    accountName: text,
    scopes: [text],
    before: { since: 0, detail: { actions: ['read'] as const, folders: [text] } },
    vault: {
      asksToWrite: true,
      vault: { isWritable: true, folders: [text] },
      chosen: { access: 'read', reach: 'some', folders: [text] } as const,
    },
  };
  const destination = (kind: 'web' | 'device' | 'app') => ({ destination: { kind, name: text } });
  return [
    {
      name: 'sign-in',
      html: signInPage({
        action: text,
        clientName: text,
        ...destination('web'),
        username: text,
      }),
      values: 4,
    },
    {
      name: 'sign-in for an app on the device, to say who one is',
      html: signInPage({ action: text, clientName: text, ...destination('app'), isSignInOnly: true }),
      values: 3,
    },
    { name: 'sign-in without an app', html: signInPage({ action: text }), values: 1 },
    {
      name: 'sign-in by a provider alone',
      html: signInPage({ action: text, isPasswordless: true, provider: { name: text, isAnew: false } }),
      values: 3,
    },
    { name: 'consent', html: consentPage({ ...consent, ...destination('web') }), values: 8 },
    { name: 'consent, loopback', html: consentPage({ ...consent, ...destination('device') }), values: 8 },
    { name: 'consent, an app', html: consentPage({ ...consent, ...destination('app') }), values: 8 },
    {
      name: 'consent to say who one is, of an app that an operator made',
      html: consentPage({
        ...consent,
        ...destination('web'),
        vault: undefined,
        isNamedByOperator: true,
      }),
      values: 6,
    },
    { name: 'setup', html: setupPage({ action: text, username: text }), values: 2 },
    ...[true, false].map((isOnlyWay) => ({
      name: `setup beside a provider, ${isOnlyWay}`,
      html: setupPage({
        action: text,
        username: text,
        provider: { name: text, isOnlyWay, action: text, back: text },
      }),
      values: isOnlyWay ? 4 : 6,
    })),
    {
      name: 'setup over, with an account',
      html: setupOverPage({ hasAccount: true, accountUrl: text, connectUrl: text }),
      values: 2,
    },
    {
      name: 'setup over, without one',
      html: setupOverPage({ hasAccount: false, accountUrl: text, connectUrl: text }),
      values: 0,
    },
    {
      name: 'door',
      html: doorPage({ mcpUrl: text, connectUrl: text, accountUrl: text, isSignedIn: true }),
      values: 3,
    },
    {
      name: 'connect',
      html: connectPage({
        mcpUrl: 'https://notes.example/mcp',
        reachability: 'web',
        accountUrl: text,
        progress: { connections: [{ clientName: text, since: 0 }], isLooking: false },
      }),
      values: 2,
    },
    {
      name: 'error',
      html: errorPage({ about: 'foreignHost', values: { issuer: text }, detail: text, requestId: text }),
      values: 3,
    },
    { name: 'sign-out', html: signOutPage({ action: text, hiddenFields: { [text]: text } }), values: 3 },
    { name: 'signed out', html: signedOutPage({}), values: 0 },
    {
      name: 'account',
      html: accountPage({ ...accountOf(text, text), olderHref: text, newestHref: text, isLaterPage: true }),
      values: 19,
    },
    {
      name: 'security',
      html: securityPage({
        formAction: text,
        accountHref: text,
        username: text,
        codes: undefined,
        passkeys: [{ id: text, name: text, since: 0, lastUsedAt: undefined }],
        whyNoPasskeys: undefined,
        hasPassword: true,
        upstream: { provider: text, link: { name: text, since: 0 }, mayUnlink: true },
        faults: {},
        browsers: [false, true].map((isThis) => ({
          id: text,
          isThis,
          signedInAt: 0,
          seenAt: 60,
          network: text,
          browser: text,
          system: undefined,
        })),
      }),
      values: 21,
    },
    {
      name: 'access keys',
      html: keysPage({
        formAction: text,
        accountHref: text,
        keys: [
          {
            id: text,
            name: text,
            access: 'write',
            folders: [text],
            madeFrom: text,
            createdAt: 0,
            expiresAt: 1,
            lastUsedAt: 60,
          },
        ],
        now: 60,
        most: { name: 100, days: 3650 },
        form: text,
        vault: { isWritable: true, folders: [text] },
        chosen: { name: text, days: text, access: 'read', reach: 'some', folders: [text] },
        fault: 'nameTooLong',
      }),
      values: 11,
    },
    {
      name: 'a new access key',
      html: madeKeyPage({
        name: text,
        value: text,
        access: 'read',
        folders: [text],
        expiresAt: undefined,
        resource: 'https://notes.example/mcp',
        keysHref: text,
        accountHref: text,
      }),
      values: 8,
    },
    {
      name: 'sign in with a passkey',
      html: signInPage({ action: text, back: text, username: text, passkeyOptions: text }),
      values: 6,
    },
    {
      name: 'add a passkey',
      html: addPasskeyPage({ formAction: text, back: text, options: text, name: text }),
      values: 4,
    },
    {
      name: 'second step',
      html: codePage({ action: text, username: text, step: text, back: text, isRecovery: false }),
      values: 4,
    },
    {
      name: 'codes set up',
      html: codeSetupPage({ formAction: text, back: text, uri: text, secret: 'ABCD' }),
      values: 3,
    },
    { name: 'recovery codes', html: recoveryCodesPage({ codes: [text, text], back: text }), values: 3 },
  ];
}

t.test('every value from outside is escaped, in text and in attributes', (t) => {
  for (const { name, html, values } of allPages(nasty)) {
    t.notMatch(
      html,
      /<script(?! data-path=| data-passkeys=)|<img/i,
      `${name}: no element comes from a value`,
    );
    t.equal(html.split(nastyEscaped).length - 1, values, `${name}: each of its values is there, escaped`);
  }
  t.end();
});

t.test('an attribute cannot be left from within', (t) => {
  for (const { name, html } of allPages('" autofocus onfocus="x')) {
    t.notMatch(html, /"\s+autofocus onfocus/, name);
  }
  t.end();
});

t.test(
  'no page runs anything but the one script and that for passkeys, loads anything, or carries an inline style',
  (t) => {
    for (const { name, html } of allPages('value')) {
      t.notMatch(
        html,
        /<script(?! data-path=| data-passkeys=)|<img|<iframe|<object|<base|\son\w+=|javascript:/i,
        `${name}: nothing to run`,
      );
      t.notMatch(html, /@import|url\(|\ssrc=/i, `${name}: nothing to load`);
      t.same(
        [...html.matchAll(/<link[^>]*href="([^"]{0,19})/g)].map((match) => match[1]),
        ['data:image/svg+xml,'],
        `${name}: the only link is the icon, inside the page`,
      );
      t.notMatch(html, /\sstyle=/i, `${name}: no style attribute`);
      t.notMatch(html, /undefined|\[object/, `${name}: no hole in a template`);
    }
    t.end();
  },
);

t.test('every page is one complete English document for phones that search engines leave alone', (t) => {
  for (const { name, html } of allPages('value')) {
    t.match(html, /^<!doctype html>\n<html lang="en">/, name);
    t.match(html, /<\/html>\n$/, name);
    t.match(html, '<meta name="viewport" content="width=device-width, initial-scale=1">', name);
    t.match(html, '<meta name="robots" content="noindex">', name);
    t.equal(html.match(/<h1>/g)?.length, 1, `${name}: one heading`);
    t.equal(html.match(/<title>[^<]+ · loop<\/title>/g)?.length, 1, `${name}: a title`);
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    t.equal(new Set(ids).size, ids.length, `${name}: no id twice`);
  }
  t.end();
});

t.test('the hashes for the CSP are those of the style and the scripts that are in the page', (t) => {
  for (const { name, html } of allPages('value')) {
    const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)];
    t.equal(styles.length, 1, `${name}: one style element`);
    const digest = createHash('sha256')
      .update(styles[0]?.[1] ?? '')
      .digest('base64');
    t.equal(styleHash, `'sha256-${digest}'`, name);
    const scripts = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)];
    const hashes = scripts.map(([, text = '']) => `'sha256-${hash('sha256', text, 'base64')}'`);
    const hasPasskey = html.includes('data-options');
    t.same(hashes, hasPasskey ? [passkeyScriptHash, scriptHash] : [scriptHash], name);
    for (const one of hashes) t.match(passkeyPolicy, one, `${name}: the policy lets it run`);
  }
  t.end();
});

t.test('sign-in asks for username and password and keeps what was typed', (t) => {
  const first = signInPage({
    action: '/interaction/1/login',
    clientName: 'Notes',
    destination: { kind: 'web', name: 'app.example' },
  });
  t.match(first, '<form method="post" action="/interaction/1/login">');
  t.match(first, /Sign in to let <bdi[^>]*>“Notes”<\/bdi> use your vault/);
  t.match(first, 'app.example');
  t.match(
    first,
    /<input id="username" name="username"[^>]* autocomplete="username"[^>]* required autofocus>/,
  );
  t.match(first, /<input id="password" name="password" type="password" autocomplete="current-password"/);
  t.notMatch(first, 'role="alert"');

  const again = signInPage({ action: '/x', username: 'alice', fault: { code: 'wrongPassword' } });
  t.match(again, /<div [^>]*role="alert"[^>]*>Username or password is wrong\.<\/div>/);
  t.match(again, /name="username"[^>]* value="alice"/);
  t.match(again, /name="password"[^>]* aria-describedby="error" autofocus>/);
  t.notMatch(again, /name="password"[^>]* value=/);
  t.end();
});

const whole = {
  asksToWrite: true,
  vault: { isWritable: true, folders: ['Daily', 'Daily/2026', '일기'] },
  chosen: { access: 'write', reach: 'all', folders: [] },
} as const;

t.test('consent lets choose what is asked for and what the vault has, and no more', (t) => {
  const data = {
    action: '/x',
    clientName: 'n',
    destination: { kind: 'web', name: 'h' },
    accountName: 'a',
    scopes: [],
    lastsSeconds: 90 * 24 * 3600,
  } as const;
  const page = consentPage({ ...data, vault: whole });
  t.match(page, /name="access" value="write" checked>/);
  t.match(page, /name="reach" value="all" checked>/);
  const folders = [...page.matchAll(/name="folders" value="([^"]*)"/g)].map(([, path]) => path);
  t.same(folders, ['일기', 'Daily', 'Daily/2026']);
  t.match(page, /not used for 90 days[^<]*<a href="\/account">/);
  const chosen = { access: 'read', reach: 'some', folders: ['Daily/2026'] } as const;
  const again = consentPage({ ...data, vault: { ...whole, chosen }, fault: 'unknownFolder' });
  t.match(again, /role="alert"[^>]*>One of the folders is not there any more/);
  t.match(again, /name="access" value="read" checked>/);
  t.match(again, /name="reach" value="some" checked>/);
  t.same(
    [...again.matchAll(/name="folders" value="([^"]*)" checked/g)].map(([, path]) => path),
    ['Daily/2026'],
  );
  const fixed = { ...whole, vault: { isWritable: false, folders: [] }, chosen };
  t.match(
    consentPage({ ...data, vault: fixed }),
    /value="write" disabled>[\s\S]*loop can only read this vault/,
  );
  const reader = consentPage({ ...data, vault: { ...fixed, asksToWrite: false }, lastsSeconds: undefined });
  t.notMatch(reader, /name="(access|reach|folders)"/);
  t.match(reader, 'It can change nothing');
  t.match(reader, 'Ends by itself after an hour');
  t.end();
});

t.test('consent is one form whose buttons send decision=allow and decision=deny', (t) => {
  const page = consentPage({
    action: '/interaction/1/confirm',
    clientName: 'ChatGPT',
    clientUri: 'https://chatgpt.com/about',
    destination: { kind: 'web', name: 'app.example' },
    accountName: 'alice',
    scopes: ['profile'],
    vault: whole,
  });
  t.equal(page.match(/<form/g)?.length, 1);
  t.match(page, /<form method="post" action="\/interaction\/1\/confirm"/);
  t.match(page, /<button [^>]*type="submit" name="decision" value="allow">Allow</);
  t.match(page, /<button [^>]*type="submit" name="decision" value="deny">Deny</);
  t.match(page, /<h1><bdi[^>]*>“ChatGPT”<\/bdi> wants to use your notes/);
  t.match(page, 'Name not verified', 'the name is what the app says');
  t.match(page, /You will be sent to<\/p>\n<p[^>]*><bdi>app\.example</, 'the redirect host is shown');
  t.match(page, /It names <bdi[^>]*>chatgpt\.com<\/bdi> as its website/);
  t.match(page, 'your username');
  t.match(page, /Signed in as[^.]*alice[^.]*\./);
  t.match(page, /name="decision" value="other-account"[^>]*>Use another account</);
  t.notMatch(page, 'can pretend to be this app');
  t.end();
});

t.test('consent warns where the answer stays on this computer, and calls an app an app', (t) => {
  const data = { action: '/x', clientName: 'Claude Code', accountName: 'alice', scopes: [] };
  const local = consentPage({ ...data, destination: { kind: 'device', name: 'localhost:3118' } });
  t.match(local, /class="note caution"[\s\S]*Any program on this computer can pretend to be this app/);
  const app = consentPage({ ...data, destination: { kind: 'app', name: 'chatgpt.com:' } });
  t.match(app, /class="note caution"[\s\S]*can pretend to be this app/);
  t.match(app, /<p>an app on this device that opens <code>chatgpt\.com:<\/code> links<\/p>/);
  t.notMatch(app, 'Allow only if you have just come from there');
  t.end();
});

t.test('an app that asks only who one is does not ask for the vault', (t) => {
  const data = {
    action: '/x',
    clientName: 'Wiki',
    destination: { kind: 'web', name: 'wiki.example' },
  } as const;
  const signIn = signInPage({ ...data, isSignInOnly: true });
  const consent = consentPage({ ...data, accountName: 'alice', scopes: ['openid'] });
  t.match(signIn, /Sign in to <bdi[^>]*>“Wiki”<\/bdi> with loop/);
  t.match(consent, /<h1>Sign in to <bdi[^>]*>“Wiki”<\/bdi> with loop\?<\/h1>/);
  t.match(consent, 'It gets none of your notes');
  for (const page of [signIn, consent]) t.notMatch(page, /your vault|use your notes/);
  t.end();
});

t.test('the name of an app that an operator made is not called one that can’t be checked', (t) => {
  const data = {
    action: '/x',
    clientName: 'Wiki',
    destination: { kind: 'web', name: 'wiki.example' },
  } as const;
  const page = consentPage({ ...data, accountName: 'alice', scopes: [], isNamedByOperator: true });
  t.match(page, /“Wiki”[\s\S]*Whoever runs this server gave the app its name/);
  t.notMatch(page, 'not verified');
  t.end();
});

t.test("consent shows an app's website only where it is a web address, and never as a link", (t) => {
  for (const clientUri of ['javascript:alert(1)', 'data:text/html,x', 'not an address', '']) {
    const page = consentPage({
      action: '/x',
      clientName: 'n',
      clientUri,
      destination: { kind: 'web', name: 'h' },
      accountName: 'a',
      scopes: [],
    });
    t.notMatch(page, /as its website|javascript:|data:text/, clientUri);
  }
  const odd = consentPage({
    action: '/x',
    clientName: 'n',
    clientUri: "https://a&b'c.example/",
    destination: { kind: 'web', name: 'h' },
    accountName: 'a',
    scopes: [],
  });
  t.match(odd, '>a&amp;b&#39;c.example<', 'what a URL allows in a host is still escaped');
  t.end();
});

t.test('setup asks for a username and a new password within the limits', (t) => {
  const page = setupPage({
    action: '/setup?token=a&b',
    username: 'alice',
    fault: { code: 'passwordTooShort', values: { least: 10 } },
  });
  t.match(page, 'action="/setup?token=a&amp;b"');
  t.match(page, /name="username"[^>]* value="alice"[^>]* maxlength="64"/);
  t.match(
    page,
    /name="password"[^>]* autocomplete="new-password"[^>]* minlength="10" maxlength="1024" required/,
  );
  t.match(page, /role="alert"[^>]*>The password needs at least 10 characters/);
  t.match(page, /At least 10 characters/);
  t.same(fieldLimits, { username: 64, passwordLeast: 10, password: 1024 });
  t.end();
});

const connecting = (data: Partial<ConnectData> = {}): string =>
  connectPage({ mcpUrl: 'https://notes.example/mcp', reachability: 'web', accountUrl: '/account', ...data });

t.test('how to connect: the MCP URL stands alone in an element that selects as a whole', (t) => {
  t.match(connecting(), /<p class="copy big" id="mcp-url">https:\/\/notes\.example\/mcp<\/p>/);
  t.match(connecting(), /\.copy,\n[^}]*user-select: all/);
  t.end();
});

t.test(
  'how to connect says at the top what the address can be used by, and at apps on the web again',
  (t) => {
    for (const [reachability, words] of [
      ['web', /Apps on the web can use this address too/],
      ['device', /Only programs on the computer that loop runs on/],
      ['network', /Only programs in the same network/],
      ['plain', /Hardly any app takes this address/],
    ] as const) {
      const page = connecting({ reachability });
      t.match(page.slice(0, page.indexOf('<details')), words);
      t.equal(page.split('This app can’t reach').length - 1, reachability === 'web' ? 0 : 2, reachability);
    }
    t.end();
  },
);

const textOf = (page: string, id: string): string =>
  plain(new RegExp(`<pre class="copy" id="${id}">([^<]*)</pre>`).exec(page)?.[1] ?? '');

function plain(html: string): string {
  const signs = { '&quot;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>', '&amp;': '&' };
  return Object.entries(signs).reduce((text, [entity, sign]) => text.replaceAll(entity, sign), html);
}

t.test('how to connect has every app, each with an anchor and a copy button for what is typed', (t) => {
  const page = connecting();
  for (const id of ['chatgpt', 'claude', 'claude-code', 'codex', 'cursor', 'vscode', 'gemini', 'other'])
    t.match(page, `<details id="${id}" class="fold" open>`);
  const copied = [...page.matchAll(/<(?:pre|p) class="copy[^"]*" id="([^"]+)"/g)].map(([, id]) => id);
  t.same(
    [...page.matchAll(/data-copy="([^"]+)"/g)].map(([, id]) => id),
    copied,
  );
  t.equal(textOf(page, 'claude-code-0'), 'claude mcp add --transport http loop https://notes.example/mcp');
  t.equal(textOf(page, 'codex-0'), 'codex mcp add loop --url https://notes.example/mcp');
  t.equal(textOf(page, 'gemini-0'), 'gemini mcp add --transport http loop https://notes.example/mcp');
  t.same(JSON.parse(textOf(page, 'other-1')), {
    mcpServers: { loop: { type: 'http', url: 'https://notes.example/mcp' } },
  });
  t.end();
});

t.test('install links are what the makers of Cursor and VS Code define, whatever the address holds', (t) => {
  for (const mcpUrl of [
    'https://notes.example/mcp',
    "https://notes.example/a&b+c'd%20/mcp",
    'http://[::1]:8082/mcp',
  ]) {
    const links = [...connecting({ mcpUrl }).matchAll(/class="button" href="([^"]+)"/g)].map(
      ([, href = '']) => plain(href),
    );
    const [cursor, vscode] = links.map((link) => new URL(link));
    t.equal(cursor?.href.split('?')[0], 'cursor://anysphere.cursor-deeplink/mcp/install');
    t.equal(cursor?.searchParams.get('name'), 'loop');
    const config = Buffer.from(cursor?.searchParams.get('config') ?? '', 'base64').toString();
    t.same(JSON.parse(config), { url: mcpUrl });
    t.equal(vscode?.href.split('?')[0], 'vscode:mcp/install');
    t.same(JSON.parse(decodeURIComponent(vscode?.search.slice(1) ?? '')), {
      name: 'loop',
      type: 'http',
      url: mcpUrl,
    });
  }
  t.end();
});

t.test('a shell takes each command as it was meant, whatever the address holds', (t) => {
  const odd = "https://notes.example/$(id)`id`&b;c'd*e!/mcp";
  for (const mcpUrl of ['https://notes.example/mcp', 'http://[::1]:8082/mcp', odd]) {
    const page = connecting({ mcpUrl });
    for (const [id, words] of [
      ['claude-code-0', ['claude', 'mcp', 'add', '--transport', 'http', 'loop', mcpUrl]],
      ['codex-0', ['codex', 'mcp', 'add', 'loop', '--url', mcpUrl]],
      ['gemini-0', ['gemini', 'mcp', 'add', '--transport', 'http', 'loop', mcpUrl]],
      ['other-2', ['npx', 'mcp-remote', mcpUrl]],
    ] as const) {
      const said = execFileSync('sh', [
        '-c',
        `for word in ${textOf(page, id)}; do printf '%s\\n' "$word"; done`,
      ]);
      t.same(String(said).trimEnd().split('\n'), words, id);
    }
  }
  t.end();
});

t.test('the foot of how to connect: signed out, waiting, stopped, connected', (t) => {
  t.match(connecting(), /When you are signed in[\s\S]*href="\/account"/);
  const waiting = connecting({ progress: { connections: [], isLooking: true } });
  t.match(waiting, /role="status">Waiting for the first connection[\s\S]*href="\?look=no#progress"/);
  t.match(
    connecting({ progress: { connections: [], isLooking: false } }),
    /No app has connected yet[\s\S]*Look again/,
  );
  const connections = [{ clientName: 'ChatGPT', since: 1_777_593_600 }];
  const connected = connecting({ progress: { connections, isLooking: false } });
  t.match(connected, /<bdi>ChatGPT<\/bdi><\/strong> is connected since May 1, 2026/);
  t.notMatch(connected, /Waiting|No app has connected/);
  t.end();
});

t.test('a setup link that is over says what it was and how to go on', (t) => {
  const urls = { accountUrl: '/account', connectUrl: '/connect' };
  const used = setupOverPage({ hasAccount: true, ...urls });
  t.match(used, /has done its work[\s\S]*href="\/account">Sign in/);
  const old = setupOverPage({ hasAccount: false, ...urls });
  t.match(old, /npm start[\s\S]*docker compose restart loop-auth/);
  for (const page of [used, old])
    t.match(page, /npm run seed-user<[\s\S]*docker compose exec loop-auth node scripts\/seed-user\.ts/);
  t.end();
});

t.test('an error page says what happened, what to do and the code to give', (t) => {
  const full = errorPage({ about: 'clientGone', detail: 'invalid_client: not found', requestId: 'r-1' });
  t.match(full, '<title>This app is not known here · loop</title>');
  t.match(
    full,
    /<h1>This app is not known here<\/h1>[\s\S]*no registration[\s\S]*add it again[\s\S]*invalid_client[\s\S]*r-1/,
  );
  const bare = errorPage({ about: 'notFound' });
  t.notMatch(bare, /words of the protocol|give this code/);
  t.end();
});

t.test('sign-out sends logout=yes only from the button that says so', (t) => {
  const page = signOutPage({ action: '/session/end/confirm', hiddenFields: { xsrf: 'abc' } });
  t.match(page, /<form method="post" action="\/session\/end\/confirm"/);
  t.match(page, '<input type="hidden" name="xsrf" value="abc">');
  t.match(page, /<button [^>]*name="logout" value="yes">Sign out</);
  t.match(page, /<button class="button" type="submit">Cancel</);
  t.match(page, 'Apps stay connected until you remove them');
  t.end();
});

t.test('connections stand by app, each with its facts and forms that post its id', (t) => {
  const page = accountPage({
    formAction: '/account',
    isLaterPage: false,
    newestHref: '/account',
    activityHref: '/account/activity',
    securityHref: '/account/security',
    keysHref: '/account/keys',
    keys: [],
    apps: [
      {
        clientName: 'ChatGPT',
        destination: { kind: 'web', name: 'chatgpt.com' },
        connections: [
          {
            id: 'grant-1',
            since: 1_777_593_600,
            madeFrom: '2001:db8:0:1',
            lastCalledAt: 1_777_597_200,
            callsThisWeek: 12,
            detail: { actions: ['read', 'write'], folders: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] },
          },
          {
            id: 'grant-2',
            since: 1_777_680_000,
            callsThisWeek: 0,
            detail: { actions: ['read'], withheld: ['write'] },
          },
        ],
      },
      {
        clientName: 'Who am I',
        destination: { kind: 'web', name: 'who.example' },
        connections: [{ id: 'grant-3', since: 0, callsThisWeek: 0 }],
      },
    ],
  });
  const textOf = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  const [, ...apps] = page.split('<section').map((app) => /<h2[^>]*>(.*)<\/h2>/.exec(app)?.[1] ?? '');
  t.same(apps.map(textOf), [' ChatGPT ', ' Who am I ']);
  const [first = '', second = '', third = ''] = page.split('<li>').slice(1).map(textOf);
  t.match(
    first,
    /Read, create, change and delete notes In a , b , c , d , e and 2 more Since May 1, 2026 at 12:00\s?AM/,
  );
  t.match(first, /from 2001:db8:0:1::\/64 Last call May 1, 2026 at 1:00\s?AM \(UTC\) · 12 this week/);
  t.match(second, /Read and search notes It asked to change notes, too, and may not. In All notes/);
  t.match(second, 'Last call None yet');
  t.match(third, /Know who you are; none of your notes Since/);
  const forms = [...page.matchAll(/<form method="post" action="\/account">([\s\S]*?)<\/form>/g)].map(
    ([, form = '']) =>
      [...form.matchAll(/name="(?:action|id)" value="([^"]*)"/g)].map(([, value]) => value).join(' '),
  );
  t.same(forms, [
    'read-only grant-1',
    'revoke grant-1',
    'revoke grant-2',
    'revoke grant-3',
    'revoke-unused',
    'revoke-all',
  ]);
  const none = accountPage({
    formAction: '/account',
    apps: [],
    isLaterPage: false,
    newestHref: '/account',
    activityHref: '/account/activity',
    securityHref: '/account/security',
    keysHref: '/account/keys',
    keys: [],
  });
  t.match(none, 'No app is connected yet');
  t.notMatch(none, '<form');
  t.end();
});

t.test('names on pages have gone through displayName', (t) => {
  for (const { name, html } of allPages('a\u202Eb')) {
    if (!name.startsWith('consent') && name !== 'account' && name !== 'sign-in') continue;
    t.match(html, /<bdi[^>]*>“?ab/, name);
  }
  const name = 'x'.repeat(200);
  const data = { action: '/', clientName: name, accountName: 'a', scopes: [] };
  t.notMatch(consentPage({ ...data, destination: { kind: 'web', name: 'h' } }), 'x'.repeat(80));
  t.end();
});

t.test(
  'text keeps a contrast of 4.5 to 1 on its ground, and what one operates 3 to 1, light and dark',
  (t) => {
    const css = readFileSync(new URL('../../../pages/look/colours.css', import.meta.url), 'utf8');
    const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
    for (const [scheme, block] of [
      ['light', light],
      ['dark', dark],
    ] as const) {
      const colour = (name: string): string => block.match(`--${name}: (#[0-9a-f]{6});`)?.[1] ?? '';
      const enough = (ink: string, ground: string, least: number) => {
        const ratio = contrast(colour(ink), colour(ground));
        t.ok(ratio >= least, `${scheme}: ${ink} on ${ground} is ${ratio.toFixed(2)}`);
      };
      for (const ground of ['ground', 'card', 'tint', 'warn-ground', 'alert-ground'])
        enough('ink', ground, 4.5);
      for (const ground of ['ground', 'card', 'tint']) enough('soft', ground, 4.5);
      for (const ground of ['accent', 'accent-strong']) enough('on-accent', ground, 4.5);
      for (const ground of ['card', 'tint']) enough('danger', ground, 4.5);
      for (const line of ['control', 'accent', 'warn-line', 'alert-line']) enough(line, 'card', 3);
    }
    t.end();
  },
);

/** WCAG 2.2's contrast ratio of two colours written #rrggbb. */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
