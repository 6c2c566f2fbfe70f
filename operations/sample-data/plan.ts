import { randomOf } from './random.ts';

export interface SampleSize {
  messages: number;
  conversations: number;
  workspaces: number;
  years: number;
  documents: number;
  memories: number;
  events: number;
  /** Begins all random numbers. */
  seed: number;
  /** Milliseconds: nothing is later. */
  until: number;
}

export const DAY = 86_400_000;
const YEAR = 365.25 * DAY;
/** A conversation of this size is continued in a new one: the default of max_messages. */
const MOST_MESSAGES = 1000;

export const sinceOf = ({ until, years }: SampleSize): number => until - years * YEAR;

/** Sizes by Zipf's law, the k-th as large as 1 / k^0.8 of the first, none over the most that a conversation has, as many in all as asked for. */
function zipfSizes(count: number, total: number): Uint32Array {
  const most = Math.max(MOST_MESSAGES, Math.ceil((4 * total) / count));
  const size = (rank: number, factor: number): number =>
    Math.min(most, Math.max(1, Math.floor(factor / (rank + 1) ** 0.8)));
  const sumOf = (factor: number): number => {
    let sum = 0;
    for (let rank = 0; rank < count; rank++) sum += size(rank, factor);
    return sum;
  };
  let low = 0;
  let high = total * 2 + most;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (sumOf(middle) > total) high = middle;
    else low = middle;
  }
  const sizes = Uint32Array.from({ length: count }, (_, rank) => size(rank, low));
  let missing = total - sumOf(low);
  // the rest of the rounding, one each, from the middle on
  for (let rank = Math.floor(count / 3); missing > 0; rank = (rank + 1) % count) {
    if (sizes[rank]! >= most) continue;
    sizes[rank] = sizes[rank]! + 1;
    missing -= 1;
  }
  return sizes;
}

export interface Plan {
  /** Messages of each conversation, in the order of their beginnings. */
  sizes: Uint32Array;
  /** When each begins, in milliseconds. */
  starts: Float64Array;
  /** The same in every plan of one size: what a conversation has in a table of its own. */
  size: SampleSize;
}

/** What is decided for all conversations before the first is written: 12 bytes each. */
export function makePlan(size: SampleSize): Plan {
  const random = randomOf(size.seed, size.conversations, 1);
  const sizes = zipfSizes(size.conversations, size.messages);
  for (let place = sizes.length - 1; place > 0; place--) {
    const other = random.below(place + 1);
    [sizes[place], sizes[other]] = [sizes[other]!, sizes[place]!];
  }
  const since = sinceOf(size);
  const span = size.until - since - DAY / 24;
  // an installation grows: later there are more
  const starts = Float64Array.from({ length: size.conversations }, () =>
    Math.floor(since + span * random.next() ** 0.7),
  ).sort();
  return { sizes, starts, size };
}
