// Which notes a search finds and in what order: reports of users, each with the notes that it needs.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openNotes } from '../../../../support/open-notes.ts';
import { until } from '../../../../support/until.ts';

async function openSearched(t: Test, notes: Record<string, string>) {
  const world = await openNotes(t, notes);
  const find = async (query: string, limit = 10): Promise<string[]> =>
    (await world.vault.search(query, { limit })).map(({ id }) => id);
  return { ...world, find };
}

/** The words of a vault are counted after its notes are there to be found. */
async function whenCounted(find: (query: string) => Promise<string[]>, query: string, id: string) {
  await until(async () => (await find(query)).includes(id), query);
}

t.test('an option of a command is a word', async (t) => {
  const { find } = await openSearched(t, {
    'Ops.md': 'The user dislikes rm -rf on a mount. Use docker run -d nginx.',
    'Other.md': 'nothing of the kind',
  });
  t.same(await find('rm -rf'), ['Ops.md']);
  t.same(await find('docker run -d'), ['Ops.md']);
  t.same(await find('docker -nginx'), ['Ops.md'], 'an exclusion that leaves nothing is dropped');
});

t.test('an exclusion takes away what it names, and stays where something is left', async (t) => {
  const { find } = await openSearched(t, { 'a.md': 'alpha beta', 'b.md': 'alpha gamma' });
  t.same(await find('alpha -beta'), ['b.md']);
  t.same(await find('alpha -"gamma"'), ['a.md']);
  t.same((await find('beta -gamma')).sort(), ['a.md']);
});

t.test(
  'a plain question finds the note that is called so, not the one that has its small words',
  async (t) => {
    const { find } = await openSearched(t, {
      'c.md': '# Long\nHow do I do what I do? my notes on a phone',
      'd.md': '# Back up your notes\nCopy the folder to another disk.',
    });
    t.equal((await find('How do I back up my notes?'))[0], 'd.md');
  },
);

t.test('a note with every word does not hide the others', async (t) => {
  const everything = 'backup restore folder disk phone copy note vault '.repeat(40);
  const { find } = await openSearched(t, {
    'FAQ.md': everything,
    'Restore a vault.md': 'Copy it back.',
    'x.md': 'restore',
  });
  t.same(
    (await find('restore the vault to a phone')).sort(),
    ['FAQ.md', 'Restore a vault.md', 'x.md'].sort(),
  );
  t.equal((await find('how to restore the vault'))[0], 'Restore a vault.md');
});

t.test('words that stand together come before words apart, and more of them before fewer', async (t) => {
  const filler = 'lorem ipsum dolor sit amet '.repeat(40);
  const { find } = await openSearched(t, {
    'apart.md': `quantum ${filler} cheese`,
    'near.md': `${filler} quantum cheese ${filler.slice(0, 5)}`,
    'one.md': `quantum ${filler}`,
  });
  t.same(await find('quantum cheese'), ['near.md', 'apart.md', 'one.md']);
});

t.test('inflections meet, in both directions', async (t) => {
  const { find } = await openSearched(t, {
    'category.md': 'a category of things',
    'categories.md': 'many categories',
    'testing.md': 'testing is dull',
    'cached.md': 'it was cached',
  });
  await whenCounted(find, 'categories', 'category.md');
  t.same((await find('category')).sort(), ['categories.md', 'category.md']);
  t.same(await find('tests'), ['testing.md']);
  t.same(await find('caching'), ['cached.md']);
});

t.test('a part of a long word is found, lower down than the word itself', async (t) => {
  const { find } = await openSearched(t, {
    'plugin.md': 'ObsidianOmnisearch is a plugin',
    'word.md': `${'something else '.repeat(50)} omnisearch`,
    'code.md': 'call getUserName() first',
  });
  await whenCounted(find, 'omnisearch', 'plugin.md');
  t.same(await find('Omnisearch'), ['word.md', 'plugin.md']);
  t.same(await find('username'), ['code.md']);
  t.same(await find('username zebra'), ['code.md']);
});

t.test('one misspelt word costs no more than its weight', async (t) => {
  const { find } = await openSearched(t, {
    'Walrus.md': 'it lives in the north',
    'Ostrich.md': 'it lives in the south',
    'wallet.md': 'money',
  });
  await whenCounted(find, 'wallrus', 'Walrus.md');
  t.same(await find('wallrus'), ['Walrus.md']);
  t.same(await find('warlus'), ['Walrus.md'], 'two letters in each other’s place');
  t.equal((await find('wallrus north'))[0], 'Walrus.md');
  t.equal((await find('zzzzzz ostrich'))[0], 'Ostrich.md');
  t.same(await find('wallet'), ['wallet.md'], 'a word that is there stands for itself');
  t.same(await find('xyzzyplugh'), []);
});

