// Many who always have a request at a server, and others who connect meanwhile: how long these wait, counted in answers to the many.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Test } from 'tap';

const crowd = 60;
const newcomers = 30;

/** A turn of all who ask for each of those who connect is some ten times as many, where nothing shares the rounds out. */
export const fewAnswers = 5 * (crowd + newcomers);

async function open(t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Its head, and its body where it has one, which comes later. */
export type Request = readonly [head: string, body?: string];

function ask(socket: Socket, [head, body]: Request): void {
  socket.write(head);
  if (body !== undefined) setTimeout(() => socket.write(body), 1);
}

/** Asks again with each answer. */
function keepAsking(socket: Socket, request: Request, onAnswer: () => void): void {
  socket.on('data', () => {
    onAnswer();
    ask(socket, request);
  });
  ask(socket, request);
}

/** How many answers the others got from when some connected until each of these had one. */
export async function countBefore(t: Test, port: number, request: Request): Promise<number> {
  let answers = 0;
  const { promise: busy, resolve } = Promise.withResolvers<void>();
  for (let number = 0; number < crowd; number += 1) {
    keepAsking(await open(t, port), request, () => {
      answers += 1;
      if (answers > 3 * crowd) resolve();
    });
  }
  await busy;
  const before = answers;
  const waits = Array.from({ length: newcomers }, async () => {
    const socket = await open(t, port);
    const answered = once(socket, 'data');
    ask(socket, request);
    await answered;
  });
  await Promise.all(waits);
  return answers - before;
}
