// The other workers, as one of them knows them: which are there, what it asks and tells them, and what they ask.
import type { Letter, PrimaryNotice, WorkerNotice } from './letters.ts';

/** It was not there, or ended before it answered: then it may have done what it was asked for. */
export class PeerGone extends Error {
  override readonly name = 'PeerGone';
  readonly wasAsked: boolean;
  constructor(number: number, wasAsked: boolean) {
    super(`worker ${number} ${wasAsked ? 'ended before it answered' : 'is not there'}`);
    this.wasAsked = wasAsked;
  }
}

/** How errors go from one process to another. */
export interface FailureCodec {
  encode(error: unknown): unknown;
  decode(told: unknown): Error;
}

/** Once may be anything. Twice in so long is no accident. */
const latelyMs = 10 * 60_000;

type Answerer = (body: unknown, from: number) => Promise<unknown>;
type Listener = (body: unknown, from: number) => void;

interface Asked {
  to: number;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class Peers {
  readonly #send: (notice: WorkerNotice) => void;
  readonly #codec: FailureCodec;
  readonly #there = new Set<number>();
  readonly #asked = new Map<number, Asked>();
  readonly #answerers = new Map<string, Answerer>();
  readonly #listeners = new Map<string, Listener>();
  readonly #onChange = new Set<(number: number, isThere: boolean) => void>();
  /** When the last two of those that ended did, in milliseconds of this process. */
  #ended: number[] = [];
  #last = 0;

  /** `send` brings a notice to the primary. */
  constructor(send: (notice: WorkerNotice) => void, codec: FailureCodec) {
    this.#send = send;
    this.#codec = codec;
  }

  /** Of those that are ready. */
  list(): number[] {
    return [...this.#there];
  }

  /** Whether one after the other has ended lately. */
  areEnding(): boolean {
    const [first = Number.NEGATIVE_INFINITY] = this.#ended;
    return this.#ended.length > 1 && performance.now() - first < latelyMs;
  }

  /** What it throws is thrown to the one that asked. */
  onQuestion(topic: string, answer: Answerer): void {
    this.#answerers.set(topic, answer);
  }

  onNews(topic: string, listener: Listener): void {
    this.#listeners.set(topic, listener);
  }

  onChange(listener: (number: number, isThere: boolean) => void): void {
    this.#onChange.add(listener);
  }

  /** Lost where it is not there; one that is not ready yet hears it. */
  tell(to: number, topic: string, body: unknown): void {
    this.#post(to, { kind: 'news', topic, body });
  }

  /** Throws what the other one throws, and PeerGone. */
  ask(to: number, topic: string, body: unknown): Promise<unknown> {
    if (!this.#there.has(to)) {
      return Promise.reject(new PeerGone(to, false));
    }
    this.#last += 1;
    const id = this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#asked.set(id, { to, resolve, reject });
    this.#post(to, { kind: 'question', id, topic, body });
    return promise;
  }

  /** Resolves when it is there. Throws PeerGone after `mostMs`. */
  async whenThere(number: number, mostMs: number): Promise<void> {
    if (this.#there.has(number)) {
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const listener = (one: number, isThere: boolean): void => {
      if (one === number && isThere) {
        resolve();
      }
    };
    this.#onChange.add(listener);
    const timer = setTimeout(() => reject(new PeerGone(number, false)), mostMs);
    await promise.finally(() => {
      clearTimeout(timer);
      this.#onChange.delete(listener);
    });
  }

  /** A failure that an answer tells of, on its way: it is no answer's failure. */
  packFailure(failure: unknown): unknown {
    return this.#codec.encode(failure);
  }

  unpackFailure(packed: unknown): Error {
    return this.#codec.decode(packed);
  }

  /** What the primary says of the others. */
  hear(notice: Extract<PrimaryNotice, { kind: 'peer' | 'letter' }>): void {
    if (notice.kind === 'peer') {
      this.#change(notice.number, notice.isThere);
    } else {
      this.#read(notice.from, notice.letter);
    }
  }

  #change(number: number, isThere: boolean): void {
    if (isThere) {
      this.#there.add(number);
    } else {
      this.#there.delete(number);
      this.#ended = [...this.#ended.slice(-1), performance.now()];
      for (const [id, { to, reject }] of [...this.#asked]) {
        if (to === number) {
          this.#asked.delete(id);
          reject(new PeerGone(number, true));
        }
      }
    }
    for (const listener of [...this.#onChange]) {
      listener(number, isThere);
    }
  }

  #read(from: number, letter: Letter): void {
    switch (letter.kind) {
      case 'news':
        this.#listeners.get(letter.topic)?.(letter.body, from);
        break;
      case 'question':
        void this.#answer(from, letter);
        break;
      case 'answer':
        this.#settle(letter.id)?.resolve(letter.body);
        break;
      case 'failure':
        this.#settle(letter.id)?.reject(this.#codec.decode(letter.body));
        break;
    }
  }

  async #answer(from: number, { id, topic, body }: Extract<Letter, { kind: 'question' }>): Promise<void> {
    try {
      const answer = this.#answerers.get(topic);
      if (answer === undefined) {
        throw new Error(`nobody here answers about ${topic}`);
      }
      const given: Promise<unknown> = answer(body, from);
      this.#post(from, { kind: 'answer', id, body: await given });
    } catch (error) {
      this.#post(from, { kind: 'failure', id, body: this.#codec.encode(error) });
    }
  }

  #settle(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #post(to: number, letter: Letter): void {
    this.#send({ kind: 'letter', to, letter });
  }
}
