// The one script of the pages in a real browser; passed over where there is none.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import t from 'tap';
import { setupDonePage } from '../../auth/pages/setup.ts';
import { contentPolicy, permissionsPolicy } from '../../pages/policy.ts';

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

t.test('the script tells the zone and copies; without it the text can be selected', { skip }, async (t) => {
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': contentPolicy,
    'Permissions-Policy': permissionsPolicy,
  };
  const server = createServer((_request, response) => {
    response.writeHead(200, headers).end(setupDonePage(frame, { mcpUrl: 'http://localhost:8082/mcp' }));
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
  t.same(problems, [], 'the policy lets it');

  const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await plain.goto(url);
  t.notOk(await plain.locator('button[data-copy=mcp-url]').isVisible(), 'no button that does nothing');
  t.equal(await plain.locator('#mcp-url').textContent(), 'http://localhost:8082/mcp');
});
