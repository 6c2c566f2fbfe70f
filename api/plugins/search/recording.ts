import type { PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import { TYPES } from 'postgraphile/@dataplan/pg';
import { constant, type Step, sideEffect } from 'postgraphile/grafast';
import { sql } from 'postgraphile/pg-sql2';
import type { Outcome } from '../../reranking.ts';
import type { SearchFacts, SearchRecorder } from '../../search-recorder.ts';

/** The arguments of a search that decide how its answer is counted, and whether it may be a sample. */
export interface RecordedArguments {
  $vector: Step<number[] | null | undefined>;
  $query?: Step<string>;
  $kinds?: Step<string[] | null | undefined>;
  $filters?: Step<Record<string, unknown> | null>;
  $threshold: Step<number | null | undefined>;
  $skip: Step<number | null | undefined>;
  /** What became of the results when they were reranked. */
  $outcome?: Step<Outcome> | undefined;
}

/** Hands the answer of a search to the recorder. The database says whose it is, in the same statement. */
export function recordAnswer(
  recorder: SearchRecorder | undefined,
  $response: PgSelectSingleStep,
  { $vector, $query, $kinds, $filters, $threshold, $skip, $outcome }: RecordedArguments,
): void {
  if (!recorder) return;
  const $facts: Step<SearchFacts | null> = $response.select(
    sql`app_hidden.search_facts(${$response.getClassStep().alias})`,
    TYPES.jsonb,
  );
  const $absent = constant(null);
  sideEffect(
    [
      $facts,
      $vector,
      $query ?? $absent,
      $kinds ?? $absent,
      $filters ?? $absent,
      $threshold,
      $skip,
      $outcome ?? $absent,
    ],
    ([facts, embedding, query, kinds, filters, threshold, skip, outcome]) => {
      if (!facts) return;
      const isPlain = threshold == null && !skip;
      const sample = embedding
        ? { embedding, query, kinds: kinds?.length ? kinds : null, filters }
        : undefined;
      recorder.record({ ...facts, ...outcome?.facts, is_plain: isPlain }, sample);
    },
  );
}
