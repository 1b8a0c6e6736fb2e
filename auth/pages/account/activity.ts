// The page of what happened: tries to connect with their steps, sign-ins good and bad, changes, the newest first.
import { type CauseName, isActivityEvent, type WordKey } from '../../../pages/words.ts';
import { createPage } from '../pages.ts';
import { describeNetwork } from './account.ts';

/** Moments are in epoch seconds; `name` has words in `activitySteps`. */
interface ShownStep {
  readonly name: string;
  readonly at: number;
  readonly network: string;
  readonly isDone: boolean;
  readonly count: number;
}

export interface ShownTry {
  readonly kind: 'try';
  /** It ended before anybody signed in. */
  readonly isNobodys: boolean;
  readonly at: number;
  readonly clientName: string | undefined;
  readonly network: string;
  readonly isGuessed: boolean;
  readonly steps: readonly ShownStep[];
  readonly cause: CauseName | undefined;
  readonly code: string | undefined;
}

/** `name` has words in `activityEvents`. */
export interface ShownEvent {
  readonly kind: 'event';
  readonly at: number;
  readonly name: string;
  /** Of the app or access key that it is about. */
  readonly clientName: string | undefined;
  readonly network: string;
  readonly isBad: boolean;
  /** Done on the server's own machine, by whoever runs it. */
  readonly isByOperator: boolean;
}

export interface ShownLedgerLine {
  readonly app: string;
  readonly days: number;
  readonly signIns: number;
}

export interface ActivityData {
  readonly formAction: string;
  readonly accountHref: string;
  readonly items: ReadonlyArray<ShownTry | ShownEvent>;
  readonly ledger: readonly ShownLedgerLine[];
  /** What was searched for. */
  readonly code: string | undefined;
  readonly isLaterPage: boolean;
  readonly olderHref: string | undefined;
}

export const activityPage = createPage<ActivityData>('activity', (data, words) => ({
  ...data,
  items: data.items.map((item) => {
    const network = describeNetwork(item.network);
    if (item.kind === 'event') {
      const { name } = item;
      return { ...item, network, words: isActivityEvent(name) ? words.text(`activityEvents.${name}`) : name };
    }
    const steps = item.steps.map((step) => ({
      ...step,
      // Said where it is another than that of the whole.
      network: step.network === item.network ? undefined : describeNetwork(step.network),
      words: words.text(`activitySteps.${step.name}` as WordKey),
    }));
    return { ...item, network, steps, sentence: item.cause && words.text(`causes.${item.cause}`) };
  }),
}));
