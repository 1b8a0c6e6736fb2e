// What a check is, and what it knows of the others.
import type { CheckName } from './causes.ts';
import type { Finding } from './findings.ts';
import type { Environment, Subject } from './subject.ts';
import type { TemporaryClient } from './temporary-client.ts';

/** What later checks learn from earlier ones. */
export interface World {
  readonly subject: Subject;
  readonly environment: Environment;
  /** loop-auth's metadata as clients get it. */
  metadata?: Readonly<Record<string, unknown>>;
  temporary?: Pick<TemporaryClient, 'exchange'>;
  accessToken?: string;
  /** What must be taken away again at the end, however that comes. */
  readonly endings: Array<() => Promise<void>>;
}

export interface Check {
  readonly name: CheckName;
  /** Those without which this one can only fail. */
  readonly needs: readonly CheckName[];
  readonly run: (world: World) => Promise<Finding | readonly Finding[]>;
}

export interface Line {
  readonly check: CheckName;
  readonly finding: Finding;
}
