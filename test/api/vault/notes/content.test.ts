// What a note says, as Obsidian reads it: its title, its tags, where its links lead, its fields.
import t from 'tap';
import { createIndexWords } from '../../../../api/vault/index/words.ts';
import { type NoteContent, parseNoteContent } from '../../../../api/vault/notes/content.ts';
import { takeAtOnce } from '../../../../api/vault/pace/steps.ts';

const read = (text: string, id = 'Folder/Name.md'): NoteContent =>
  takeAtOnce(parseNoteContent(id, Buffer.from(text)));
const targets = (text: string, id?: string) => read(text, id).links.map(({ target }) => target);
const written = (text: string) => read(text).links.map((link) => link.written);

t.test(
  'a title is that of the front matter, the heading that opens the note, or the name of the file',
  (t) => {
    const cases: [title: string, note: string][] = [
      ['Name', '## Tasks\n- [ ] buy narwhal food'],
      ['Name', 'lead text\n## Alpha'],
      ['Name', 'lead text\n# Alpha'],
      ['Name', '## Alpha\n# Beta'],
      ['Name', '%% a comment %%\n# Alpha'],
      ['Name', '> # Alpha'],
      ['Name', '- # Alpha'],
      ['Name', '    # Alpha'],
      ['Name', '```\n# Alpha\n```'],
      ['Name', '#\n\ntext'],
      ['Name', '#Alpha'],
      ['Name', 'Alpha\n-----'],
      ['Name', '---\n---\n'],
      ['Alpha', '# Alpha'],
      ['Alpha', '\n \n\t\n# Alpha #'],
      ['Alpha', '---\nstatus: done\n---\n\n# Alpha\n# Beta'],
      ['Alpha', 'Alpha\n====='],
      ['Alpha', '\r\nAlpha\r\n=\r\ntext'],
      ['Alpha and more', 'Alpha\nand more\n==='],
      ['Bold and shown', '# **Bold** and [[Note|shown]]'],
      ['Folder/Note#H and Label', '# [[Folder/Note#H]] and [Label](<x.md> "t")'],
      ['snake_case_name, 2*3*4 and __init__.py', '# snake_case_name, 2*3*4 and __init__.py'],
      ['a * b, a*b, code_x & $x_1*y*z$', '# a * b, a*b, `code_x` &amp; $x_1*y*z$'],
      ['*not* new x', '# \\*not\\* ==new== <b>x</b> %%hidden%%'],
      ['이것은 강조입니다', '이것은 **강조**입니다\n==='],
      ['**', '# **'],
      ['**own**', '---\ntitle: "**own**"\n---\n# Alpha'],
      ['2024', '---\ntitle: 2024\n---\n# Alpha'],
      ['1.10', '---\ntitle: 1.10 # a version\n---\n'],
      ['007', '---\ntitle: 007\n---\n'],
      ['true', '---\ntitle: true\n---\n'],
      ['2026-11-26', '---\ntitle: 2026-11-26\n---\n'],
      ['2', '---\ntitle: 2\n---\n'],
      ['20261126123456789012', '---\ntitle: 20261126123456789012\n---\n'],
      ['Own', '---\nTitle: Own\n---\n# Alpha'],
      ['Alpha', '---\ntitle: Own: one\n---\n# Alpha'],
      ['Name', '---\ntitle: Own: one\n---\ntext'],
      ['Own: one', '---\ntitle: "Own: one"\n---\n# Alpha'],
      ['Alpha', '---\ntitle:\n---\n# Alpha'],
      ['Alpha', '---\ntitle: "  "\n---\n# Alpha'],
      ['Alpha', '---\ntitle: [a, b]\n---\n# Alpha'],
    ];
    for (const [title, note] of cases) t.equal(read(note).title, title, JSON.stringify(note));
    t.match(
      createIndexWords('Folder/Name.md', read('# Alpha')).title,
      /Name/,
      'found by its name all the same',
    );
    t.end();
  },
);

t.test('headings of every form are known, and no others', (t) => {
  t.same(read('One\n===\n\nTwo\n---\n### Three\n> # Quoted\n\n    # Code\n\n- - -\n').headings, [
    'One',
    'Two',
    'Three',
  ]);
  t.end();
});

