import { randomNumbers } from '../search-data.ts';

/** What is right for one query: documents with their grade, above 0 when relevant. */
export type Judgements = ReadonlyMap<string, number>;

const isRelevant = (judged: Judgements, id: string): boolean => (judged.get(id) ?? 0) > 0;
const discounted = (grades: number[]): number =>
  grades.reduce((sum, grade, place) => sum + grade / Math.log2(place + 2), 0);

/** Normalised discounted cumulative gain of the first k, with linear gains, as trec_eval and BEIR compute it. */
export function ndcg(ranked: readonly string[], judged: Judgements, k: number): number {
  const grades = [...judged.values()].filter((grade) => grade > 0).sort((a, b) => b - a);
  const ideal = discounted(grades.slice(0, k));
  return ideal === 0
    ? 0
    : discounted(ranked.slice(0, k).map((id) => Math.max(judged.get(id) ?? 0, 0))) / ideal;
}

/** Share of the relevant that is among the first k. */
export function recall(ranked: readonly string[], judged: Judgements, k: number): number {
  const relevant = [...judged.keys()].filter((id) => isRelevant(judged, id));
  const first = new Set(ranked.slice(0, k));
  return relevant.length === 0 ? 0 : relevant.filter((id) => first.has(id)).length / relevant.length;
}

/** 1 / place of the first relevant one among the first k, 0 when there is none. */
export function reciprocalRank(ranked: readonly string[], judged: Judgements, k: number): number {
  const place = ranked.slice(0, k).findIndex((id) => isRelevant(judged, id));
  return place < 0 ? 0 : 1 / (place + 1);
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A figure over the queries, with the 95 % interval of a bootstrap over them. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

const ROUNDS = 2_000;

/** Draws as many queries as there are, with replacement, again and again; the same draws for the same seed and number. */
function bootstrap(count: number, statistic: (drawn: number[]) => number, seed: number): Estimate {
  const random = randomNumbers(seed);
  const values = Array.from({ length: ROUNDS }, () =>
    statistic(Array.from({ length: count }, () => Math.floor(random() * count))),
  ).sort((a, b) => a - b);
  return {
    value: statistic(Array.from({ length: count }, (_, index) => index)),
    low: values[Math.floor(0.025 * ROUNDS)]!,
    high: values[Math.ceil(0.975 * ROUNDS) - 1]!,
  };
}

export function estimate(values: readonly number[], seed = 1): Estimate {
  return bootstrap(values.length, (drawn) => mean(drawn.map((index) => values[index]!)), seed);
}

/** The mean of a − b, query by query. */
export function estimateDifference(a: readonly number[], b: readonly number[], seed = 1): Estimate {
  return estimate(
    a.map((value, index) => value - b[index]!),
    seed,
  );
}

/** The mean of a over the mean of b: what is kept of it. 1 where there is nothing to lose. */
export function estimateShare(a: readonly number[], b: readonly number[], seed = 1): Estimate {
  const share = (drawn: number[]): number => {
    const whole = drawn.reduce((sum, index) => sum + b[index]!, 0);
    return whole === 0 ? 1 : drawn.reduce((sum, index) => sum + a[index]!, 0) / whole;
  };
  return bootstrap(a.length, share, seed);
}
