// A clock that tests move: everything here and in oidc-provider reads the time from Date.now.
import { mock } from 'node:test';
import type { Test } from 'tap';

export interface Clock {
  readonly advance: (seconds: number) => void;
}

/** Replaces Date.now until the test ends; it goes on running from where it is moved to. */
export function shiftClock(t: Test, real = Date.now): Clock {
  const { now } = Date;
  let shiftMs = 0;
  Date.now = () => real() + shiftMs;
  t.teardown(() => {
    Date.now = now;
  });
  return {
    advance: (seconds) => {
      shiftMs += seconds * 1000;
    },
  };
}

/** The same, but it stands where it is until it is moved: for what has to be done within a span however busy the machine is. */
export function holdClock(t: Test): Clock {
  const begun = Date.now();
  return shiftClock(t, () => begun);
}

/** As shiftClock, and what is done each so many seconds (setInterval) is done when the clock comes there, not before. */
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
