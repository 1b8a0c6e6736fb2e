// The checks themselves: each must see what it is for.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { openBrowser, watchOf } from './support/browser.ts';
import { expectAccessible, expectStill, findStir, findViolations } from './support/expect.ts';

const browser = await openBrowser(t);

/** Opens a page that says this, from a server of its own under a policy as strict as loop's. */
async function openHtml(t: Test, body: string, options: { status?: number } = {}): Promise<Page> {
  const server = createServer((_request, response) => {
    response.writeHead(options.status ?? 200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; connect-src *",
    });
    response.end(
      `<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head><body>${body}</body></html>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const page = await browser.open(t);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return page;
}

const sound = '<main><h1>A page</h1><p>It is as it should be.</p></main>';

t.test('a sound page passes both checks, also where its status is an error', async (t) => {
  for (const status of [200, 404]) {
    const page = await openHtml(t, sound, { status });
    await expectAccessible(t, page);
    await expectStill(t, page);
  }
});

t.test('text too pale and a page without a heading are not accessible', async (t) => {
  const pale = await openHtml(t, '<main><h1>A page</h1><p style="color:#ccc">Pale.</p></main>');
  t.match(await findViolations(pale), [/^color-contrast/]);
  const headless = await openHtml(t, '<main><p>No heading.</p></main>');
  t.match(await findViolations(headless), [/^page-has-heading-one/]);
});

t.test('what is against the policy, fails to load or is wider than the window is not still', async (t) => {
  const script = await openHtml(t, `${sound}<script>1</script>`);
  t.match(await findStir(script), [/Content Security Policy/]);
  const image = await openHtml(t, `${sound}<img src="/none" alt="">`, {
    status: 404,
  });
  t.match(await findStir(image), [/404 .*\/none/]);
  const wide = await openHtml(t, `${sound}<div style="width:1500px">wide</div>`);
  t.match(await findStir(wide), [/px wider/]);
});

t.test('a page that asks another origin is not still', async (t) => {
  const page = await openHtml(t, `${sound}<img src="https://tracker.example/dot.png" alt="">`);
  t.match(await findStir(page), [/ERR_/, 'asked elsewhere: https://tracker.example/dot.png']);
  // so that the end of this test does not find it again
  watchOf(page).strangers.length = 0;
});

t.test('Korean is drawn with letters, not with boxes', async (t) => {
  const page = await openHtml(t, '<main lang="ko"><p>한</p><p>글</p></main>');
  const [first, second] = await Promise.all([0, 1].map((index) => page.locator('p').nth(index).screenshot()));
  t.notSame(first, second, 'two syllables look different; where not, install fonts-nanum');
});
