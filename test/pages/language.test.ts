// Which language a page speaks, and which wish is the stronger one.
import t from 'tap';
import { chooseLanguage } from '../../pages/language.ts';

const accepted = (language: string | false) => () => language as string | false;

t.test('a switch beats what was remembered, that beats the app, that beats the browser', (t) => {
  const wishes = { asked: 'ko', remembered: 'en', uiLocales: 'en', accepted: accepted('en') };
  t.equal(chooseLanguage(wishes), 'ko');
  const { asked, ...notAsked } = { ...wishes, remembered: 'ko' };
  t.equal(chooseLanguage(notAsked), 'ko', `without ${asked} what was remembered`);
  t.equal(chooseLanguage({ uiLocales: 'fr-CA ko-KR en', accepted: accepted('en') }), 'ko');
  t.equal(chooseLanguage({ accepted: accepted('ko') }), 'ko');
  t.equal(chooseLanguage({ accepted: accepted(false) }), 'en');
  t.end();
});

t.test('what is no language of ours is no wish', (t) => {
  for (const odd of ['fr', 'KO', '', 'ko"', ['ko'], null, 7, 'toString']) {
    t.equal(chooseLanguage({ asked: odd, accepted: accepted('ko') }), 'ko', JSON.stringify(odd));
    t.equal(chooseLanguage({ uiLocales: odd, accepted: accepted('en') }), odd === 'KO' ? 'ko' : 'en');
  }
  const many = `${'fr '.repeat(10_000)}ko`;
  t.equal(chooseLanguage({ uiLocales: many, accepted: accepted(false) }), 'en', 'a long list is not read');
  t.end();
});
