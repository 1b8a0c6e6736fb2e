// npm run rotate-keys: new signing and cookie keys; a running loop-auth takes them into use by itself.
import { Command } from 'commander';
import { KeyStore } from '../adapters/stores/keys.ts';
import { createKeySeal } from '../auth/keys/seal.ts';
import { openKeys, rotateKeys } from '../auth/keys/server-keys.ts';
import { withDatabase } from './operator/database.ts';

new Command('rotate-keys')
  .description(
    'Adds signing keys and a cookie key to the database of AUTH_DATABASE_URL. Nobody signs in again.',
  )
  .parse();

await withDatabase(async (database, config) => {
  const store = new KeyStore(database);
  const seal = createKeySeal(config.encryptionKey);
  await openKeys(store, seal, Math.floor(Date.now() / 1000));
  const [rs256, es256] = await rotateKeys(store, seal);
  console.log(
    `The signing key ${rs256} is published within a minute and signs 10 minutes later;\n` +
      `so is and does ${es256}, for apps that chose ES256.\n` +
      'The new cookie key signs a minute later. The keys before them stay valid for what they have signed.',
  );
});
