// A try to connect as the terminal shows it: its steps in order, and the sentence for why it went no further.
import { type ListedTry, type Step, stepNames } from '../../adapters/stores/timeline/tries.ts';
import { diagnose } from '../../auth/timeline/diagnosis.ts';
import { printTable } from './table.ts';
import { terminalWords } from './terminal.ts';
import { readable } from './times.ts';

export interface DescribedTry {
  readonly app: string;
  readonly at: string;
  readonly network: string;
  readonly steps: Readonly<Record<string, Step>>;
  /** The steps were put together by address and time, or by the app alone. */
  readonly isGuessed: boolean;
  readonly cause: string | undefined;
  readonly sentence: string | undefined;
  readonly code: string | undefined;
  readonly client: string | undefined;
  readonly grant: string | undefined;
}

export function describeTry(one: ListedTry): DescribedTry {
  const cause = diagnose(one, Math.floor(Date.now() / 1000));
  const steps = stepNames.flatMap((name) => {
    const step = one.steps[name];
    return step ? [[name, step] as const] : [];
  });
  return {
    app: one.clientName ?? one.clientId ?? '(no name)',
    at: readable(one.updatedAt),
    network: one.network,
    steps: Object.fromEntries(steps),
    isGuessed: one.isGuessed,
    cause,
    sentence: cause && terminalWords(process.env).text(`causes.${cause}`),
    code: one.code,
    client: one.clientId,
    grant: one.grantId,
  };
}

/** A line each, and below it the sentence. */
export function printTries(tries: readonly DescribedTry[]): void {
  for (const one of tries) {
    const last = Object.entries(one.steps).at(-1);
    const steps = Object.keys(one.steps).length;
    printTable([
      {
        at: one.at,
        app: one.app,
        network: one.network,
        'last step': last ? `${last[0]}, ${last[1].result}` : '',
        steps: `${steps}${one.isGuessed ? ' (guessed)' : ''}`,
        cause: one.cause ?? '',
      },
    ]);
    if (one.sentence !== undefined) console.log(`  ${one.sentence}`);
  }
}
