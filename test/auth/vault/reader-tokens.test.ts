// auth/vault/reader-tokens.ts: the access tokens of whoever may only read are known by how they begin.
import t from 'tap';
import { startLoopAuth } from '../../support/loop-auth.ts';

t.test(
  'tokens of a grant that withholds writing begin with ro~, refreshed ones too, and no others',
  async (t) => {
    const world = await startLoopAuth(t);
    const parameters = { scope: 'vault.read vault.write' };
    const reader = await world.connect({ parameters, choice: { access: 'read' } });
    const refreshed = await world.refresh(reader.app, reader.tokens.refresh_token);
    for (const token of [reader.tokens.access_token, refreshed.body['access_token']]) {
      t.match(token, /^ro~[\w-]{43}$/);
      t.equal(await world.isActive(token), true);
    }
    t.match(reader.tokens.refresh_token, /^[\w-]{43}$/);
    for (const scope of ['vault.read', 'vault.read vault.write', 'openid profile']) {
      const { tokens } = await world.connect({ parameters: { scope } });
      t.match(tokens.access_token, /^[\w-]{43}$/, scope);
    }
  },
);
