// The vault over real folders: search, reading, listing, scanning, following changes, staying inside.
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openVault, type SearchResult, type Vault } from '../../../api/vault/vault.ts';

const sample = fileURLToPath(new URL('../../../api/sample-vault', import.meta.url));

async function until(condition: () => boolean, whatFor: string, timeoutMs = 10_000) {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) {
      throw new Error(`waited in vain for ${whatFor}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const built = (vault: Vault) => until(() => !vault.progress().building, 'the index');
const ids = (results: SearchResult[]) => results.map(({ id }) => id);

t.test('the sample vault', async (t) => {
  const vault = await openVault({ directory: sample, indexPath: ':memory:' });
  t.teardown(() => vault.close());
  await built(vault);

  t.test('two Korean syllables find a longer word', async (t) => {
    t.ok(ids(vault.search('인증')).includes('Tasks/인증 서버 점검.md'));
    t.ok(ids(vault.search('증서')).includes('Tasks/인증 서버 점검.md'));
  });

  t.test('what stands in a dot folder is never found, listed or read', async (t) => {
    t.same(vault.search('quetzalcoatlus'), []);
    t.notOk(vault.listFolder('').entries.some(({ path }) => path.startsWith('.')));
    t.same(vault.listFolder('.obsidian').entries, []);
    t.equal(await vault.readNote('.obsidian/app.md'), undefined);
  });
});
