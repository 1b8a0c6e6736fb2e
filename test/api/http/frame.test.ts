// loop-api's pages: the language and the frame of what a request tells, and the headers that pages carry.
import t from 'tap';
import { scriptHash, styleHash } from '../../../pages/templates.ts';
import { startWorld } from '../../support/loop-api.ts';

t.test('a page speaks the browser’s language, or the one that was switched to', async (t) => {
  const { url } = await startWorld(t);
  const page = async (query: string, headers: Record<string, string>) => {
    const answer = await fetch(`${url}/notes/a.md${query}`, { headers });
    return { language: /<html lang="(\w+)">/.exec(await answer.text())?.[1], headers: answer.headers };
  };
  t.equal((await page('', { 'Accept-Language': 'ko' })).language, 'ko');
  t.equal((await page('', { 'Accept-Language': 'ko', Cookie: 'a=b; loop_lang=en' })).language, 'en');
  const switched = await page('?lang=ko', { Cookie: 'loop_lang=en' });
  t.equal(switched.language, 'ko');
  t.match(
    switched.headers.get('set-cookie'),
    /^loop_lang=ko; Max-Age=31536000; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
  );
  t.equal((await page('?lang=fr', {})).headers.get('set-cookie'), null);
  t.match(switched.headers.get('vary'), /Accept-Language, Cookie/);
});

t.test('a page has the head and the foot of loop, and one script and style by their hashes', async (t) => {
  const { url, auth } = await startWorld(t);
  const answer = await fetch(`${url}/notes/a.md`);
  const html = await answer.text();
  t.match(html, /<header[\s\S]*notes\.example[\s\S]*<\/header>\n<main[\s\S]*<\/main>\n<footer/);
  t.match(html, `href="${auth.issuer}/account"`);
  t.match(html, '<meta name="color-scheme" content="light dark">');
  t.match(html, /:root \{\s+color-scheme: light dark/);
  const policy = answer.headers.get('content-security-policy');
  t.match(policy, `style-src ${styleHash}; script-src ${scriptHash}; `);
  t.match(answer.headers.get('permissions-policy'), /camera=\(\).*geolocation=\(\)/);
});
