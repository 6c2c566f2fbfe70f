import type { ControlledDelay } from './controlled-delay.ts';

export interface TurnsOptions {
  /** At the same time, all together. */
  size: number;
  /** At the same time, of one party. */
  sizeOf(party: string): number;
  /** That may wait, all together. */
  waiting: number;
  /** Of one party, that may wait. */
  waitingOf(party: string): number;
  /** Milliseconds that each waits at most. */
  patience: number;
  /** What is thrown when there is no turn in time, or too many wait already. */
  refusal(): Error;
  /** Whether a party that has had its turn is behind those that came meanwhile. */
  newcomersFirst?: boolean;
  /** Refuses who has waited too long in a queue that stands. Absent: each waits as long as patience allows. */
  delay?: ControlledDelay;
}

/** Called once: makes room for the next one. */
export type Leave = () => void;

interface Line {
  running: number;
  // a Set is a queue from whose middle one can go; each takes its turn, or is refused, and says which
  readonly waiting: Set<() => boolean>;
}

/**
 * Turns for what is scarce: a few at a time, and the others wait, not too many and not too long. Parties that wait are served one
 * after the other, each for one turn, so that who asks for a hundred waits for themselves.
 */
export class Turns {
  readonly #options: TurnsOptions;
  // the order of the parties is the order of their turns
  readonly #lines = new Map<string, Line>();
  #running = 0;
  #waiting = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Waits for a turn of a party.
   * @throws what `refusal` makes, when that is not in time or too many wait already
   */
  async enter(party: string): Promise<Leave> {
    const { waiting, waitingOf, refusal } = this.#options;
    const line = this.#lines.get(party) ?? { running: 0, waiting: new Set() };
    const isFree = this.#hasRoom(party, line);
    if (!isFree && (this.#waiting >= waiting || line.waiting.size >= waitingOf(party))) throw refusal();
    this.#lines.set(party, line);
    if (isFree) {
      this.#start(line);
      this.#options.delay?.isTooLong(0, 0);
    } else await this.#queue(party, line);
    return this.#leave(party, line);
  }

  /** Lets a party in that was let in before and went out for a while: at once, also beyond the size. */
  enterAgain(party: string): Leave {
    const line = this.#lines.get(party) ?? { running: 0, waiting: new Set() };
    this.#lines.set(party, line);
    this.#start(line);
    return this.#leave(party, line);
  }

  #leave(party: string, line: Line): Leave {
    return () => {
      line.running -= 1;
      this.#running -= 1;
      if (this.#options.newcomersFirst) this.#toTheEnd(party, line);
      this.#serve();
      this.#forget(party, line);
    };
  }

  #hasRoom(party: string, line: Line): boolean {
    return this.#running < this.#options.size && line.running < this.#options.sizeOf(party);
  }

  #start(line: Line): void {
    line.running += 1;
    this.#running += 1;
  }

  async #queue(party: string, line: Line): Promise<void> {
    this.#waiting += 1;
    const since = performance.now();
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        clearTimeout(timer);
        line.waiting.delete(start);
        this.#waiting -= 1;
      };
      const refuse = (): void => {
        go();
        this.#forget(party, line);
        reject(this.#options.refusal());
      };
      const start = (): boolean => {
        if (this.#options.delay?.isTooLong(performance.now() - since, this.#waiting)) {
          refuse();
          return false;
        }
        go();
        this.#start(line);
        resolve();
        return true;
      };
      const timer = setTimeout(refuse, this.#options.patience);
      line.waiting.add(start);
    });
  }

  /** Lets in who has waited longest of the party whose turn it is. */
  #serve(): void {
    if (this.#waiting === 0) return;
    for (const [party, line] of [...this.#lines]) {
      if (this.#running >= this.#options.size) return;
      if (line.waiting.size === 0 || !this.#hasRoom(party, line)) continue;
      for (const start of line.waiting) {
        if (!start()) continue;
        this.#toTheEnd(party, line);
        break;
      }
    }
  }

  #toTheEnd(party: string, line: Line): void {
    this.#lines.delete(party);
    this.#lines.set(party, line);
  }

  #forget(party: string, line: Line): void {
    if (line.running === 0 && line.waiting.size === 0) this.#lines.delete(party);
  }
}
