// Front matter: what is read, what stays text, and that nothing in it can hurt.
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { parseDocument } from 'yaml';
import { parseNoteContent } from '../../../../api/vault/notes/content.ts';
import { parseFrontMatter } from '../../../../api/vault/notes/front-matter.ts';
import { parseSimpleYaml } from '../../../../api/vault/notes/simple-yaml.ts';
import { parseYaml, toPlainValue } from '../../../../api/vault/notes/yaml-document.ts';
import { takeAtOnce } from '../../../../api/vault/pace/steps.ts';

const fieldsOf = (yaml: string) => parseFrontMatter(`---\n${yaml}\n---\ntext`);

t.test('fields are read as plain values and the text starts after them', (t) => {
  const note =
    '---\r\nstatus: active\r\ntags:\r\n  - a\r\n  - 인증\r\ndue: 2026-11-22\r\nn: 2\r\n---\r\nHello';
  const { fields, textStart, warning } = parseFrontMatter(note);
  t.same(fields, { status: 'active', tags: ['a', '인증'], due: '2026-11-22', n: 2 });
  t.equal(note.slice(textStart), 'Hello');
  t.equal(warning, undefined);
  t.same(parseFrontMatter('---\n---\nHello').fields, {});
  t.same(parseFrontMatter('\ufeff---\na: 1\n---\n').fields, { a: 1 });
  t.same(fieldsOf('nested:\n  deep: [1, {a: b}]').fields, { nested: { deep: [1, { a: 'b' }] } });
  t.end();
});

t.test('a rule or an unfinished block is text', (t) => {
  for (const note of ['---\nno end', 'text\n---\na: 1\n---', '----\na: 1\n----\n', ' ---\na: 1\n---\n', '']) {
    t.same(parseFrontMatter(note), { fields: {}, textStart: 0 }, JSON.stringify(note));
  }
  t.end();
});

t.test('front matter that is not YAML stays in the text, with a warning', (t) => {
  for (const yaml of [
    'a: b: c',
    'a: [1',
    '\tx: 1',
    '- a\n- list',
    'just words',
    'a: 1\na: 2',
    'a: *nobody',
  ]) {
    const { fields, textStart, warning } = fieldsOf(yaml);
    t.same({ fields, textStart }, { fields: {}, textStart: 0 }, yaml);
    t.match(warning, /^The front matter is shown as text: /);
  }
  t.end();
});

t.test('aliases, circles, depth and size are bounded', (t) => {
  const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 10; level += 1) {
    laughs.push(
      `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  }
  const hostile = [
    laughs.join('\n'),
    'a: &a [*a]',
    `a: ${'['.repeat(20_000)}`,
    `a: ${'['.repeat(5000)}${']'.repeat(5000)}`,
    `a: "${'x'.repeat(70_000)}"`,
    `a: &a "${'x'.repeat(30_000)}"\nb: [${Array(40).fill('*a').join(', ')}]`,
  ];
  for (const yaml of hostile) {
    const startedAt = performance.now();
    t.match(fieldsOf(yaml).warning, /shown as text/, yaml.slice(0, 30));
    t.ok(performance.now() - startedAt < 2000, 'in time');
  }
  t.same(Object.getPrototypeOf(fieldsOf('__proto__: {polluted: 1}').fields), Object.prototype);
  t.equal(({} as { polluted?: number }).polluted, undefined);
  t.end();
});

t.test('the short way reads what the YAML library reads, or leaves it to the library', (t) => {
  const names = ['a', 'tags', 'entity_type', '상태', 'b-c', 'a1'];
  const values = [
    ...[
      'active',
      'true',
      'True',
      'null',
      '~',
      'yes',
      '0',
      '-0',
      '-5',
      '007',
      '1.5',
      '1e3',
      '0x1f',
      '.inf',
      '+1',
    ],
    ...[
      '2026-11-22',
      '2026-11-22T10:00',
      '12:30',
      'a: b',
      'a:b',
      'a #b',
      'a#b',
      '#b',
      '[a, b]',
      '[a, [b]]',
      '[]',
    ],
    ...[
      '[a, ]',
      '[1, true, "x"]',
      '["a, b"]',
      '[a: b]',
      '{a: b}',
      '"x y"',
      "'x'",
      '"x\\n"',
      "'it''s'",
      '"x" y',
    ],
    ...[
      '- x',
      '-x',
      '&a x',
      '*a',
      '!!str 1',
      '|',
      '>',
      '%x',
      '@x',
      '`x',
      'x,y',
      '?x',
      'x?',
      'x:',
      'a\tb',
      '인증 서버',
    ],
    ...[
      '"[[Kim Minji]]"',
      '[[Kim Minji]]',
      'https://example.com/a#b',
      '',
      ' ',
      'x ',
      'NaN',
      '123456789012345678',
    ],
  ];
  const lines = [
    ...values.map((value) => `- ${value}`),
    ...values.map((value) => `  - ${value}`),
    '',
    '  x',
    '# c',
  ];
  let seed = 3;
  const pick = <Value>(from: Value[]) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return from[Math.floor((seed / 2 ** 32) * from.length)] as Value;
  };
  let simple = 0;
  const check = (source: string) => {
    const ours = parseSimpleYaml(source);
    if (ours !== undefined) {
      simple += 1;
      // A comment is not simple: the same fields by way of the library.
      const { fields, warning } = fieldsOf(`# a comment\n${source}`);
      if (warning !== undefined || JSON.stringify(ours) !== JSON.stringify(fields)) {
        t.same(ours, warning ?? fields, source);
      }
    }
  };
  for (const value of values) {
    check(`a: ${value}`);
    check(`a:\n- ${value}`);
    check(`a:\n  - ${value}\n  - b`);
    check(`a: [x, ${value}, y]`);
  }
  for (let round = 0; round < 4000; round += 1) {
    const size = 1 + (round % 5);
    check(
      Array.from({ length: size }, () => (round % 2 ? `${pick(names)}: ${pick(values)}` : pick(lines))).join(
        '\n',
      ),
    );
    check(`${pick(names)}:\n${pick(lines)}\n${pick(lines)}\n${pick(names)}: ${pick(values)}`);
  }
  t.ok(simple > 200, `${simple} simple ones`);
  t.same(parseSimpleYaml('tags: [a, b]\nstatus: active\nn: 3\nowner: "[[Kim]]"\nlist:\n  - x\n  - y'), {
    tags: ['a', 'b'],
    status: 'active',
    n: 3,
    owner: '[[Kim]]',
    list: ['x', 'y'],
  });
  t.end();
});

