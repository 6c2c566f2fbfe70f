/** Milliseconds: what even the shortest wait exceeds, for how long, before a queue counts as standing; and what is waited at most then. */
const TARGET = 50;
const INTERVAL = 1_000;
const BOUND = 100;
/** As many may always wait: they are soon served, also by a slow machine. */
const ALWAYS = 15;

/**
 * Tells a burst, which a queue is for, from more than can be done, by the shortest wait of each interval: controlled delay (CoDel; K.
 * Nichols, V. Jacobson, "Controlling Queue Delay", ACM Queue 10.5, 2012), with the bound for servers of B. Maurer, "Fail at Scale", ACM
 * Queue 13.8, 2015. A standing queue makes all answers late and not one more of them, so who has waited too long in one is refused.
 *
 * It stands until nobody waits longer than the target: the refusals themselves make short waits, and if one of these ended it, the queue
 * would grow for an interval, again and again (simulated with two thirds of the capacity that is asked for: a 95th percentile of 1.2 s
 * instead of 0.17 s).
 */
export class ControlledDelay {
  #least = 0;
  #most = 0;
  #until = 0;
  #isStanding = false;

  /**
   * Takes down a wait that is over, also one of nothing.
   * @param waited  milliseconds
   * @param behind  how many still wait
   * @param now  milliseconds of a clock that only goes forward
   * @returns whether it was too long, so that the one who waited is to be refused
   */
  isTooLong(waited: number, behind: number, now: number = performance.now()): boolean {
    if (now < this.#until) {
      this.#least = Math.min(this.#least, waited);
      this.#most = Math.max(this.#most, waited);
    } else {
      // of an interval that is long over nothing is known
      const isKnown = now < this.#until + INTERVAL;
      this.#isStanding = isKnown && (this.#isStanding ? this.#most : this.#least) > TARGET;
      this.#least = waited;
      this.#most = waited;
      this.#until = now + INTERVAL;
    }
    return this.#isStanding && waited > BOUND && behind >= ALWAYS;
  }
}