t.test('a word that comes with a change is known in its other forms too', async (t) => {
  const { find, directory } = await openSearched(t, { 'a.md': 'first', 'b.md': 'second' });
  await whenCounted(find, 'frist', 'a.md');
  await writeFile(join(directory, 'a.md'), 'a hedgehog');
  await until(async () => (await find('hedgehogs')).includes('a.md'), 'the change');
  t.same(await find('hedgehgo'), ['a.md']);
});

t.test('what is written as one comes first where it stands so', async (t) => {
  const { find } = await openSearched(t, {
    'a.md': 'better is the enemy. sqlite3 has a file format. better not.',
    'b.md': 'we use better-sqlite3 here',
  });
  t.equal((await find('better-sqlite3'))[0], 'b.md');
  t.equal((await find("Goodhart's"))[0], undefined);
});

t.test('a name in Korean is found with its particles, and with a space in it', async (t) => {
  const { find } = await openSearched(t, {
    '해시 테이블.md': '값을 찾는다',
    '테이블 예약.md': '식당 테이블을 예약한다',
    '일일 노트.md': '템플릿을 고른다',
  });
  t.equal((await find('해시테이블을 구현하는 방법'))[0], '해시 테이블.md');
  t.equal((await find('일일 노트에 템플릿을 적용'))[0], '일일 노트.md');
  t.equal((await find('테이블을 예약하려면 어떻게 하나요'))[0], '테이블 예약.md');
});

t.test('a note is found by its name, however many others have the words of it', async (t) => {
  const others = Object.fromEntries(
    Array.from({ length: 60 }, (_, number) => [`${number}.md`, 'obsidian create first note '.repeat(3)]),
  );
  const text = 'lorem ipsum dolor sit amet '.repeat(200);
  const { find } = await openSearched(t, {
    ...others,
    'Obsidian.md': text,
    'About Obsidian.md': text,
    'Create your first note.md': text,
  });
  t.equal((await find('About Obsidian'))[0], 'About Obsidian.md', 'its small words included');
  t.equal((await find('obsidian'))[0], 'Obsidian.md');
  t.equal((await find('create your first note'))[0], 'Create your first note.md');
  t.equal((await find('How do I create the first note?'))[0], 'Create your first note.md');
  t.not((await find('about obsidian -note'))[0], '0.md');
});

t.test('the words of a question do not outweigh the name that is asked for', async (t) => {
  const { find } = await openSearched(t, {
    '편지.md': `그것은 무엇인가요? 설명해줘. 알려주세요. ${'바다와 하늘 '.repeat(20)}`,
    '목록 뷰.md': '줄마다 하나씩 보여 준다',
    '手紙.md': `これは何ですか。教えてください。${'海と空。'.repeat(20)}`,
    'カスタムドメイン.md': '自分の住所を使う',
    'Letter.md': `Please tell me what to say. ${'the sea and the sky '.repeat(20)}`,
    'List view.md': 'one to a line',
    'Budget.md': 'money',
    'Ledger.md': 'why the quarterly pelican migration budget was moved into facilities',
  });
  for (const query of ['목록 뷰는 무엇인가요?', '목록 뷰에 대해 설명해줘', '목록 뷰가 무엇인지 알려주세요']) {
    t.equal((await find(query))[0], '목록 뷰.md', query);
  }
  t.equal((await find('カスタムドメインとは何ですか？'))[0], 'カスタムドメイン.md');
  t.equal((await find('Please tell me what my notes say about the list view'))[0], 'List view.md');
  t.equal((await find('quarterly pelican migration budget facilities'))[0], 'Ledger.md');
});

t.test('more than are asked for are not given, and the line shows the match', async (t) => {
  const notes = Object.fromEntries(
    Array.from({ length: 30 }, (_, number) => [`${number}.md`, `pelican ${number}`]),
  );
  const { vault, find } = await openSearched(t, {
    ...notes,
    'z.md': `${'x '.repeat(3000)} the walrus is here`,
    'longer.md': `${'가나 '.repeat(4000)} 바다코끼리가 여기 있다`,
    'longest.md': `${'가나 '.repeat(9000)} 고슴도치가 여기 있다`,
  });
  t.equal((await find('pelican')).length, 10);
  t.equal((await find('pelican', 25)).length, 25);
  t.match((await vault.search('walrus'))[0]?.snippet, /the walrus is here/);
  t.match((await vault.search('바다코끼리'))[0]?.snippet, /바다코끼리가 여기 있다/);
  t.match((await vault.search('고슴도치'))[0]?.snippet, /고슴도치가 여기 있다/);
});
