// The server's own address and the page that says how to connect.
import t from 'tap';
import { Browser } from '../../../scripts/demo/browser.ts';
import { ann, resource, startLoopAuth } from '../../support/loop-auth.ts';

const html = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

t.test('a browser finds at the address of the server what it is, the MCP URL and the ways on', async (t) => {
  const world = await startLoopAuth(t);
  const answer = await world.ask('/', html);
  t.equal(answer.status, 200);
  t.match(answer.text, `loop on <bdi>${new URL(world.issuer).host}</bdi> is running`);
  t.match(answer.text, `id="mcp-url">${resource}</p>`);
  t.match(answer.text, /href="\/connect"[\s\S]*href="\/account">Sign in</);
});

t.test('whoever is not signed in reads the same whether or not there is an account', async (t) => {
  const [with_, without] = [await startLoopAuth(t), await startLoopAuth(t, { withoutAccount: true })];
  for (const path of ['/', '/connect']) {
    const texts = [with_, without].map(async (world) =>
      (await world.ask(path, html)).text.replaceAll(new URL(world.issuer).host, 'HOST'),
    );
    const [one, other] = await Promise.all(texts);
    t.equal(one, other, path);
    t.notMatch(one, /\bann\b/);
  }
});

t.test('a program finds there what it always found', async (t) => {
  const world = await startLoopAuth(t);
  for (const accept of ['*/*', 'application/json', 'application/json, text/event-stream']) {
    const answer = await world.ask('/', { headers: { Accept: accept } });
    t.equal(answer.status, 404, accept);
    t.same(answer.body, { error: 'not_found', error_description: 'there is nothing at this address' });
  }
});

t.test('whoever is signed in sees their name and the way to their account, on both pages', async (t) => {
  for (const issuerPath of ['', '/auth']) {
    const world = await startLoopAuth(t, { issuerPath });
    const browser = new Browser();
    await browser.submit(await browser.visit(`${world.issuer}/account`), { ...ann });
    const door = await browser.visit(`${world.issuer}/`);
    t.match(door.text, new RegExp(`<bdi>ann</bdi>[\\s\\S]*href="${issuerPath}/account">Account<`));
    t.match((await browser.visit(`${world.issuer}/connect`)).text, '<bdi>ann</bdi>');
  }
});

t.test(
  'the page waits for the first connection, can be told not to, and then says what happened',
  async (t) => {
    const world = await startLoopAuth(t);
    const browser = new Browser();
    await browser.submit(await browser.visit(`${world.issuer}/account`), { ...ann });
    const waiting = await browser.visit(`${world.issuer}/connect`);
    t.match(waiting.text, 'Waiting for the first connection');
    t.equal(waiting.headers.get('Refresh'), '10');
    const stopped = await browser.visit(`${world.issuer}/connect?look=no`);
    t.match(stopped.text, 'No app has connected yet');
    t.equal(stopped.headers.get('Refresh'), null);
    await world.connect({ browser });
    const connected = await browser.visit(`${world.issuer}/connect`);
    t.match(connected.text, /<bdi>A test<\/bdi><\/strong> is connected since/);
    t.equal(connected.headers.get('Refresh'), null, 'and is left alone from then on');
    const stranger = await world.ask('/connect', html);
    t.equal(stranger.headers.get('Refresh'), null, 'nobody else waits');
    t.notMatch(stranger.text, 'A test');
  },
);

t.test('every page leads to how to connect', async (t) => {
  const world = await startLoopAuth(t, { issuerPath: '/auth' });
  for (const path of ['/account', '/nothing'])
    t.match((await world.ask(path, html)).text, 'href="/auth/connect"');
});
