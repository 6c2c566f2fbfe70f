import type { PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import { TYPES } from 'postgraphile/@dataplan/pg';
import { access, constant, lambda, type Step } from 'postgraphile/grafast';
import { sql } from 'postgraphile/pg-sql2';
import { ApiError } from '../../errors.ts';
import type { QueryEmbedder, QueryVector, SearchMode } from '../../query-embeddings.ts';
import type { FieldArguments } from '../field-arguments.ts';
import { currentRequest } from '../requests.ts';

export interface QueryArguments {
  query: string;
  queryEmbedding: number[] | null | undefined;
}

/** The vector that was given, or the one of the query with the version that it belongs to. */
export function queryVector(
  embed: QueryEmbedder,
  args: FieldArguments<QueryArguments>,
  $mode: Step<SearchMode | null | undefined>,
  $version: Step<string | null | undefined> = constant(null),
): Step<QueryVector> {
  return lambda(
    [args.getRaw('query'), $mode, args.getRaw('queryEmbedding'), $version],
    ([query, mode, given, version]): QueryVector | Promise<QueryVector> => {
      if (version && !given && mode !== 'text') {
        throw new ApiError(
          'CQ200',
          'A search of another embedding version needs the vector of the query.',
          'Pass queryEmbedding, computed by the model of that version.',
        );
      }
      if (given) return { vector: given, versionId: null, reason: null };
      const request = currentRequest();
      // the database refuses the search of a visitor: nothing is computed for it
      if (request?.isVisitor) return { vector: null, versionId: null, reason: null };
      return embed(query, mode, request?.workspaceId);
    },
  );
}

/** In the same statement as the search, so at the same moment: the vector belongs to the active version, or CQ301. */
export function requireActiveVersion($response: PgSelectSingleStep, $vector: Step<QueryVector>): void {
  const $select = $response.getClassStep();
  const version = $select.placeholder(access($vector, 'versionId'), TYPES.uuid);
  $select.where(sql`app_hidden.require_query_version(${version})`);
}
