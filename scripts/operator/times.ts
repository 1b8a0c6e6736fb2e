// Moments as the operator's tables show them.

/** To the minute, in UTC. */
export function readable(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
}
