// Where an app may have people sent, and what a person is told of it (RFC 8252, RFC 9700).
import t from 'tap';
import { redirectHost } from '../../../../auth/clients/metadata.ts';
import { destinationOf } from '../../../../auth/clients/redirects/addresses.ts';
import { findSchemeFault } from '../../../../auth/clients/redirects/schemes.ts';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { type App, ann, type LoopAuth, startLoopAuth } from '../../../support/loop-auth.ts';

async function consentFor(world: LoopAuth, app: App, redirectUri: string): Promise<string> {
  const browser = new Browser();
  const signIn = await browser.visit(world.authorization(app, { redirect_uri: redirectUri }).url);
  return (await browser.submit(signIn, { ...ann })).text;
}

const warning = 'can pretend to be this app';

t.test(
  'the address that is really used decides what consent says, whatever else is registered',
  async (t) => {
    const world = await startLoopAuth(t);
    const web = 'https://claude.ai/x';
    const local = 'http://localhost/callback';
    const own = 'com.example.app:/cb';
    const app = await world.register({ redirect_uris: [local, web, own] });
    const onDevice = await consentFor(world, app, 'http://localhost:7777/callback');
    t.match(onDevice, warning, 'a loopback address beside a web address');
    t.match(onDevice, '>localhost:7777<');
    const onWeb = await consentFor(world, app, web);
    t.notMatch(onWeb, warning, 'the web address of the same app');
    t.match(onWeb, '>claude.ai<');
    const inApp = await consentFor(world, app, own);
    t.match(inApp, warning, 'its own scheme');
    t.match(inApp, /an app on this device that opens <code>com\.example\.app:<\/code> links/);
  },
);

t.test('a scheme that is spelled like a host is never shown as one', async (t) => {
  const world = await startLoopAuth(t);
  const redirectUri = 'chatgpt.com:/connector_platform_oauth_redirect';
  const app = await world.register({
    client_name: 'ChatGPT',
    client_uri: 'https://chatgpt.com/',
    redirect_uris: [redirectUri],
  });
  const browser = new Browser();
  const signIn = await browser.visit(world.authorization(app, { redirect_uri: redirectUri }).url);
  const consent = await browser.submit(signIn, { ...ann });
  for (const [name, { text }] of Object.entries({ signIn, consent })) {
    t.match(text, /an app on this device that opens <code>chatgpt\.com:<\/code> links/, name);
    t.notMatch(text, /chatgpt\.com:\/\//, name);
  }
  t.match(consent.text, warning);
  t.equal(redirectHost(redirectUri), 'an app that opens chatgpt.com: links', 'in lists, too');
});

t.test('every spelling of a host is told as the one that it is', (t) => {
  for (const [uri, kind, name] of [
    ['https://app.example/cb', 'web', 'app.example'],
    ['https://app.example:8443/cb', 'web', 'app.example:8443'],
    ['https://bank.example@evil.example/', 'web', 'evil.example'],
    ['https://bank.example%2f@evil.example/', 'web', 'evil.example'],
    ['https://bank.example\\@evil.example/', 'web', 'bank.example'],
    ['https://CLAUDE.AI/cb', 'web', 'claude.ai'],
    ['https://claude.ai./cb', 'web', 'claude.ai.'],
    ['https://%63laude.ai/cb', 'web', 'claude.ai'],
    ['https://сlaude.ai/cb', 'web', 'xn--laude-0ye.ai'],
    ['https://xn--laude-0ye.ai/cb', 'web', 'xn--laude-0ye.ai'],
    ['https://ｅvil.example/cb', 'web', 'evil.example'],
    ['https://localhost.evil.example/cb', 'web', 'localhost.evil.example'],
    ['https://127.0.0.1.nip.io/cb', 'web', '127.0.0.1.nip.io'],
    ['https://[2001:db8::1]:1/cb', 'web', '[2001:db8::1]:1'],
    ['https://192.168.1.5/cb', 'web', '192.168.1.5'],
    ['http://localhost:1/cb', 'device', 'localhost:1'],
    ['http://LOCALHOST/cb', 'device', 'localhost'],
    ['https://localhost/cb', 'device', 'localhost'],
    ['https://localhost./cb', 'device', 'localhost.'],
    ['https://claude.ai.localhost/cb', 'device', 'claude.ai.localhost'],
    ['http://127.0.0.1:1/cb', 'device', '127.0.0.1:1'],
    ['https://127.9.9.9/cb', 'device', '127.9.9.9'],
    ['https://2130706433/cb', 'device', '127.0.0.1'],
    ['https://0x7f.1/cb', 'device', '127.0.0.1'],
    ['https://0.0.0.0/cb', 'device', '0.0.0.0'],
    ['http://[::1]:9/cb', 'device', '[::1]:9'],
    ['https://[::ffff:127.0.0.1]/cb', 'device', '[::ffff:7f00:1]'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'app', 'cursor:'],
    ['cursor://localhost/cb', 'app', 'cursor:'],
    ['com.example.app:/cb', 'app', 'com.example.app:'],
    ['Claude.AI:/cb', 'app', 'claude.ai:'],
  ] as const) {
    t.same(destinationOf(uri), { kind, name }, uri);
  }
  t.end();
});

t.test('the last labels of a very long host stay in view', async (t) => {
  const world = await startLoopAuth(t);
  const host = `chatgpt.com.${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.evil.example`;
  const redirectUri = `https://${host}/cb`;
  const app = await world.register({ redirect_uris: [redirectUri] });
  const text = await consentFor(world, app, redirectUri);
  t.match(text, `>${host}<`);
});

const schemesOfApps = [
  ...[
    'cursor',
    'vscode',
    'vscode-insiders',
    'code-oss',
    'vscodium',
    'windsurf',
    'claude',
    'zed',
    'goose',
    'raycast',
  ],
  ...[
    'warp',
    'lmstudio',
    'jan',
    'obsidian',
    'kiro',
    'trae',
    'msteams',
    'slack',
    'com.example.app',
    'x.y',
    'a1b2c3',
  ],
];
const schemesOfOthers = [
  ...[
    'javascript',
    'data',
    'vbscript',
    'blob',
    'file',
    'about',
    'view-source',
    'filesystem',
    'jar',
    'chrome',
    'resource',
  ],
  ...[
    'chrome-extension',
    'moz-extension',
    'edge',
    'devtools',
    'ws',
    'wss',
    'ftp',
    'mailto',
    'tel',
    'sms',
    'ssh',
    'sftp',
  ],
  ...[
    'ldap',
    'smb',
    'nfs',
    'urn',
    'magnet',
    'news',
    'telnet',
    'vnc',
    'rdp',
    'git',
    'webcal',
    'geo',
    'facetime',
    'callto',
  ],
  ...[
    'ms-msdt',
    'ms-settings',
    'ms-officecmd',
    'ms-word',
    'search-ms',
    'search',
    'shell',
    'hcp',
    'res',
    'mk',
    'its',
  ],
  ...[
    'microsoft-edge',
    'onenote',
    'intent',
    'android-app',
    'content',
    'market',
    'itms-services',
    'prefs',
    'web+notes',
  ],
  ...['ext+notes', 'x-apple.systempreferences', 'x', 'ab', 'x-1', 'a+b'],
];

t.test('schemes of the browser, the system and public protocols lead to no app', async (t) => {
  for (const scheme of schemesOfApps) t.equal(findSchemeFault(scheme), undefined, scheme);
  const world = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
  for (const [n, scheme] of [...schemesOfOthers, 'MS-MSDT', 'Shell'].entries()) {
    const answer = await world.ask('/reg', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': `192.0.2.${n}` },
      body: JSON.stringify({ redirect_uris: [`${scheme}:/x`] }),
    });
    t.equal(answer.status, 400, scheme);
    t.match(answer.body['error_description'], /^redirect_uris must not use /, scheme);
  }
});

