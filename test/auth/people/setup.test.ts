// The one-time link that makes the first account.
import t from 'tap';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { SetupLinkStore } from '../../../adapters/stores/setup-links.ts';
import { renewSetupLink } from '../../../auth/people/setup.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { authorizeInBrowser, createFirstAccount } from '../../../scripts/demo/sign-in.ts';
import { shiftClock } from '../../support/clock.ts';
import { ann, type LoopAuth, present, startLoopAuth } from '../../support/loop-auth.ts';

function linkOf(world: LoopAuth): string {
  const line = world.lines.findLast((one) => one.includes('"setupUrl"')) ?? '{}';
  return String((JSON.parse(line) as { setupUrl?: string }).setupUrl);
}

async function accounts(world: LoopAuth): Promise<string[]> {
  const rows = await world.database.all({ sql: 'SELECT username FROM accounts', slots: [] }, {});
  return rows.map(({ username }) => String(username));
}

t.test('the link makes the first account once, which can then sign in', async (t) => {
  const world = await startLoopAuth(t, { withoutAccount: true });
  const link = linkOf(world);
  t.match(link, new RegExp(`^${world.issuer}/setup\\?token=[\\w-]{43}$`), '256 bits');
  for (let n = 0; n < 3; n += 1)
    t.equal((await new Browser().visit(link)).status, 200, 'looking changes nothing');
  t.same(await accounts(world), []);
  await createFirstAccount(link, ann);
  t.same(await accounts(world), ['ann']);
  const used = await new Browser().visit(link);
  t.equal(used.status, 404, 'the link is gone');
  t.match(used.text, /has done its work[\s\S]*href="\/account">Sign in/, 'and says so');
  const again = await fetch(link, {
    method: 'POST',
    body: present({ username: 'eve', password: 'eve has a password' }),
  });
  t.equal(again.status, 404);
  t.same(await accounts(world), ['ann']);
  const answer = await authorizeInBrowser(world.authorization(await world.register()).url, ann);
  t.ok(answer.searchParams.get('code'));
  const log = world.lines.filter((line) => !line.includes('"setupUrl"')).join('\n');
  const token = new URL(link).searchParams.get('token') ?? '';
  t.notOk(log.includes(token), 'the token is in the line for the operator only');
  t.notOk((await world.storedBytes()).includes(token), 'and not in the database');
});

t.test('who made the account is signed in and is shown how to connect, also after a reload', async (t) => {
  for (const issuerPath of ['', '/auth']) {
    const world = await startLoopAuth(t, { withoutAccount: true, issuerPath });
    const browser = new Browser();
    const form = await browser.visit(linkOf(world));
    const answer = await fetch(linkOf(world), { redirect: 'manual' });
    t.equal(answer.status, 200);
    const page = await browser.submit(form, { ...ann });
    t.same([page.status, page.url.pathname], [200, `${issuerPath}/connect`]);
    t.match(page.text, /<bdi>ann<\/bdi>[\s\S]*Waiting for the first connection/);
    t.equal((await browser.visit(page.url)).status, 200, 'a reload is a page and no form');
    t.match((await browser.visit(`${world.issuer}/account`)).text, 'No app is connected yet', 'signed in');
    t.match(
      (await browser.visit(linkOf(world))).text,
      'has done its work',
      'Back to the link says what it was',
    );
  }
});

t.test('the answer to the form is 303, so that Back finds no form that was sent', async (t) => {
  const world = await startLoopAuth(t, { withoutAccount: true });
  const answer = await fetch(linkOf(world), {
    method: 'POST',
    body: present({ ...ann }),
    redirect: 'manual',
  });
  t.same([answer.status, answer.headers.get('Location')], [303, '/connect']);
});

t.test('without the right token there is a page that says how to get a link, and no form', async (t) => {
  const world = await startLoopAuth(t, { withoutAccount: true });
  const token = new URL(linkOf(world)).searchParams.get('token') ?? '';
  for (const query of [
    '',
    '?token=',
    '?token=guess',
    `?token=${token}x`,
    `?token=${token}&token=${token}`,
    `?token[]=${token}`,
  ]) {
    const get = await world.ask(`/setup${query}`);
    t.equal(get.status, 404, `GET ${query}`);
    t.match(get.text, /not good any more[\s\S]*docker compose restart loop-auth/);
    t.notMatch(get.text, '<form');
    const post = await world.post(`/setup${query}`, { username: 'eve', password: 'eve has a password' });
    t.equal(post.status, 404, `POST ${query}`);
  }
  t.same(await accounts(world), []);
});

t.test('two answers at the same moment make one account', async (t) => {
  const world = await startLoopAuth(t, { withoutAccount: true });
  const link = linkOf(world);
  const statuses = await Promise.all(
    ['ann', 'eve', 'bob'].map(async (username) => {
      const body = present({ username, password: `the password of ${username}` });
      return (await fetch(link, { method: 'POST', body, redirect: 'manual' })).status;
    }),
  );
  t.same(statuses.sort(), [303, 404, 404]);
  t.equal((await accounts(world)).length, 1);
});

t.test('what is typed wrong is said, and the link stays good', async (t) => {
  const world = await startLoopAuth(t, { withoutAccount: true });
  const link = linkOf(world);
  for (const [what, username, password, words] of [
    ['no name', '', 'a good password', /username/i],
    ['blanks', '   ', 'a good password', /username/i],
    ['a name that can not be seen', 'a\u200bb', 'a good password', /can not be seen/],
    ['a long name', 'x'.repeat(65), 'a good password', /longer than 64/],
    ['a short password', 'ann', 'nine sign', /at least 10/],
    ['one of the commonest', 'ann', 'Password123', /first that are guessed/],
    ['little more than the name', 'Margaret', 'margaret2026', /little more than the username/],
    ['a very long password', 'ann', 'x'.repeat(1025), /longer than 1024/],
  ] as const) {
    const response = await fetch(link, { method: 'POST', body: present({ username, password }) });
    t.equal(response.status, 422, what);
    const text = await response.text();
    t.match(text, words, what);
    if (password.length > 4) t.notMatch(text, `"${password}"`, 'the password is not shown again');
  }
  t.same(await accounts(world), []);
  await createFirstAccount(link, ann);
});

t.test('another site cannot send the form', async (t) => {
  const world = await startLoopAuth(t, { withoutAccount: true });
  const answer = await fetch(linkOf(world), {
    method: 'POST',
    body: present({ ...ann }),
    headers: { Origin: 'https://evil.example' },
  });
  t.equal(answer.status, 403);
  t.same(await accounts(world), []);
});

t.test('the link lasts 24 hours, a start renews it, and with an account there is none', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t, { withoutAccount: true });
  const first = linkOf(world);
  const store = new AccountStore(world.database);
  const links = new SetupLinkStore(world.database, store);
  clock.advance(24 * 3600 - 60);
  t.equal((await new Browser().visit(first)).status, 200, 'a minute before');
  clock.advance(61);
  t.equal((await new Browser().visit(first)).status, 404, 'a second after');
  t.equal((await fetch(first, { method: 'POST', body: present({ ...ann }) })).status, 404);
  const second = (await renewSetupLink(store, links, world.issuer)) ?? '';
  t.equal((await new Browser().visit(second)).status, 200, 'a start makes a new one');
  const third = (await renewSetupLink(store, links, world.issuer)) ?? '';
  t.equal((await new Browser().visit(second)).status, 404, 'which ends the one before');
  await createFirstAccount(third, ann);
  t.equal(await renewSetupLink(store, links, world.issuer), undefined);
  t.equal((await new Browser().visit(third)).status, 404);
});
