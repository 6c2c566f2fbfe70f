import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { ControlledDelay } from '../lib/controlled-delay.ts';
import { busy } from '../lib/gate.ts';
import { connectionsRefusedTotal } from '../lib/metrics.ts';
import { partyOf } from './limits/limiter.ts';

/**
 * Turns at the event loop, by whose they are. A request is read, checked and planned in one go, some milliseconds each; with fifty at
 * once, every step of another one, from its token to its last row, would wait for all of them. So one begins in each round of the
 * loop, and what others get from the database in between comes first. However many strangers there are, each second turn is one
 * of those who are signed in. When there is more to do than can be done, who has waited too long is refused: at the door, where a
 * request has cost nothing yet.
 */
interface Waiting {
  since: number;
  begin(): void;
  refuse(): void;
}

/** Those of one kind that wait, by party. */
class Lines {
  readonly delay = new ControlledDelay();
  readonly #parties = new Map<string, Waiting[]>();
  #size = 0;

  add(party: string, entry: Waiting): void {
    const line = this.#parties.get(party);
    if (line) line.push(entry);
    else this.#parties.set(party, [entry]);
    this.#size += 1;
  }

  /** Takes who is next of those that have not waited too long. */
  take(): Waiting | undefined {
    const now = performance.now();
    for (const [party, [entry, ...others]] of this.#parties) {
      // to the end, behind the others
      this.#parties.delete(party);
      if (others.length > 0) this.#parties.set(party, others);
      if (!entry) continue;
      this.#size -= 1;
      if (!this.delay.isTooLong(now - entry.since, this.#size, now)) return entry;
      entry.refuse();
    }
    return undefined;
  }
}

/** Turns at one step: those who are signed in, and those who are not. */
class LoopTurns {
  readonly #name: string;
  readonly #members = new Lines();
  readonly #strangers = new Lines();
  #order = [this.#members, this.#strangers];
  #isGoing = false;

  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Waits for the turn of a party: for nothing when no other has begun in this round.
   * @throws ColloquyError CQ438 when it has waited too long while everybody had to wait
   */
  async enter(party: string, isStranger: boolean): Promise<void> {
    const lines = isStranger ? this.#strangers : this.#members;
    if (!this.#isGoing) {
      this.#isGoing = true;
      lines.delay.isTooLong(0, 0);
      setImmediate(() => this.#next());
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const refuse = (): void => {
        connectionsRefusedTotal.inc({ pool: this.#name });
        reject(busy('there is more to do than it can do in time'));
      };
      lines.add(party, { since: performance.now(), begin: resolve, refuse });
    });
  }

  #next(): void {
    this.#order.reverse();
    const entry = this.#order[0]!.take() ?? this.#order[1]!.take();
    this.#isGoing = entry !== undefined;
    if (!entry) return;
    setImmediate(() => this.#next());
    entry.begin();
  }
}

const door = new LoopTurns('door');
const work = new LoopTurns('loop');

/** Whose a token was when it was last looked up. Nothing but the order of turns depends on it. */
const parties = new LRUCache<string, string>({ max: 20_000, ttl: 600_000 });

function tokenKey({ headers: { authorization } }: IncomingMessage): string | undefined {
  return authorization && createHash('sha256').update(authorization).digest('base64');
}

/**
 * The turn of a request before its token is looked up: of the account that the token was of, and of the address where it is new.
 * @throws ColloquyError CQ438
 */
export function doorTurn(request: IncomingMessage): Promise<void> {
  const known = parties.get(tokenKey(request) ?? '');
  return door.enter(known ?? partyOf(request), known === undefined);
}

/**
 * The turn of a request that is known, before it is checked and planned.
 * @throws ColloquyError CQ438
 */
export function workTurn(request: IncomingMessage, party: string, isStranger: boolean): Promise<void> {
  const key = tokenKey(request);
  if (key && !isStranger) parties.set(key, party);
  return work.enter(party, isStranger);
}
