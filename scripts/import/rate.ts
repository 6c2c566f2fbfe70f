/** Milliseconds over which it is measured how fast something goes: long enough for slow models, short enough to follow what happens. */
const WINDOW_MS = 60_000;
/** Below this nothing is promised. */
const SHORTEST_MS = 3_000;

/** How long something will take that has a known end. */
export interface Rate {
  /** Notes how much is done by now. */
  note(done: number): void;
  /** Seconds until so much more is done, at the rate of the last minute; null while nothing moves or too little is known. */
  secondsFor(left: number): number | null;
}

export function createRate(now: () => number = Date.now): Rate {
  let samples: { at: number; done: number }[] = [];
  return {
    note(done) {
      const at = now();
      // one from before the window is kept, so that a slow step is measured from its beginning
      const begins = samples.findLastIndex((sample) => at - sample.at > WINDOW_MS);
      samples = [...samples.slice(Math.max(0, begins)), { at, done }];
    },
    secondsFor(left) {
      if (left <= 0) return 0;
      const [first, last] = [samples[0], samples.at(-1)];
      if (!first || !last || last.done <= first.done || now() - first.at < SHORTEST_MS) return null;
      return ((now() - first.at) / 1000 / (last.done - first.done)) * left;
    },
  };
}
