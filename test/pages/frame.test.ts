// What a request makes of the frame: language, zone, switch.
import t from 'tap';
import { createFrame, type Reader, switchedLanguage } from '../../pages/frame.ts';

const server = { host: 'nas.example', path: '/', links: {} };

function readerOf(
  { query = '', cookies = {}, isAnswerToGet = true }: Partial<Reader> & { cookies?: Record<string, string> },
  accepted: string | false = false,
): Reader {
  return { query, isAnswerToGet, cookie: (name) => cookies[name], acceptsLanguages: () => accepted };
}

t.test('the switch keeps the rest of the query and never leaves the page', (t) => {
  const { switches, language } = createFrame(server, readerOf({ query: 'token=a%26b&lang=en' }, 'ko'));
  t.equal(language, 'en');
  t.same(
    switches.map(({ href }) => href),
    ['?token=a%26b&lang=en', '?token=a%26b&lang=ko'],
  );
  t.end();
});

t.test('the answer to a form has a switch only where it says which page it belongs to', (t) => {
  const reader = readerOf({ query: 'x=1', isAnswerToGet: false });
  t.same(createFrame(server, reader).switches, []);
  const { switches } = createFrame(server, reader, { address: '/setup?token=t' });
  t.equal(switches[1]?.href, '/setup?token=t&lang=ko');
  t.end();
});

t.test('the page’s own wish for a language is used where the address has none', (t) => {
  const { language } = createFrame(server, readerOf({}, 'en'), { uiLocales: 'ko' });
  t.equal(language, 'ko');
  t.equal(createFrame(server, readerOf({ query: 'ui_locales=ko' })).language, 'ko');
  t.equal(createFrame(server, readerOf({ cookies: { loop_lang: 'ko' } }, 'en')).language, 'ko');
  t.match(switchedLanguage('a=1&lang=ko', '/login'), {
    name: 'loop_lang',
    value: 'ko',
    options: { httpOnly: true, sameSite: 'lax', path: '/login', maxAge: 31_536_000_000 },
  });
  t.equal(switchedLanguage('lang=kr', '/login'), undefined);
  t.end();
});

t.test('the zone is one that is known, else UTC', (t) => {
  const zoneOf = (loop_zone: string) => createFrame(server, readerOf({ cookies: { loop_zone } })).zone;
  t.equal(zoneOf('Asia/Seoul'), 'Asia/Seoul');
  t.equal(zoneOf('Etc/GMT+9'), 'Etc/GMT+9');
  for (const odd of ['', 'Nowhere/Land', '+09:00', 'x'.repeat(100_000), 'Asia/Seoul"', '../etc']) {
    t.equal(zoneOf(odd), 'UTC', odd.slice(0, 20));
  }
  t.equal(createFrame(server, readerOf({})).zone, 'UTC');
  t.end();
});
