// The soak's cable: whole it changes nothing, cut it is a network that is gone, and it can be mended.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { Cable } from '../../../scripts/soak/cable.ts';

async function start(t: Test): Promise<{ cable: Cable; ask: () => Promise<string> }> {
  const server = createServer((_req, res) => void res.end('here'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cable = await Cable.open();
  cable.plugInto((server.address() as AddressInfo).port);
  t.teardown(() => {
    cable.close();
    server.closeAllConnections();
    server.close();
  });
  return { cable, ask: async () => (await fetch(`http://127.0.0.1:${cable.port}`)).text() };
}

t.test('what goes in comes out, and a cut ends it until it is mended', async (t) => {
  const { cable, ask } = await start(t);
  t.equal(await ask(), 'here');
  cable.cut();
  await t.rejects(ask());
  cable.mend();
  t.equal(await ask(), 'here');
});

t.test('a slow one loses nothing, and a cut reaches what is under way', async (t) => {
  const { cable, ask } = await start(t);
  cable.delayMs = 20;
  t.equal(await ask(), 'here');
  cable.delayMs = 60_000;
  const underWay = t.rejects(ask());
  setTimeout(() => cable.cut(), 50);
  await underWay;
});
