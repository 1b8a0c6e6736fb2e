// A browser that keeps no cookie is told so, and nobody else is.
import t from 'tap';
import { Browser, type Page } from '../../../../scripts/demo/browser.ts';
import { ann, startLoopAuth } from '../../../support/loop-auth.ts';

/** Behind a proxy that strips cookies, or set to block them. */
class CookielessBrowser extends Browser {
  override async cookiesFor(): Promise<string> {
    return '';
  }
}

const blocked = /Cookies are blocked[\s\S]*Allow cookies/;

for (const issuerPath of ['', '/auth']) {
  t.test(
    `a sign-in of an app says that cookies are blocked where they are, below “${issuerPath}/”`,
    async (t) => {
      const loop = await startLoopAuth(t, { issuerPath });
      const page = await new CookielessBrowser().visit(loop.authorization(await loop.register()).url);
      t.equal(page.status, 400);
      t.match(page.text, blocked);
      t.match(page.headers.get('Cache-Control'), 'no-store');
    },
  );
}

t.test('nobody is sent anywhere else for that, whatever stands in the address', async (t) => {
  const loop = await startLoopAuth(t);
  for (const name of ['https:evil.example', 'javascript:0', '%2Fevil.example']) {
    const { status, headers } = await loop.ask(`/interaction/${name}`, { headers: { Accept: 'text/html' } });
    t.equal(status, 303);
    const { origin, pathname } = new URL(headers.get('Location') ?? '', `${loop.issuer}/interaction/${name}`);
    t.same([origin, pathname], [loop.origin, `/interaction/${name}`]);
  }
});

t.test('a sign-in that began elsewhere, or is over, is called what it is', async (t) => {
  const loop = await startLoopAuth(t);
  const app = await loop.register();
  const page = await new Browser().visit(loop.authorization(app).url);
  const isOver = ({ status, text }: Page) => status === 400 && /This sign-in is over/.test(text);
  t.ok(isOver(await new Browser().visit(page.url)), 'another browser that keeps cookies');
  t.ok(isOver(await new Browser().visit(`${loop.issuer}/interaction/nothing`)));
  t.ok(isOver(await new Browser().submit(page, { ...ann })), 'a form whose cookies were cleared meanwhile');
  t.equal((await loop.ask('/interaction/nothing')).status, 400, 'a program is not sent around');
});

t.test('the sign-in of the account page says so with the form still there', async (t) => {
  const loop = await startLoopAuth(t);
  const browser = new CookielessBrowser();
  const page = await browser.submit(await browser.visit(`${loop.issuer}/account`), { ...ann });
  t.equal(page.status, 400);
  t.match(page.text, /role="alert"[^>]*>Your browser sent no cookie back/);
  t.match(page.text, 'name="password"');
  t.match(page.text, 'value="ann"');
  const kept = new Browser();
  const wrong = await kept.submit(await kept.visit(`${loop.issuer}/account`), { ...ann, password: 'wrong' });
  t.notMatch(wrong.text, 'no cookie', 'a wrong password is no blocked cookie');
  t.equal((await loop.post('/account/sign-in', { ...ann })).status, 303, 'nor is who saw no page of ours');
});
