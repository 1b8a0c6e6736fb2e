// New notes from the vault's templates: which there are by Obsidian's settings, and what becomes of their variables.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { createTemplates } from '../../../../api/vault/daily/templates.ts';
import { HiddenFiles } from '../../../../api/vault/hidden/hidden-files.ts';
import { parseHiddenPatterns } from '../../../../api/vault/hidden/patterns.ts';

interface World {
  directory: string;
  write(path: string, text: string): Promise<void>;
  fill(name: string, id?: string): Promise<string>;
}

async function createWorld(
  t: Test,
  { settings, hidden = '', folders }: { settings?: object; hidden?: string; folders?: string[] },
): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'templates-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  };
  if (settings) await write('.obsidian/templates.json', JSON.stringify(settings));
  const patterns = parseHiddenPatterns(hidden).filter((pattern) => pattern !== undefined);
  return {
    directory,
    write,
    fill: (name, id = 'Folder/New note.md') => {
      const files = new HiddenFiles({ root: directory, patterns, folders });
      return createTemplates({ root: directory, hidden: files, timeZone: 'Asia/Seoul' }).createText(name, id);
    },
  };
}

/** The clock stands until the test ends: on the next day in Seoul. */
function standStill(t: Test): void {
  const real = Date.now;
  Date.now = () => Date.parse('2026-11-26T15:30:00Z');
  t.teardown(() => {
    Date.now = real;
  });
}

t.test(
  'a template is named within its folder, and its variables are those of the new note and the time',
  async (t) => {
    standStill(t);
    const world = await createWorld(t, { settings: { folder: '/Templates/', dateFormat: 'DD.MM.YYYY' } });
    const text = '---\nmade: {{date}}\n---\n# {{title}}\n{{time}} {{date:YYYY [W]W}} {{Time:HH}} {{other}}\n';
    const filled = '---\nmade: 27.11.2026\n---\n# New note\n00:30 2026 W48 00 {{other}}\n';
    await world.write('Templates/Meeting.md', text);
    await world.write('Templates/Sub/Weekly review.md', 'weekly');
    await world.write('Templates/picture.png', 'x');
    await world.write('Outside.md', 'outside');
    for (const name of ['Meeting', 'Meeting.md', 'meeting', 'Templates/Meeting', '/Meeting']) {
      t.equal(await world.fill(name), filled, name);
    }
    t.equal(await world.fill('Sub/Weekly review'), 'weekly');
    for (const name of [
      'Outside',
      '../Outside',
      'Templates/../Outside',
      'picture.png',
      '',
      '.obsidian/templates.json',
    ]) {
      await t.rejects(
        world.fill(name),
        { reason: 'invalid', message: /no template .* There are "Meeting", "Sub\/Weekly review"\.$/ },
        name,
      );
    }
  },
);

t.test('what is hidden, outside of a token’s folders or behind a link is no template', async (t) => {
  const settings = { folder: 'Templates' };
  const none = { message: /There is no template "A" in the vault's template folder\. There are none\.$/ };
  const fill = async (options: {
    settings?: object;
    hidden?: string;
    folders?: string[];
  }): Promise<string> => {
    const world = await createWorld(t, options);
    await world.write('Templates/A.md', 'a');
    return world.fill('A');
  };
  t.equal(await fill({ settings }), 'a');
  t.equal(await fill({ settings, folders: ['Templates'] }), 'a');
  for (const options of [
    {},
    { settings: { folder: '' } },
    { settings: { folder: 'Nowhere' } },
    { settings: { folder: '../Templates' } },
    { settings, hidden: 'Templates/' },
    { settings, hidden: 'Templates/A.md' },
    { settings, folders: ['Projects'] },
  ]) {
    await t.rejects(fill(options), none, JSON.stringify(options));
  }
  const linked = await createWorld(t, { settings: { folder: 'Linked' } });
  await linked.write('Real/A.md', 'a');
  await symlink('Real', join(linked.directory, 'Linked'));
  await t.rejects(linked.fill('A'), none, 'a folder that is a link');
  const broken = await createWorld(t, {});
  await broken.write('.obsidian/templates.json', '{');
  await t.rejects(broken.fill('A'), { message: /can't be read just now/ });
});