t.test('the short way and the library agree on whatever the short way takes', (t) => {
  const names = [
    'a',
    'b',
    'tags',
    'null',
    'NULL',
    '~',
    'true',
    'True',
    'FALSE',
    'yes',
    'on',
    'N',
    '1',
    '1a',
    'a-',
    '_a',
  ];
  names.push(
    '상태',
    'é',
    'e\u0301',
    'a b',
    'a.b',
    '<<',
    '__proto__',
    'constructor',
    '"a"',
    '?',
    'NaN',
    '.inf',
    '\u{10400}',
    'ª',
  );
  names.push(...[99, 100, 101, 1025].map((length) => 'x'.repeat(length)));
  const pieces = [
    ...'ab01-+.,:#"\'[]{}&*!|>%@`~?\\/=<_^$(); \u00a0\u3000\u2003\u2028\u0085\ufeff\u200b\té가🎉\ud800',
  ];
  pieces.push(
    '- ',
    ', ',
    ': ',
    ' #',
    '00',
    '<<',
    '  ',
    'null',
    'Null',
    'true',
    'True',
    'false',
    'FALSE',
    '1e3',
    '0x1',
    '0o7',
  );
  pieces.push(
    '1_000',
    '2026-11-26',
    '2026-11-26T10:00:00Z',
    '1:30',
    '.inf',
    '.NaN',
    'NaN',
    '[[a]]',
    '"a"',
    "'a'",
    '"a, b"',
    '&a',
    '*a',
  );
  let seed = 5;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const pick = (from: string[]) => from[random(from.length)] ?? '';
  const value = () => Array.from({ length: random(4) }, () => pick(pieces)).join('');
  const list = () =>
    `[${Array.from({ length: random(4) }, value).join(pick([',', ', ', ' ,', ',  ']))}]${pick(['', '', ' ', ',', ' #c'])}`;
  const lines: (() => string)[] = [
    ...Array.from({ length: 4 }, () => () => `${pick(names)}: ${value()}`),
    () => `${pick(names)}:`,
    () => `${pick(names)}:${pick(['', '  ', '\u00a0'])}${value()}`,
    () => `${pick(names)}: ${list()}`,
    () => `- ${value()}`,
    () => `  - ${value()}`,
    () => `${' '.repeat(random(4))}-${' '.repeat(1 + random(3))}${value()}`,
    () => pick(['', ' ', '#c', '- ', '-', 'a', '\u00a0', '%x']),
    () => ` ${pick(names)} : ${value()}`,
  ];
  const line = () => lines[random(lines.length)]?.() ?? '';
  let simple = 0;
  for (let round = 0; round < 40_000; round += 1) {
    const source = Array.from({ length: 1 + random(3) }, line).join('\n');
    const ours = parseSimpleYaml(source);
    if (ours !== undefined) {
      simple += 1;
      const document = parseDocument(source, { logLevel: 'silent', resolveKnownTags: false });
      const theirs = document.errors[0]?.message ?? JSON.stringify(document.toJS());
      if (JSON.stringify(ours) !== theirs) t.equal(JSON.stringify(ours), theirs, JSON.stringify(source));
    }
  }
  t.ok(simple > 1000, `${simple} simple ones`);
  t.end();
});

