// In which language a terminal is spoken to.
import t from 'tap';
import { padColumns, terminalLanguage } from '../../../scripts/operator/terminal.ts';

t.test('the first of LC_ALL, LC_MESSAGES and LANG that says something decides', (t) => {
  for (const [environment, language] of [
    [{}, 'en'],
    [{ LANG: 'ko_KR.UTF-8' }, 'ko'],
    [{ LANG: 'ko' }, 'ko'],
    [{ LANG: 'ko-KR' }, 'ko'],
    [{ LANG: 'KO_KR.eucKR@x' }, 'ko'],
    [{ LANG: 'kok_IN' }, 'en'],
    [{ LANG: 'de_DE.UTF-8' }, 'en'],
    [{ LC_ALL: '', LC_MESSAGES: 'ko_KR.UTF-8', LANG: 'en_US.UTF-8' }, 'ko'],
    [{ LC_ALL: 'C', LC_MESSAGES: 'ko_KR.UTF-8', LANG: 'ko_KR.UTF-8' }, 'en'],
  ] as const) {
    t.equal(terminalLanguage(environment), language, JSON.stringify(environment));
  }
  t.end();
});

t.test('words line up, Korean ones too', (t) => {
  t.equal(padColumns('Notes', 8), 'Notes   ');
  t.equal(padColumns('노트', 8), '노트    ');
  t.equal(padColumns('longer than that', 8), 'longer than that ');
  t.end();
});
