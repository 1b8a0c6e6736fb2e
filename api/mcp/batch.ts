// Batches of JSON-RPC messages (revision 2025-03-26): served one after the other, and bounded together.
import { isSpecType, type JSONRPCMessage } from '@modelcontextprotocol/server';
import { JSON_RPC } from '../http/errors.ts';

/** The SDK's own limit. */
const mostMessages = 100;
/** As many as a body may have. */
const mostBytes = 1_048_576;

/** True for what can be served message by message; what else is an array is for the SDK to refuse. */
export function isBatch(body: unknown): body is JSONRPCMessage[] {
  return (
    Array.isArray(body) &&
    body.length > 0 &&
    body.length <= mostMessages &&
    body.every((message) => isSpecType.JSONRPCMessage(message) && !isInitialize(message))
  );
}

const isInitialize = (message: JSONRPCMessage): boolean =>
  'method' in message && message.method === 'initialize';

type Serve = (message: JSONRPCMessage) => Promise<Response>;

/** `serve` answers one message, with JSON or with no body. */
export async function answerBatch(messages: readonly JSONRPCMessage[], serve: Serve): Promise<Response> {
  const answers: string[] = [];
  const room = { left: mostBytes };
  for (const message of messages) {
    const answer = await answerWithin(room, message, serve);
    if (answer instanceof Response) return answer;
    answers.push(answer);
  }
  return assemble(answers.filter((answer) => answer !== ''));
}

/** A response is about the request as a whole, such as one of a revision that is not known. */
async function answerWithin(
  room: { left: number },
  message: JSONRPCMessage,
  serve: Serve,
): Promise<string | Response> {
  if (room.left < 0) return refuse(message);
  const response = await serve(message);
  if (response.status >= 400) return response;
  const answer = Buffer.from(await response.arrayBuffer());
  room.left -= answer.length;
  return room.left < 0 ? refuse(message) : answer.toString();
}

function assemble(answers: readonly string[]): Response {
  if (answers.length === 0) return new Response(null, { status: 202 });
  return new Response(`[${answers.join()}]`, { headers: { 'Content-Type': 'application/json' } });
}

function refuse(message: JSONRPCMessage): string {
  if (!('id' in message && 'method' in message)) return '';
  const error = {
    code: JSON_RPC.httpError,
    message: 'The answers before this one are as much as a batch may hold: send this call alone',
    data: { error: 'too_large' },
  };
  return JSON.stringify({ jsonrpc: '2.0', id: message.id, error });
}
