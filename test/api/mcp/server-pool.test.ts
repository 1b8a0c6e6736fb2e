// api/mcp/server-pool.ts: each request gets its own answer and its own caller, however many come at once.
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type JSONRPCMessage, type JSONRPCRequest, Server } from '@modelcontextprotocol/server';
import t from 'tap';
import { createServerPool, type ServerPool } from '../../../api/mcp/server-pool.ts';

const callerOf = (clientId: string) => ({ token: '', clientId, scopes: [] });

const call = (id: string | number, name: string): JSONRPCRequest => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {} },
});

function openPool(): { pool: ServerPool; made: Server[]; problems: Error[] } {
  const made: Server[] = [];
  const problems: Error[] = [];
  const createServer = (): Server => {
    const server = new Server({ name: 'pooled', version: '1' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/call', async ({ params }, context) => {
      await setTimeout(Math.random() * 5);
      if (params.name === 'bad') throw new Error('no such thing');
      const text = `${params.name} for ${context.http?.authInfo?.clientId}`;
      await context.mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: 1, progress: 1 },
      });
      return { content: [{ type: 'text' as const, text }] };
    });
    made.push(server);
    return server;
  };
  const onerror = (error: Error): void => void problems.push(error);
  const pool = createServerPool({ createServer, onerror, classification: { era: 'legacy' } });
  return { pool, made, problems };
}

const textOf = (answer: JSONRPCMessage | undefined): unknown =>
  (answer as { result?: { content?: Array<{ text: string }> } }).result?.content?.[0]?.text;

t.test('answers never meet, even where ids are the same', async (t) => {
  const { pool, problems } = openPool();
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        pool.answer(call(7, `tool ${number}`), callerOf(`c${number}`)),
      ),
    );
    t.same(
      answers.map(textOf),
      Array.from({ length: 200 }, (_, number) => `tool ${number} for c${number}`),
    );
    t.ok(answers.every((answer) => answer && 'id' in answer && answer.id === 7));
  }
  t.same(problems, []);
  await pool.close();
});

t.test('one request after the other is served by one server', async (t) => {
  const { pool, made } = openPool();
  for (let number = 0; number < 20; number += 1) await pool.answer(call(number, 'x'), callerOf('c'));
  t.equal(made.length, 1);
  await pool.close();
  t.equal(made[0]?.transport, undefined, 'closed with the pool');
});

t.test('an error is an answer, and its server goes on', async (t) => {
  const { pool, made } = openPool();
  t.match(await pool.answer(call('a', 'bad'), callerOf('c')), {
    id: 'a',
    error: { message: 'no such thing' },
  });
  t.match(await pool.answer({ jsonrpc: '2.0', id: 'b', method: 'nothing/like-it' }, callerOf('c')), {
    id: 'b',
    error: { code: -32_601 },
  });
  t.equal(textOf(await pool.answer(call('c', 'good'), callerOf('me'))), 'good for me');
  t.equal(made.length, 1);
  await pool.close();
});

t.test('after a crowd no more than 64 servers are kept', async (t) => {
  const { pool, made } = openPool();
  await Promise.all(
    Array.from({ length: 100 }, (_, number) => pool.answer(call(number, 'x'), callerOf('c'))),
  );
  t.equal(made.length, 100);
  t.equal(made.filter((server) => server.transport).length, 64);
  await pool.close();
  t.equal(made.filter((server) => server.transport).length, 0);
});

t.test('a server that waits for its next request keeps nothing of the last answer', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const { pool } = openPool();
  const answers = Array.from({ length: 8 }, async (_, number) => {
    const answer = await pool.answer(call(number, 'x'), callerOf('c'));
    return new WeakRef((answer as { result: object }).result);
  });
  const kept = await Promise.all(answers);
  await setTimeout(20);
  collect();
  t.same(
    kept.map((answer) => answer.deref()),
    kept.map(() => undefined),
  );
  await pool.close();
});
