// What the processes of one loop-api tell each other: workers write to one another through the primary, which has no part in it.

/** Between two workers. A failure is as its sender encoded it. */
export type Letter =
  | { kind: 'news'; topic: string; body: unknown }
  | { kind: 'question'; id: number; topic: string; body: unknown }
  | { kind: 'answer'; id: number; body: unknown }
  | { kind: 'failure'; id: number; body: unknown };

/** From a worker. `here`: it can be told something; `ready`: it answers requests and questions. */
export type WorkerNotice =
  | { kind: 'here' }
  | { kind: 'ready' }
  | { kind: 'letter'; to: number; letter: Letter };

/** To a worker. `alone`: all others have ended. */
export type PrimaryNotice =
  | { kind: 'stop' }
  | { kind: 'alone' }
  | { kind: 'peer'; number: number; isThere: boolean }
  | { kind: 'letter'; from: number; letter: Letter };

/** The one that keeps the index and changes notes. */
export const first = 1;
