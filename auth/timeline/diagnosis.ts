// What a person is told of a try: the word for why it went no further, also where nothing failed and a step never came.
import { type StepName, stepNames, type Try } from '../../adapters/stores/timeline/tries.ts';
import { type CauseName, isCauseName } from '../../pages/words.ts';

interface Waited {
  /** The last step that was done. */
  readonly after: StepName;
  readonly seconds: number;
  readonly cause: CauseName;
}

// An app goes on by itself within seconds; a person takes a moment.
const waits: readonly Waited[] = [
  { after: 'tokenGiven', seconds: 300, cause: 'tokenUnused' },
  { after: 'allowed', seconds: 120, cause: 'codeNeverCame' },
  { after: 'signedIn', seconds: 600, cause: 'consentLeft' },
  { after: 'signInShown', seconds: 600, cause: 'signInLeft' },
  { after: 'codeEntered', seconds: 600, cause: 'signInLeft' },
  { after: 'codeShown', seconds: 600, cause: 'userCodeLeft' },
  { after: 'asked', seconds: 600, cause: 'signInLeft' },
  { after: 'described', seconds: 600, cause: 'neverAsked' },
  { after: 'found', seconds: 600, cause: 'neverAsked' },
  { after: 'knocked', seconds: 120, cause: 'challengeIgnored' },
];

/** Undefined where it is well, or still under way. */
export function diagnose(
  one: Pick<Try, 'cause' | 'steps' | 'updatedAt'>,
  now: number,
): CauseName | undefined {
  if (one.cause !== undefined) return isCauseName(one.cause) ? one.cause : 'requestInvalid';
  const last = stepNames.findLast((name) => one.steps[name]?.result === 'done');
  const waited = waits.find(({ after }) => after === last);
  return waited && now - one.updatedAt >= waited.seconds ? waited.cause : undefined;
}
