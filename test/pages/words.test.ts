// The words: equal in both languages, safe in HTML, and nowhere else than in their files.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { particles } from '../../pages/korean.ts';
import { createWords, type WordKey } from '../../pages/words.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

type Tree = { readonly [name: string]: string | Tree };

type Word = readonly [key: string, words: string];

function listWords(words: Tree, path = ''): Word[] {
  return Object.entries(words).flatMap(([name, value]): Word[] =>
    typeof value === 'string' ? [[`${path}${name}`, value]] : listWords(value, `${path}${name}.`),
  );
}

const [en, ko] = ['en', 'ko'].map(
  (language) => new Map(listWords(JSON.parse(read(`pages/words/${language}.json`)))),
) as [Map<string, string>, Map<string, string>];

t.test('both languages have the same words, in the same order', (t) => {
  t.same([...ko.keys()], [...en.keys()]);
  t.ok(en.size > 80);
  t.end();
});

t.test('both languages put the same values and elements into them', (t) => {
  const suffix = new RegExp(`_(${Object.keys(particles).join('|')})$`);
  const holds = (words = ''): string[] => {
    const values = [...words.matchAll(/\{(\w[^,}]*)/g)].map(([, name = '']) => name.replace(suffix, ''));
    const elements = [...words.matchAll(/<\/?\w[^>]*>/g)].map(([element]) => element);
    return [...new Set([...values, ...elements])].sort();
  };
  for (const [key, words] of en) t.same(holds(ko.get(key)), holds(words), key);
  t.notMatch([...en.values()].join(), suffix, 'particles are Korean');
  t.end();
});

t.test('each is a message that can be read', (t) => {
  for (const language of ['en', 'ko'] as const) {
    const { text } = createWords({ language, zone: 'UTC' });
    for (const key of en.keys()) {
      // A value that is missing is no fault of the message.
      const isRead = (error: unknown): boolean => /was not provided/.test(String(error));
      try {
        text(key as WordKey);
      } catch (error) {
        t.ok(isRead(error), `${language} ${key}: ${error}`);
      }
    }
  }
  t.end();
});

t.test('Korean words are Korean, and polite throughout', (t) => {
  for (const [key, words] of ko) {
    t.match(words, key === 'consent.quoted' ? /“/ : /[가-힣]/, key);
    t.notMatch(words, /(해|어|아|에|예|죠|네)요[.?!]/, `${key}: 합니다 and 하세요`);
  }
  t.end();
});

t.test('a name in Korean words has its particle', (t) => {
  const { html, text } = createWords({ language: 'ko', zone: 'UTC' });
  t.match(html('signIn.letUse', { app: '민지<노트>' }), /“민지&lt;노트&gt;”<\/bdi>가 /);
  t.match(html('signIn.letUse', { app: 'Claude' }), /“Claude”<\/bdi>이\(가\) /);
  t.match(text('faults.passwordTooShort', { least: 10 }), '10자 이상');
  t.end();
});

t.test('a value is no message: braces, dollars and elements in it stay as they are', (t) => {
  const { html, text } = createWords({ language: 'en', zone: 'UTC' });
  const odd = '{app} $& $1 <b>"\'& \\';
  t.match(html('consent.beforeReadIn', { folders: odd }), '{app} $&amp; $1 &lt;b&gt;&quot;&#39;&amp; \\.');
  t.equal(text('consent.beforeReadIn', { folders: odd }), `It could read in ${odd}.`);
  t.throws(() => text('consent.nothing' as WordKey), /no words for consent\.nothing/);
  t.end();
});

t.test('a moment is told in the zone and the manner of its reader, and UTC is said', (t) => {
  const moment = Date.UTC(2026, 10, 25, 16, 4) / 1000;
  t.equal(createWords({ language: 'ko', zone: 'Asia/Seoul' }).moment(moment), '2026년 11월 26일 오전 1:04');
  t.match(
    createWords({ language: 'en', zone: 'UTC' }).moment(moment),
    /^November 25, 2026 at 4:04\sPM \(UTC\)$/,
  );
  const until = new Date(moment * 1000);
  const { text } = createWords({ language: 'ko', zone: 'Asia/Seoul' });
  t.match(text('faults.tooManyTries', { until }), '오전 1:04부터', 'a date in words is its time of day');
  t.end();
});