t.test('an address that a parser reads as another than it is written is refused by its field', async (t) => {
  const world = await startLoopAuth(t);
  for (const uri of [
    ' https://app.example/cb',
    'https://app.example/cb ',
    'https://app.example/cb\n',
    'https://app.example/\tcb',
    'ht\ntps://app.example/cb',
    'https:app.example/cb',
    'https:/app.example/cb',
    'https:///app.example/cb',
    'https:\\\\app.example\\cb',
    'https://app.example\\@evil.example/cb',
    'https://user@app.example/cb',
    'https://user:password@app.example/cb',
    'https://%61pp.example/cb',
    'https://аpp.example/cb',
    'https://app.example:/cb',
    'https://app.example:0443/cb',
    'https://app.example/a/../cb',
    'https://app.example/a/%2E%2e/cb',
    'https://app.example/./cb',
    'https://2130706433/cb',
    'https://127.0.0.1./cb',
    'https://app.example/콜백',
    'https://app.example/{cb}',
    'http://127.1/cb',
    'http://0x7f000001/cb',
    'http://localhost./cb',
    'http://127.0.0.2/cb',
    'com.example.app:/a b',
    'com.example.app:/cb#x',
    'https://app.example/cb#',
  ]) {
    const { status, body } = await world.tryRegister({ redirect_uris: ['https://app.example/ok', uri] });
    t.equal(status, 400, JSON.stringify(uri));
    t.equal(body['error'], 'invalid_redirect_uri', JSON.stringify(uri));
    t.match(body['error_description'], /^redirect_uris must /, JSON.stringify(uri));
  }
});

t.test('what real clients write is taken as it is', async (t) => {
  const world = await startLoopAuth(t);
  for (const uri of [
    'https://app.example',
    'https://app.example?x=1',
    'https://app.example/cb?a=b&c=%20d;e',
    'https://App.Example/cb',
    'https://app.example:443/cb',
    'https://app.example:8443/cb',
    'https://xn--bcher-kva.example/cb',
    'https://[2001:db8::1]/cb',
    "https://app.example/~user/cb;v=1,2(3)*'!@:",
    'http://localhost',
    'http://127.0.0.1:80/cb',
    'http://[::1]:3000/cb',
    'HTTP://LOCALHOST:3000/cb',
    'com.example.app:/oauth2redirect',
    'com.example.app://oauth2redirect',
    'com.example.app:cb',
    'cursor://anysphere.cursor-mcp/oauth/callback',
  ]) {
    const { status, body } = await world.tryRegister({ redirect_uris: [uri] });
    t.equal(status, 201, `${uri}: ${body['error_description']}`);
    t.same(body['redirect_uris'], [uri]);
    const { searchParams } = world.authorization(
      { clientId: String(body['client_id']) },
      { redirect_uri: uri },
    ).url;
    const { headers } = await world.ask(`/auth?${searchParams}`);
    t.match(headers.get('Location'), '/interaction/', `${uri}: a person is asked`);
  }
});