t.test('tags are what Obsidian reads as tags', (t) => {
  const cases: [tags: string[], note: string][] = [
    [['🚀launch', 'ship🚢'], '#🚀launch #ship🚢'],
    [['🏳️‍🌈', '👩‍💻dev', '🇰🇷'], '#🏳️‍🌈 #👩‍💻dev #🇰🇷'],
    [['a/b/c', '인증/서버', 'été', 'x_y-z'], '#a/b/c #인증/서버 #été #x_y-z'],
    [['y2026', '2026/11'], '#123 #y2026 #2026/11 #４２'],
    [['tl', 'tm', 'tn', 'to'], '#tl#tm #tn/#to'],
    [['uc', 'wc'], 'x _#uc_ y, snake_case_#wc'],
    [['uo', 'up'], '|a|b|\n|-|-|\n|#uo|x|\n| y | #up |'],
    [['uo'], 'a | b\n--- | :-:\n#uo|x'],
    [['tf', 'tg'], '[Discord #tf](https://x.y/#no "#no") [a #tg][ref] [b](<c #no>)\n\n[ref]: /u#no "#no"'],
    [['pf', 'qi', 'qj'], '\t\n\t\n#pf\tx\u00a0#qi\u3000#qj'],
    [[], '(#pa) "#pc" .#pd x—#pe a#b &#35;x *#x* [#y]'],
    [['a', 'b'], '#a, #b. #'],
    [['in', 'head', 'item', 'quote'], '# #in a #head\n- #item\n> #quote'],
    [[], '<!-- #incomment --> $x #inmath y$ %% #inobsidiancomment %%'],
    [['qe', 'qh'], 'a <!-- #qa --> b <!--\n#qb\n--> c\nz #qe\nafter #qh'],
    [['e'], '<!--\n#a\n\n#b\n-->\n\n#e'],
    [['a', 'c'], '#a %% #b %% #c'],
    [['a', 'c'], '#a %%\n#b\n\n# H #b\n```\n#b\n%% #c'],
    [['a'], '100%% sure #a'],
    [['a'], '`%%` #a `%%`'],
    [['a', 'b'], '```\n%% #no\n```\n#a\n\n~~~\n%% #no\n~~~\n#b'],
    [[], 'm $a #ra b$ n and x $$ #rb $$ y'],
    [['e'], '$$\n#qd\n\n#qd\n$$\n#e'],
    [['a', 'b'], 'it cost $5 #a and $6 #b'],
    [['a', 'b'], '$ #a $ \\$x #b y$'],
    [['tv'], '```markdown\n```typescript\nx #tu\n```\nprose #tv\n```\ncode #tw\n```'],
    [[], '    #sa at top\n\npara\n\n    #sb indented after blank\n\n\t#sc'],
    [['a', 'b'], 'para\n    #a\n\n- item\n\n    #b\n\n      #c\n\n          #no'],
    [['a'], '`#no` ``#no ` #no`` `x\n#no` #a'],
    [['a'], '<div>\nhello #tp\n</div>\n\n#a\n\n<p>x #tr</p>'],
    [['a', 'b'], 'x <b title="y #no">#no #a</b> #b'],
    [['a', 'b'], 'x <! y #a <!DOCTYPE #no> <![x <![CDATA[ #no ]]> <?no #no?> #b'],
    [['a'], '<https://x.y/ #a> and <https://x.y/#no>'],
    [[], '[[Note #no]] ![[Note #no|x #no]]'],
  ];
  for (const [tags, note] of cases) {
    t.same(read(note).tags, tags, JSON.stringify(note));
    t.same(read(note.replaceAll('\n', '\r\n')).tags, tags, 'with the line endings of Windows');
  }
  t.end();
});

t.test('wiki links lead to a path, without heading, block and text', (t) => {
  const cases: [links: string[], note: string][] = [
    [['B'], '[[B]] [[B#Heading]] [[B#^block]] [[B|shown]] ![[B]] [[B.md]] [[ B ]]'],
    [['B'], '| [[B\\|shown]] |'],
    [['B', 'C'], '| a | b |\n| - | - |\n| [[B\\|shown]] | x `|` y [[C#h\\|s]] |'],
    [['B'], '| a | b |\n| - | - |\n| [[B|shown]] | x |'],
    [['/Root', '/Links/Sib', '/Links/sub/D'], '[[../Root]] [[./Sib]] [[./sub/../sub/D#h|x]]'],
    [['/Abs', 'a/b'], '[[/Abs]] [[a/b]]'],
    [['B'], '[[B|see [1] there]]'],
    [['B', 'c'], '[see [[B]]](https://x.y) [[c]](d)'],
    [['B', 'c', 'd'], '[[B]](x) ![[c|shown]](y.md) [[d]](<z> "t")'],
    [[], '[[#Heading]] [[^block]] [[|x]] [[]] [[a\nb]] [[https://x.y/z]]'],
    [[], '`[[no]]`\n\n    [[no]]\n\n```\n[[no]]\n```\n%% [[no]] %%\n$[[no]]$\n<!-- [[no]] -->'],
    [['B'], '# [[B]]'],
    [['B'], '- [ ] [[B]]'],
    [['B'], '> [!note] [[B]]'],
    [['B'], '[^1]\n\n[^1]: see [[B]]'],
  ];
  for (const [links, note] of cases) t.same(targets(note, 'Links/A.md'), links, JSON.stringify(note));
  t.same(written('[[../Root#h|x]] [[B.md]] [t](c%20d.md#e)'), ['../Root', 'B.md', 'c d.md']);
  t.end();
});

