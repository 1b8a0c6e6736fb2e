// What every limit is made of: taking one try from a limiter, and which addresses count as one.
import { isIPv6 } from 'node:net';
import { type RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Seconds to wait where there were too many. */
export async function consume(limiter: RateLimiterMemory, key: string): Promise<number | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
    throw refusal;
  }
}

/** One household or attacker has a whole /64 of IPv6 addresses. */
export function networkOf(address: unknown): string {
  const text = String(address);
  if (!isIPv6(text)) return text;
  const [head = '', tail] = text.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups.slice(0, 4).join(':');
}
