// auth/http/pages/return-to-app.ts: what stays in the browser when the answer goes to an app on the device.
import t from 'tap';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { ann, startLoopAuth } from '../../../support/loop-auth.ts';

const cursor = 'cursor://anysphere.cursor-mcp/oauth/callback';
const navigation = { headers: { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' } };

for (const [decision, title] of [
  ['allow', 'is connected'],
  ['deny', 'was not let in'],
] as const) {
  t.test(
    `after ${decision} a browser keeps a page that opens the app, and a program gets the redirect`,
    async (t) => {
      const world = await startLoopAuth(t);
      const app = await world.register({ client_name: 'Cursor <b>', redirect_uris: [cursor] });
      const attempt = world.authorization(app, { redirect_uri: cursor });
      for (const kind of ['browser', 'program'] as const) {
        const browser = new Browser();
        const consent = await browser.submit(await browser.visit(attempt.url), { ...ann });
        const action = /action="([^"]+)"/.exec(consent.text)?.[1] ?? '';
        const decided = await world.ask(action, {
          method: 'POST',
          body: new URLSearchParams({ decision }),
          headers: { Cookie: await browser.cookiesFor(world.issuer + action), Origin: world.origin },
        });
        const resume = new URL(decided.headers.get('Location') ?? '', world.issuer);
        const headers = {
          Cookie: await browser.cookiesFor(resume),
          ...(kind === 'browser' && navigation.headers),
        };
        const answer = await world.ask(resume.pathname, { headers });
        if (kind === 'program') {
          t.equal(answer.status, 303);
          t.match(answer.headers.get('Location'), new RegExp(`^${cursor}\\?`));
          continue;
        }
        t.equal(answer.status, 200);
        t.equal(answer.headers.get('Location'), null);
        t.match(answer.headers.get('Cache-Control'), 'no-store', 'the code is in it');
        t.match(answer.text, new RegExp(`“Cursor &lt;b&gt;”</bdi> ${title}`));
        const [, href] = /href="(cursor:[^"]+)"/.exec(answer.text) ?? [];
        const back = new URL((href ?? '').replaceAll('&amp;', '&'));
        t.equal(back.searchParams.get('state'), attempt.state);
        t.equal(back.searchParams.has(decision === 'allow' ? 'code' : 'error'), true);
        t.match(answer.text, `<meta http-equiv="refresh" content="0; url=${href}">`);
      }
    },
  );
}

t.test('an answer to a website or to a program on this computer is the redirect itself', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const { url } = world.authorization(await world.register());
  const consent = await browser.submit(await browser.visit(url), { ...ann });
  const done = await browser.submit(consent, { decision: 'allow' }, 'http://127.0.0.1:40404/callback');
  t.ok(done.url.searchParams.get('code'));
});