t.test('links in properties are links, in text, lists and maps', (t) => {
  const cases: [links: string[], fields: string][] = [
    [['B'], 'related: "[[B]]"'],
    [['B', 'C'], 'related:\n  - "[[B]]"\n  - "[[C#x|shown]]"'],
    [['B', 'C'], 'related: ["[[B]]", \'[[C]]\']'],
    [['B', 'C'], 'related: "[[B]] and [[C]]"'],
    [['B'], 'people: {lead: {who: "[[B]]"}}'],
    [['B'], 'related: [[B]]'],
    [['B', 'C'], 'related:\n  - [[B]]\n  - [[C]]'],
    [['./b c', './d'], 'related: "[x](b%20c.md) and [y](d)"'],
    [['/Folder/B'], 'related: "[[./B]]"'],
    [[], 'related: [B, 3]\nmatrix: [[1]]\nsite: https://x.y'],
  ];
  for (const [links, fields] of cases) t.same(targets(`---\n${fields}\n---\n`), links, fields);
  t.same(targets('---\na: "[[B]]"\n---\n[[C]] [[B]]'), ['B', 'C'], 'before those of the text, each once');
  t.end();
});

t.test('Markdown links lead to a path in every form of CommonMark', (t) => {
  const cases: [links: string[], note: string][] = [
    [
      ['./b'],
      '[x](b.md) [x](b) [x](b.md "t") [x](b.md \'t\') [x](b.md (t)) [x]( b.md ) [x](<b.md>) ![x](b.md#h)',
    ],
    [['./Foo (x)'], '[x](<Foo (x).md>) [x](Foo%20(x).md) [x](Foo%20%28x%29) [x](Foo%20\\(x\\).md)'],
    [['./a & b'], '[x](<a &amp; b.md>) [x](a%20&#38;%20b.md)'],
    [['./föö', './日本'], '[x](f%C3%B6&ouml;.md) [x](日本.md)'],
    [['./b'], '[a][b] [b][] [b]\n\n[b]: b.md "t"'],
    [['./b c'], "[a][Some   LABEL]\n\n[some label]:\n  <b c.md>\n  't'"],
    [['./b', './c'], '[![img](b.md)](c.md)'],
    [['./b'], '[a [x](b.md)](c.md)'],
    [['./b'], '[a `](no.md)` b](b.md)'],
    [['./b'], 'a link\nover [two\nlines](b.md\n"t")'],
    [['./b'], '> - [x](b.md)'],
    [['/Up', '/Folder/sub/b', '/abs/c'], '[x](../Up.md) [x](./sub/b.md) [x](/abs/c.md)'],
    [[], '[x](b c.md) [x] (b.md) \\[x](b.md) [x](<b\n.md>) `[x](b.md)` [x](b.md "t" u)'],
    [[], '[x](https://x.y/b.md) [x](mailto:a@b.c) [x](//x.y/b.md) [x](#here) [x]() [x](folder/)'],
    [[], '[x] [x][y]'],
    [['./100%'], '[x](100%.md)'],
  ];
  for (const [links, note] of cases) t.same(targets(note), links, JSON.stringify(note));
  t.end();
});

t.test('fields stand on lines, in lists and in brackets', (t) => {
  const cases: [fields: [string, string][], note: string][] = [
    [[['status', 'waiting']], 'status:: waiting'],
    [[['status', 'waiting']], '- status:: waiting'],
    [[['status', 'waiting']], '- [ ] **Status**:: waiting'],
    [
      [
        ['status', 'a'],
        ['due date', '2026-11-26'],
      ],
      'text\nstatus:: a\ndue date:: 2026-11-26',
    ],
    [[['status', 'waiting']], 'is [status:: waiting] now'],
    [[['status', 'waiting']], 'is (status:: waiting) now'],
    [
      [
        ['who', '[[Kim Minji]]'],
        ['x', 'y'],
      ],
      '[who:: [[Kim Minji]]] (x::y)',
    ],
    [[['상태', '대기']], '상태:: 대기'],
    [[['status', '']], 'status::'],
    [[], '`status:: waiting` and `[a:: b]`\n\n    status:: x\n\n```\nstatus:: x\n```'],
    [[], 'use std::vector here, [a](b::c) and https://x.y/::z'],
  ];
  for (const [fields, note] of cases) t.same(read(note).fields, fields, JSON.stringify(note));
  t.end();
});
