import { Turns } from '../lib/turns.ts';

export interface FairTurnsOptions {
  /** At the same time, all together. */
  size: number;
  /** At the same time, of one. */
  each: number;
  /** Of one, that may wait. */
  waiting: number;
  /** Milliseconds that each waits at most. */
  patience: number;
}

/** There was no turn in time, or too many of the same wait already. */
export class NoTurn extends Error {
  constructor() {
    super('There was no turn in time');
    this.name = 'NoTurn';
  }
}

/** Turns for work by whose it is. However many wait of one, another one may wait, too. */
export class FairTurns {
  readonly #turns: Turns;

  constructor({ size, each, waiting, patience }: FairTurnsOptions) {
    this.#turns = new Turns({
      size,
      sizeOf: () => each,
      waiting: Number.POSITIVE_INFINITY,
      waitingOf: () => waiting,
      patience,
      refusal: () => new NoTurn(),
      newcomersFirst: true,
    });
  }

  /**
   * Does work when it is the turn of `key`.
   * @throws NoTurn when that is not in time
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const leave = await this.#turns.enter(key);
    try {
      return await work();
    } finally {
      leave();
    }
  }
}
