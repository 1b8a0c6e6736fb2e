// The one script of the pages in a real browser; passed over where there is none.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import t from 'tap';
import { connectPage } from '../../auth/pages/connect.ts';
import { doorPage } from '../../auth/pages/door.ts';
import { setupPage } from '../../auth/pages/setup.ts';
import { contentPolicy, permissionsPolicy } from '../../pages/policy.ts';
import { until } from '../support/until.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const frame = {
  language: 'ko',
  zone: 'UTC',
  host: 'nas.example',
  path: '/',
  links: {},
  switches: [],
} as const;

const skip = existsSync(executablePath) ? false : 'there is no Chromium';

t.test(
  'the script tells the zone, copies, shows a password and folds; without it all is there',
  { skip },
  async (t) => {
    const headers = {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': contentPolicy,
      'Permissions-Policy': permissionsPolicy,
    };
    const server = createServer((request, response) => {
      const urls = { mcpUrl: 'http://localhost:8082/mcp', connectUrl: '/connect', accountUrl: '/account' };
      const pages: Record<string, string> = {
        '/': doorPage(frame, { ...urls, isSignedIn: false }),
        '/setup': setupPage(frame, { action: '/setup' }),
        '/connect': connectPage(frame, { ...urls, reachability: 'device' }),
      };
      response.writeHead(200, headers).end(pages[request.url ?? '']);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
    const browser = await chromium.launch({ executablePath, args });
    t.teardown(async () => {
      await browser.close();
      server.close();
    });

    const context = await browser.newContext({ timezoneId: 'Asia/Seoul', permissions: ['clipboard-read'] });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => void problems.push(message.text()));
    page.on('pageerror', (error) => void problems.push(error.message));
    await page.goto(url);
    const [cookie] = await context.cookies();
    t.match(cookie, { name: 'loop_zone', value: 'Asia/Seoul', path: '/', sameSite: 'Lax' });
    const button = page.locator('button[data-copy=mcp-url]');
    t.equal(await button.textContent(), '복사');
    await button.click();
    await page
      .getByRole('status')
      .filter({ hasText: '복사했습니다' })
      .waitFor({ state: 'attached', timeout: 5000 });
    t.equal(await page.evaluate('navigator.clipboard.readText()'), 'http://localhost:8082/mcp');
    await page.goto(`${url}setup`);
    const password = page.locator('#password');
    await password.fill('what is typed here');
    await page.getByRole('button', { name: '비밀번호 보기' }).click();
    t.equal(await password.getAttribute('type'), 'text');
    t.equal(await password.evaluate((field) => field === field.ownerDocument.activeElement), true);
    await page.getByRole('button', { name: '비밀번호 숨기기' }).click();
    t.equal(await password.getAttribute('type'), 'password');
    await page.goto(`${url}connect`);
    const open = (): Promise<string[]> =>
      page.locator('details[open]').evaluateAll((folds) => folds.map(({ id }) => id));
    t.same(await open(), [], 'a long page is folded');
    await page.locator('#codex summary').click();
    await page.locator('#cursor summary').click();
    // Not the page's own waiting: the policy lets nothing be evaluated there.
    const remembered = (): Promise<unknown> => page.evaluate("sessionStorage.getItem('open')");
    await until(async () => (await remembered()) === 'cursor', 'what is open is remembered');
    t.same(await open(), ['cursor'], 'one at a time');
    await page.goto(`${url}connect`);
    t.same(await open(), ['cursor'], 'and the same one when the page is asked for again');
    await page.goto(`${url}setup`);
    await page.goto(`${url}connect#gemini`);
    t.same(await open(), ['gemini'], 'a link to one opens that one');
    t.same(problems, [], 'the policy lets it');

    const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    await plain.goto(url);
    t.notOk(await plain.locator('button[data-copy=mcp-url]').isVisible(), 'no button that does nothing');
    t.equal(await plain.locator('#mcp-url').textContent(), 'http://localhost:8082/mcp');
    await plain.goto(`${url}setup`);
    t.notOk(await plain.locator('button[data-show]').isVisible());
    await plain.goto(`${url}connect`);
    t.ok(await plain.locator('#gemini pre').first().isVisible(), 'everything is open');
  },
);