t.test(
  'the library stops at the first thing that is wrong, and finds the same things wrong as before',
  (t) => {
    const pieces = [
      'a',
      'b',
      '1',
      'null',
      'true',
      ': ',
      '\n',
      ', ',
      '[',
      ']',
      '{',
      '}',
      '- ',
      '\n- ',
      '\n  ',
      '"',
      "'",
      '&a ',
      '*a',
    ];
    pieces.push(
      '!t ',
      '!!str ',
      '|\n',
      '>\n',
      '#c',
      '? ',
      '<<: ',
      '\na: ',
      '\nb: ',
      'a: ',
      'b: ',
      '  ',
      '\t',
      '\\',
      '1: ',
      '1.0: ',
      '"a": ',
      '~: ',
    );
    let seed = 3;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const read = (parse: () => unknown): string => {
      try {
        return JSON.stringify(parse());
      } catch {
        return 'refused';
      }
    };
    let sound = 0;
    for (let round = 0; round < 4_000; round += 1) {
      const source = Array.from({ length: 1 + random(10) }, () => pieces[random(pieces.length)] ?? '').join(
        '',
      );
      const ours = read(() => toPlainValue(parseYaml(source)) ?? {});
      const theirs = read(() => {
        const document = parseDocument(source, { logLevel: 'silent', resolveKnownTags: false });
        if (document.errors[0]) throw document.errors[0];
        return document.toJS() ?? {};
      });
      sound += ours === 'refused' ? 0 : 1;
      if (ours !== theirs) t.equal(ours, theirs, JSON.stringify(source));
    }
    t.ok(sound > 500, `${sound} that can be read`);
    t.end();
  },
);

t.test('front matter is nested 64 levels deep at most, whichever thread reads it', (t) => {
  const nested = (levels: number) => fieldsOf(`a: ${'['.repeat(levels)}${']'.repeat(levels)}`);
  t.equal(nested(62).warning, undefined);
  for (const levels of [64, 100, 1000, 10_000]) t.match(nested(levels).warning, /shown as text/, `${levels}`);
  t.match(fieldsOf(`a: &a x\nb: [${'*a, '.repeat(51)}]`).warning, /shown as text/, 'aliases');
  t.end();
});

t.test('a note gives its title, tags, headings and links, code aside', (t) => {
  const read = (text: string) => takeAtOnce(parseNoteContent('Folder/Name.md', Buffer.from(text)));
  const content = read(
    [
      '---\naliases: one, two\ntags: "#a b"\n---',
      '# The title #',
      'See [[Other|shown]], [[Deep/Path#Part]], ![[Embedded]], [x](../Up%20there.md#y), [w](https://example.com/z.md).',
      '```\n# not a heading #not-a-tag [[Not a link]]\n```',
      'A `[[not this]]` and #real/tag, #B and #123 but a#not.',
      '## With [[Link in heading]]',
    ].join('\n'),
  );
  t.equal(content.title, 'The title');
  t.same(content.aliases, ['one', 'two']);
  t.same(content.tags, ['a', 'b', 'real/tag']);
  t.same(content.headings, ['The title', 'With [[Link in heading]]']);
  t.same(
    content.links.map(({ target }) => target),
    ['Other', 'Deep/Path', 'Embedded', '/Up there', 'Link in heading'],
  );
  t.equal(read('---\ntitle: From the field\n---\n# Heading').title, 'From the field');
  t.equal(read('no heading').title, 'Name');
  t.end();
});

t.test('bytes that are not text are named and not shown; bytes that are not UTF-8 are told', (t) => {
  const binary = takeAtOnce(parseNoteContent('a.md', Buffer.from('PNG\0\x01')));
  t.same([binary.text, binary.title, binary.warnings.length], ['', 'a', 1]);
  const latin = takeAtOnce(parseNoteContent('a.md', Buffer.from([0x63, 0x61, 0x66, 0xe9])));
  t.equal(latin.text, 'caf\ufffd');
  t.match(latin.warnings[0], /not UTF-8/);
  t.end();
});

t.test('nothing of a note is said on standard error, whatever its keys', async (t) => {
  const warned: Error[] = [];
  const listen = (warning: Error) => warned.push(warning);
  process.on('warning', listen);
  t.teardown(() => process.off('warning', listen));
  t.ok(parseFrontMatter('---\na: {{secret pangolin}}\n? [x, y]\n: 1\n---\n').fields['a']);
  await setImmediate();
  t.same(warned, []);
});

t.test('what YAML 1.1 has a tag for stays as it is written', (t) => {
  const { fields, warning } = parseFrontMatter('---\nx: !!binary aGVsbG8=\ny: !!set {a, b}\n---\n');
  t.match(fields, { x: 'aGVsbG8=' });
  t.equal(warning, undefined);
  t.end();
});
