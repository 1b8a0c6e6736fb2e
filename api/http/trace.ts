// Which request of a client a line of the log belongs to, in both services: W3C Trace Context, kept for as long as a request
// takes and given on to loop-auth. What `tracestate` holds nobody here reads, so it ends here (section 3.3.1.5 allows that).
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';

export interface Trace {
  /** 32 hexadecimal digits, the client's where it sent one. */
  traceId: string;
  requestId: string;
  /** Two hexadecimal digits: whether whoever asks keeps the trace. */
  flags: string;
}

const running = new AsyncLocalStorage<Trace>();

// Later versions may only add to it, behind another hyphen (section 3.2.2).
const traceparent =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.{0,200})?$/;

/** `header` is `traceparent` as a client sent it: what is none begins a trace of its own (section 4.3). */
export function createTrace(header: string | undefined): Trace {
  const [, traceId, flags] = traceparent.exec(header ?? '') ?? [];
  return {
    traceId: traceId ?? randomBytes(16).toString('hex'),
    requestId: randomUUID(),
    flags: flags ?? '00',
  };
}

export function withTrace(trace: Trace, work: () => void): void {
  running.run(trace, work);
}

/** For a question to loop-auth in the course of a request; nothing outside of one. */
export function traceHeaders(): Record<string, string> {
  const trace = running.getStore();
  if (trace === undefined) return {};
  const span = randomBytes(8).toString('hex');
  return { traceparent: `00-${trace.traceId}-${span}-${trace.flags}`, 'x-request-id': trace.requestId };
}
