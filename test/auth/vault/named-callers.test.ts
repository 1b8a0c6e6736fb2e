// auth/vault/named-callers.ts: what loop-api is told of an app and a person, so that people can read who changed a note.
import t from 'tap';
import { hashClientSecret } from '../../../adapters/models/client.ts';
import { ClientStore } from '../../../adapters/stores/clients.ts';
import { createResourceServer } from '../../../auth/clients/resource-servers.ts';
import { ann, basic, startLoopAuth } from '../../support/loop-auth.ts';

t.test('loop-api is told what the app and the account are called', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register({ client_name: '<b>비서</b>' });
  const { tokens } = await world.connect({ app });
  const { body } = await world.introspect(tokens.access_token);
  t.match(body, { active: true, client_name: '<b>비서</b>', username: ann.username });
  const nameless = await world.connect({ app: await world.register({ client_name: undefined }) });
  const { body: unnamed } = await world.introspect(nameless.tokens.access_token);
  t.match(unnamed, { active: true, username: ann.username });
  t.notOk('client_name' in unnamed);
});

t.test('another resource server is told no names, and nobody is of a token that is not good', async (t) => {
  const world = await startLoopAuth(t);
  const other = 'https://other.example/mcp';
  const server = {
    ...createResourceServer('files', 'Files'),
    client_secret: hashClientSecret('the secret of files, 32 characters'),
  };
  await new ClientStore(world.database).add('resource-server', server, {
    resources: [{ resource: other, names: { en: 'Files' }, scopes: [] }],
  });
  const { tokens } = await world.connect({ parameters: { resource: other } });
  const credentials = basic('files', 'the secret of files, 32 characters');
  const { body } = await world.introspect(tokens.access_token, credentials);
  t.equal(body['active'], true);
  t.notOk('client_name' in body || 'username' in body);
  t.same((await world.introspect('no token')).body, { active: false });
});
