// Which language loop-auth's pages speak, what a switch leaves behind, and what stands around a page.
import t from 'tap';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../../../scripts/demo/sign-in.ts';
import { ann, startLoopAuth } from '../../../support/loop-auth.ts';

const languageOf = ({ text }: { text: string }) => /<html lang="(\w+)">/.exec(text)?.[1];
const inKorean = { headers: { 'Accept-Language': 'ko-KR,ko;q=0.9,en;q=0.8' } };

t.test(
  'a page speaks the browser’s language, and another only where a person or an app says so',
  async (t) => {
    const { ask } = bind(await startLoopAuth(t));
    t.equal(languageOf(await ask('/account')), 'en');
    t.equal(languageOf(await ask('/account', { 'Accept-Language': 'fr' })), 'en');
    const korean = await ask('/account', inKorean.headers);
    t.equal(languageOf(korean), 'ko');
    t.match(korean.text, /<title>로그인 · loop<\/title>/);
    t.match(korean.headers.get('Vary'), /Accept-Language, Cookie/);
    t.equal(languageOf(await ask('/account', { ...inKorean.headers, Cookie: 'loop_lang=en' })), 'en');
    t.equal(languageOf(await ask('/account?lang=ko', { Cookie: 'loop_lang=en' })), 'ko');
    t.equal(languageOf(await ask('/account', { Cookie: 'loop_lang=xx' })), 'en');
  },
);

const html = { Accept: 'text/html' };

t.test(
  'a switch is remembered for a year, for pages of this server alone, out of reach of scripts',
  async (t) => {
    for (const [settings, issuerPath, expected] of [
      [{}, '/login', /^loop_lang=ko; path=\/login; expires=[^;]+; samesite=lax; httponly$/],
      [
        { AUTH_ISSUER: 'https://nas.example' },
        '',
        /^loop_lang=ko; path=\/; expires=[^;]+; samesite=lax; secure; httponly$/,
      ],
    ] as const) {
      const { ask } = bind(await startLoopAuth(t, { ...(issuerPath && { issuerPath }), settings }));
      const [cookie = '', ...others] = (await ask('/?lang=ko', html)).headers.getSetCookie();
      t.match(cookie.toLowerCase(), expected);
      t.same(others, []);
      const left = Date.parse(/expires=([^;]+)/.exec(cookie)?.[1] ?? '') - Date.now();
      t.ok(Math.abs(left / 86_400_000 - 365) < 1);
      t.same((await ask('/?lang=fr', html)).headers.getSetCookie(), []);
      t.same((await ask('/jwks?lang=ko')).headers.getSetCookie(), [], 'what is no page remembers nothing');
    }
  },
);

t.test('an app’s wish holds on the pages of its sign-in, until the person switches there', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  const page = await browser.visit(world.authorization(app, { ui_locales: 'fr ko' }).url);
  t.equal(languageOf(page), 'ko');
  const wrong = await browser.submit(page, { ...ann, password: 'not this one' });
  t.match(wrong.text, '사용자 이름이나 비밀번호가 맞지 않습니다.');
  t.match(
    wrong.text,
    `href="${page.url.pathname}?lang=en"`,
    'the switch of a form’s answer asks for its page',
  );
  const switched = await browser.visit(new URL('?lang=en', page.url));
  t.equal(languageOf(switched), 'en');
  const consent = await browser.submit(switched, ann);
  t.equal(languageOf(consent), 'en', 'the switch is stronger than the app from then on');
  t.match(consent.text, /<header[\s\S]*<bdi>ann<\/bdi>[\s\S]*<\/header>/, 'who is signed in');
});

t.test('the switch on /auth is for the sign-in that follows, and none of it reaches the app', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const { url } = world.authorization(app, { lang: 'ko' });
  const browser = new Browser();
  t.equal(languageOf(await browser.visit(url)), 'ko');
  const { url: back } = (await authorizeInBrowser(url, ann, { browser })) as unknown as { url?: URL };
  t.notMatch(String(back), 'lang=');
});

t.test('times are in the zone that the browser tells, else in UTC and said so', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  await world.connect({ browser });
  const page = await browser.visit(`${world.issuer}/account`);
  t.match(page.text, />\w+ \d+, \d+ at [\d:]+\s[AP]M \(UTC\) </);
  const Cookie = `${await browser.cookiesFor(`${world.issuer}/account`)}; loop_zone=Asia/Seoul`;
  const { text } = await world.ask('/account', { headers: { Cookie, ...inKorean.headers } });
  t.match(text, />\d+년 \d+월 \d+일 오[전후] [\d:]+ </);
});

t.test(
  'the head names the server, the foot links to the account, to how to connect, and to no other site',
  async (t) => {
    const settings = { AUTH_ISSUER: 'https://nas.example/login' };
    const { ask } = bind(await startLoopAuth(t, { issuerPath: '/login', settings }));
    for (const path of ['/account', '//evil.example/', '/nothing', '/auth?client_id=gone']) {
      const { text } = await ask(path, { ...html, Cookie: 'loop_lang=en' });
      t.match(text, /<header[\s\S]*nas\.example[\s\S]*<\/header>/, path);
      const links = [...text.matchAll(/<a href="([^"]*)"/g)].map(([, href = '']) =>
        href.replaceAll('&amp;', '&'),
      );
      t.same(
        links.filter((href) => !/^(\/login\/(account|connect)(\?lang=(ko|en))?$|\?)/.test(href)),
        [],
        path,
      );
      t.equal(links.length, 4, path);
    }
  },
);

t.test('an error speaks the reader’s language, and says small what the protocol says', async (t) => {
  const { ask } = bind(await startLoopAuth(t));
  const cases = [
    ['/auth', '처리하지 못했습니다', 'invalid_request: missing required parameter'],
    ['/auth?client_id=gone', '이 서버가 모르는 앱입니다', 'invalid_client'],
    ['/account/nothing', '여기에는 아무것도 없습니다', ''],
    ['/interaction/over', '이 로그인은 끝났습니다', 'invalid_request'],
  ] as const;
  for (const [path, title, code] of cases) {
    const { text } = await ask(path, { ...inKorean.headers, Cookie: 'loop_lang=ko' });
    t.match(text, `<h1>${title}</h1>`, path);
    t.match(text, '이렇게 해 보세요', path);
    if (code !== '') t.match(text, `<code lang="en">${code}`, path);
  }
  const foreign = await ask(
    '/account/sign-in',
    { ...inKorean.headers, Origin: 'https://evil.example' },
    'POST',
  );
  t.equal(foreign.status, 403);
  t.match(foreign.text, '<h1>다른 사이트에서 보낸 양식입니다</h1>');
  t.notMatch(foreign.text, /posted from another site|evil\.example/);
});

function bind(world: Awaited<ReturnType<typeof startLoopAuth>>) {
  return {
    ask: (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      world.ask(path, { method, headers: { Accept: 'text/html', ...headers } }),
  };
}