const templates = globSync(['pages/look/*.eta', '{auth,api}/pages/**/*.eta'], { cwd: root });
const sources = globSync('{auth,api}/pages/**/*.ts', { cwd: root });
const scripts = globSync('scripts/{,doctor/,changes/}*.ts', { cwd: root });
// Names of products and of what one types.
const named = /\b(loop|ChatGPT|Claude|Code|claude mcp add --transport http)\b/g;

t.test('no words stand in a template or in the code of a page', (t) => {
  t.ok(templates.length > 8);
  for (const file of templates) {
    const shown = read(file)
      .replace(/<!doctype html>|<style>.*<\/style>|<%[\s\S]*?%>/g, '')
      .replace(/(?<= )(?!aria-label=|title=|alt=|placeholder=)[\w:-]+="[^"]*"/g, '')
      .replace(/<\/?!?[a-z][\w]*|>/g, '')
      .replace(named, '');
    t.notMatch(
      shown.replace(/\b(required|hidden|checked|disabled|autofocus|open|alt|aria-label|aria-current)\b/g, ''),
      /[A-Za-z가-힣]{2}/,
      file,
    );
  }
  for (const file of sources) {
    const texts = read(file)
      .split('\n')
      .filter((line) => !/^\s*(\/\/|\/?\*)|import|Error\(/.test(line))
      .flatMap((line) => [...line.matchAll(/'([^'\n]*)'|`([^`\n]*)`/g)].map(([text]) => text));
    // Two words with a small letter at each side of the blank are a sentence.
    const sentences = texts.filter(
      (text) => /[a-z,]{2} [a-z]{2,}/.test(text) || /[가-힣] [가-힣]/.test(text),
    );
    t.same(sentences, [], file);
  }
  t.end();
});

t.test('templates ask for words that there are, and every word is asked for', (t) => {
  const asked = new Set<string>();
  const dynamic = [
    'activityEvents.',
    'activitySteps.',
    'causes.',
    'changePage.did.',
    'changesPage.did.',
    'errors.',
    'faults.',
    'faultPages.',
    'frame.',
    'notices.',
    'passkeyPlaces.',
    'question.',
    'undoPage.stays.',
    'undoPage.will.',
    'vaultPage.',
  ];
  for (const file of [...templates, ...sources, ...scripts]) {
    for (const [, key = ''] of read(file).matchAll(/'([a-z]\w*\.[\w.]+)'/g)) {
      if (file.endsWith('.eta')) t.ok(en.has(key), `${file}: ${key}`);
      asked.add(key);
    }
  }
  t.same(
    [...en.keys()].filter((key) => !asked.has(key) && !dynamic.some((section) => key.startsWith(section))),
    [],
  );
  t.end();
});

t.test(
  'templates put nothing into a page unescaped but words, the body, the style, the scripts, a rendered note and each other',
  (t) => {
    for (const file of templates) {
      for (const [, raw = ''] of read(file).matchAll(/<%~\s*([\s\S]*?)\s*%>/g)) {
        t.match(
          raw,
          /^(it\.(say\(.*\)|body|title|style|script|passkeyScript|rendered)|include\('@[a-z]+', .*\))$/,
          file,
        );
      }
    }
    t.end();
  },
);

t.test('a page of dates makes one formatter, and many zones don’t pile theirs up', (t) => {
  const { DateTimeFormat } = Intl;
  let made = 0;
  Intl.DateTimeFormat = new Proxy(DateTimeFormat, {
    construct: (target, options) => {
      made += 1;
      return Reflect.construct(target, options);
    },
  });
  t.teardown(() => {
    Intl.DateTimeFormat = DateTimeFormat;
  });
  const dates = (zone: string): void => {
    for (let n = 0; n < 100; n += 1) createWords({ language: 'ko', zone }).moment(n * 86_400);
  };
  dates('Pacific/Auckland');
  t.equal(made, 1);
  const zones = Intl.supportedValuesOf('timeZone').slice(0, 40);
  for (const zone of [...zones, 'Pacific/Auckland']) dates(zone);
  t.equal(made, 42, 'those of others were let go');
  t.end();
});
