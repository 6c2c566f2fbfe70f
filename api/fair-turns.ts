export interface TurnsOptions {
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

interface Waiter {
  start(): void;
}

interface Line {
  running: number;
  waiting: Set<Waiter>;
}

/**
 * Turns for work that is scarce, by whose it is: those who wait are served one after the other, each for one piece of work, so that
 * who asks for a hundred waits for themselves.
 */
export class FairTurns {
  readonly #options: TurnsOptions;
  // the order of the keys is the order of their turns
  readonly #lines = new Map<string, Line>();
  #running = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /**
   * Does work when it is the turn of `key`.
   * @throws NoTurn when that is not in time
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { running: 0, waiting: new Set<Waiter>() };
    this.#lines.set(key, line);
    try {
      await this.#turn(line);
      try {
        return await work();
      } finally {
        line.running -= 1;
        this.#running -= 1;
        // who came while it had its turn is before it
        this.#toTheEnd(key, line);
        this.#serve();
      }
    } finally {
      if (line.running === 0 && line.waiting.size === 0) this.#lines.delete(key);
    }
  }

  async #turn(line: Line): Promise<void> {
    if (line.waiting.size >= this.#options.waiting) throw new NoTurn();
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        line.waiting.delete(waiter);
      };
      const waiter: Waiter = {
        start: () => {
          leave();
          line.running += 1;
          this.#running += 1;
          resolve();
        },
      };
      const timer = setTimeout(() => {
        leave();
        reject(new NoTurn());
      }, this.#options.patience);
      line.waiting.add(waiter);
      this.#serve();
    });
  }

  #toTheEnd(key: string, line: Line): void {
    this.#lines.delete(key);
    this.#lines.set(key, line);
  }

  #serve(): void {
    for (const [key, line] of [...this.#lines]) {
      if (this.#running >= this.#options.size) return;
      const [waiter] = line.waiting;
      if (!waiter || line.running >= this.#options.each) continue;
      this.#toTheEnd(key, line);
      waiter.start();
    }
  }
}
