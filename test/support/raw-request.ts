// Bytes on a socket, as no HTTP client would send them.
import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends each text once the one before has an answer; resolves to the last answer when the far side hangs up. */
export async function sendBytes(port: number, ...requests: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  const ended = once(socket, 'close');
  let answer = '';
  socket.on('data', (text) => {
    answer += text;
  });
  for (const [index, request] of requests.entries()) {
    if (index > 0) await once(socket, 'data');
    answer = '';
    socket.write(request);
  }
  await ended;
  return answer;
}
