// auth/vault/description-route.ts and description.ts: what loop-api says of its vault, and who may say it.
import t from 'tap';
import { hashClientSecret } from '../../../adapters/models/client.ts';
import { ClientStore } from '../../../adapters/stores/clients.ts';
import { createResourceServer } from '../../../auth/clients/resource-servers.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { ann, apiSecret, basic, resource, startLoopAuth } from '../../support/loop-auth.ts';

t.test('what was said last is what a person can choose from', async (t) => {
  const world = await startLoopAuth(t);
  const page = async () => {
    const { url } = world.authorization(await world.register(), { scope: 'vault.read vault.write' });
    const browser = new Browser();
    return (await browser.submit(await browser.visit(url), { ...ann })).text;
  };
  t.notMatch(await page(), 'name="folders"', 'nothing was said yet');
  // as a Mac writes it
  t.equal((await world.describe({ folders: ['Old'] })).status, 204);
  t.equal((await world.describe({ name: '민지의 노트', folders: ['일기'.normalize('NFD')] })).status, 204);
  const shown = await page();
  t.match(shown, 'value="일기"');
  t.match(shown, '민지의 노트');
  t.notMatch(shown, 'value="Old"');
  const app = await world.register();
  const { tokens } = await world.connect({
    app,
    parameters: { resource: resource.replace('/mcp', '/sse') },
    choice: { reach: 'some', folders: '일기' },
  });
  t.match(await world.introspect(tokens.access_token), {
    body: { authorization_details: [{ locations: [resource.replace('/mcp', '/sse')], folders: ['일기'] }] },
  });
});

t.test('nobody says it but the resource server, and before the body is read', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.seed();
  for (const credentials of [
    'Bearer x',
    'Basic %%%',
    basic('loop-api', 'wrong'),
    basic('loop-api', ''),
    basic('nobody', apiSecret),
    basic((await world.register()).clientId, ''),
  ]) {
    const { status, body, headers } = await world.describe({ notes: 'not even a number' }, credentials);
    t.equal(status, 401, credentials);
    t.match(body, { error: 'invalid_client' });
    t.match(headers.get('WWW-Authenticate'), /^Basic/);
  }
  const other = await world.describe({}, basic(app.clientId, app.clientSecret ?? ''));
  t.equal(other.status, 403, 'a client with a secret that serves no resource');
  t.equal((await world.describe({ resource: 'https://elsewhere.example/mcp' })).status, 403);
  const wiki = createResourceServer('wiki', 'Wiki');
  const secret = { client_secret: hashClientSecret('the secret of the wiki, 32 signs') };
  await new ClientStore(world.database).add(
    'resource-server',
    { ...wiki, ...secret },
    {
      resources: [{ resource: 'https://wiki.example/mcp', names: { en: 'Wiki' }, scopes: [] }],
    },
  );
  const credentials = basic('wiki', 'the secret of the wiki, 32 signs');
  t.equal((await world.describe({ resource: 'https://wiki.example/mcp' }, credentials)).status, 204);
  t.equal((await world.describe({}, credentials)).status, 403, 'of another resource');
});

t.test('what can’t be understood is refused with each field named, and the last word stays', async (t) => {
  const world = await startLoopAuth(t);
  await world.describe({ folders: ['Daily'] });
  for (const [description, named] of [
    [{ notes: -1, isWritable: 'yes' }, /isWritable: .*notes: |notes: .*isWritable: /],
    [{ name: 'x'.repeat(201) }, /name: /],
    [{ folders: ['../etc'] }, /folders\.0: /],
    [{ folders: ['/etc'] }, /folders\.0: /],
    [{ folders: ['a//b'] }, /folders\.0: /],
    [{ folders: ['a\nb'] }, /folders\.0: /],
    [{ folders: Array.from({ length: 501 }, (_, n) => `f${n}`) }, /folders: /],
  ] as const) {
    const { status, body } = await world.describe(description);
    t.equal(status, 400);
    t.match(body, { error: 'invalid_request', error_description: named });
  }
  const headers = { Authorization: basic('loop-api', apiSecret), 'Content-Type': 'application/json' };
  for (const [body, status] of [
    ['{', 400],
    ['[]', 400],
    ['"x"', 400],
    [`{"name":"${'x'.repeat(400_000)}"}`, 413],
  ] as const) {
    const answer = await world.ask('/resource-description', { method: 'PUT', headers, body });
    t.equal(answer.status, status, body.slice(0, 10));
    t.type(answer.body['error'], 'string');
  }
  const { tokens } = await world.connect({ choice: { reach: 'some', folders: 'Daily' } });
  t.ok(tokens.access_token);
});
