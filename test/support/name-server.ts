// A real name server over UDP that knows the names it is told, and leaves every other question open.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Test } from 'tap';

export interface NameServer {
  /** Address and port, as a resolver wants them. */
  readonly address: string;
  /** Names that were asked for, once a question. */
  readonly asked: string[];
}

/** `known` leads from a name to its IPv4 address; of `silentAbout` even the IPv6 question is left open. */
export async function startNameServer(
  t: Test,
  known: Readonly<Record<string, string>>,
  silentAbout: readonly string[] = [],
): Promise<NameServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (question, from) => {
    const { name, type, end } = readQuestion(question);
    asked.push(name);
    const address = known[name];
    const isIpv4 = type === 1;
    if (address === undefined || (!isIpv4 && silentAbout.includes(name))) return;
    socket.send(answerTo(question.subarray(0, end), isIpv4 ? address : undefined), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  return { address: `127.0.0.1:${socket.address().port}`, asked };
}

// RFC 1035 section 4.1.
function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(question: Buffer, address: string | undefined): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(address === undefined ? 0 : 1, 6);
  head.writeUInt32BE(0, 8);
  if (address === undefined) return head;
  // The name by a pointer to the question, an A record of this network, good for a minute, four bytes long.
  const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([head, record]);
}
