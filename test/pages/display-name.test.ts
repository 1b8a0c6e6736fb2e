// pages/display-name.ts: text that a stranger chose, made safe to show.
import t from 'tap';
import { displayHost, displayName } from '../../pages/display-name.ts';

t.test("displayName keeps people's names and takes away what deceives", (t) => {
  const cases: [string, string, string][] = [
    ['plain', 'ChatGPT', 'ChatGPT'],
    ['CJK', '知識ベース助手', '知識ベース助手'],
    ['right to left', 'مساعد', 'مساعد'],
    ['joined emoji', '👩‍💻 notes', '👩‍💻 notes'],
    ['bidi overrides and isolates', 'a\u202Eb\u202Cc\u2066d\u2069\u200F\u061C', 'abcd'],
    ['control characters', 'a\u0000b\u001B[31m\u0085c\u007F', 'ab[31mc'],
    ['lines and runs of white space', '  a\r\n\t b\u2028c\u00A0\u3000d ', 'a b c d'],
    ['zero-width and soft hyphen', 'Cl\u200Bau\u00ADde\uFEFF', 'Claude'],
    ['tag, private and unassigned characters', 'a\u{E0041}\uE000\u0378b', 'ab'],
    ['a lone surrogate', 'a\uD800b', 'ab'],
    ['HTML stays text', '<b>x</b>', '<b>x</b>'],
  ];
  for (const [what, given, shown] of cases) {
    t.equal(displayName(given), shown, what);
  }
  t.end();
});

t.test('displayName is undefined where nothing can be seen, never long and never a tower of marks', (t) => {
  for (const blank of ['', ' \n', '\u202E\u200B', '\u3164\u115F', '\u200D\u200C', '\u2800', '\u0301\u0302']) {
    t.equal(displayName(blank), undefined, JSON.stringify(blank));
  }
  t.equal(displayName('n'.repeat(80)), 'n'.repeat(80));
  t.equal(displayName('n'.repeat(200)), `${'n'.repeat(79)}…`);
  t.equal([...(displayName('😀'.repeat(200)) ?? '')].length, 80, 'cut between characters, not inside one');
  t.ok(displayName('😀'.repeat(200))?.isWellFormed());
  t.ok((displayName(`x${'\u0336'.repeat(500)}`) ?? 'too long').length <= 5);
  t.equal(displayName('\u202E'.repeat(1_000_000)), undefined, 'a huge name costs nothing');
  t.end();
});

t.test('displayHost keeps the end of a host, which says whose it is', (t) => {
  t.equal(displayHost('chatgpt.com'), 'chatgpt.com');
  t.equal(displayHost('a\u202Eb.example'), 'ab.example');
  const shown = displayHost(`${'accounts.google.com.'.repeat(50)}evil.example`);
  t.match(shown, /^….*\.evil\.example$/);
  t.equal(shown.length, 280);
  t.end();
});
