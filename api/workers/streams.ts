// The streams of the older transport where there are several workers: the name of a session says which of them has it.
import type { SseEndpoint } from '../sse/endpoint.ts';
import type { PostedMessage, StreamsElsewhere } from '../sse/posted.ts';
import { unknownSession } from '../sse/sessions.ts';
import { PeerGone } from './peers.ts';
import type { Seat } from './seat.ts';

export function streamsElsewhere({ number: own, peers }: Seat): StreamsElsewhere {
  const post = async (number: number, posted: PostedMessage): Promise<void> => {
    await peers.ask(number, 'message', posted).catch((error: unknown) => {
      // its streams have ended with it
      throw error instanceof PeerGone ? unknownSession() : error;
    });
  };
  return {
    prefix: `${own}.`,
    find: (sessionId) => {
      const number = Number(/^(\d{1,2})\./.exec(sessionId)?.[1]);
      return peers.list().includes(number) ? (posted) => post(number, posted) : undefined;
    },
  };
}

export function serveStreams({ peers }: Seat, sse: Pick<SseEndpoint, 'takePosted'>): void {
  peers.onQuestion('message', (posted) => sse.takePosted(posted as PostedMessage));
}
