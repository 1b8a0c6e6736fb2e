// Moments as Obsidian writes them, in one time zone. By moment itself, which Obsidian's formats are those of: what is
// smaller leaves out some of its tokens (`DDDD`, `E`, `gg`, `Wo`), and a note of another name would be made.
import moment, { type Moment } from 'moment';
import 'moment/locale/ja.js';
import 'moment/locale/ko.js';
import 'moment/locale/zh-cn.js';

// Each of these makes itself everybody's.
moment.locale('en');

/** In which Obsidian may write the names of days and months: which one a vault's is in is not kept in the vault. */
export const languages = ['en', 'ko', 'ja', 'zh-cn'] as const;

/** The moment now, as clocks in this IANA time zone show it; in that of the machine without one. */
export function readMoment(timeZone: string | undefined): Moment {
  return momentAt(Date.now(), timeZone);
}

/** The same day of another date, at the same time of the day; undefined where `date` (YYYY-MM-DD) is no day. */
export function onDate(now: Moment, date: string): Moment | undefined {
  const day = moment.utc(date, 'YYYY-MM-DD', true);
  return day.isValid()
    ? now.clone().set({ year: day.year(), month: day.month(), date: day.date() })
    : undefined;
}

function momentAt(epochMs: number, timeZone: string | undefined): Moment {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    ...{
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    },
  });
  const parts = Object.fromEntries(
    format.formatToParts(epochMs).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const shownMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return moment.utc(epochMs).utcOffset(Math.round((shownMs - epochMs) / 60_000));
}
