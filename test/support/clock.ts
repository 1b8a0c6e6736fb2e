// A clock that tests move: everything here and in oidc-provider reads the time from Date.now.
import type { Test } from 'tap';

export interface Clock {
  readonly advance: (seconds: number) => void;
}

/** Replaces Date.now until the test ends; it goes on running from where it is moved to. */
export function shiftClock(t: Test): Clock {
  const real = Date.now;
  let shiftMs = 0;
  Date.now = () => real() + shiftMs;
  t.teardown(() => {
    Date.now = real;
  });
  return {
    advance: (seconds) => {
      shiftMs += seconds * 1000;
    },
  };
}
