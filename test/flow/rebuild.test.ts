// The promise itself: both services go down and come back, and nobody signs in again.
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { startConnectedPair } from '../support/connected-pair.ts';
import { callTool } from '../support/mcp-call.ts';

t.test(
  '200 calls while loop-api is killed twenty times: the same token, no 401, no new authorization',
  async (t) => {
    const { pair, connect } = await startConnectedPair(t);
    const { tokens, refresh } = await connect();
    const statuses = new Map<number, number>();
    const answered = (): number => statuses.get(200) ?? 0;
    let isRebuilt = false;
    const calling = (async () => {
      while (answered() < 200 || !isRebuilt) {
        const { status } = await callTool(pair.resource, tokens.access_token);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        await delay(status === 0 ? 50 : 5);
      }
    })();
    for (let round = 0; round < 20; round += 1) {
      await delay(150);
      await pair.kill('api');
      await pair.start('api');
    }
    isRebuilt = true;
    await calling;
    t.comment(`calls by status (0 is a refused connection): ${JSON.stringify(Object.fromEntries(statuses))}`);
    t.ok(answered() >= 200, '200 calls were answered');
    const others = [...statuses.keys()].filter((status) => status !== 200 && status !== 0);
    t.same(others, [], 'the rest were refused connections, nothing else');

    t.test(
      'then loop-auth is killed and started again: the same token works, and so does a refresh',
      async (t) => {
        await pair.kill('auth');
        await pair.start('auth');
        t.equal((await callTool(pair.resource, tokens.access_token)).status, 200);
        const refreshed = await refresh(tokens.refresh_token);
        t.equal(refreshed.status, 200);
        t.equal((await callTool(pair.resource, refreshed.tokens.access_token)).status, 200);
        t.not(refreshed.tokens.refresh_token, tokens.refresh_token, 'the refresh token rotates');
      },
    );
  },
);
