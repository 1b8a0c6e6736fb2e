// A clock that tests move: everything here and in oidc-provider reads the time from Date.now.
import { mock } from 'node:test';
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

/** The same, and what is done each so many seconds (setInterval) is done when the clock comes there, not before. */
export function shiftClockAndIntervals(t: Test): Clock {
  const clock = shiftClock(t);
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  return {
    advance: (seconds) => {
      clock.advance(seconds);
      mock.timers.tick(seconds * 1000);
    },
  };
}
