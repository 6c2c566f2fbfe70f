import { type PgResource, type PgSelectSingleStep, pgSelectFromRecords } from 'postgraphile/@dataplan/pg';
import { access, ConstantStep, constant, lambda, type Step } from 'postgraphile/grafast';
import { extendSchema, gql, wrapPlans } from 'postgraphile/utils';
import { type Found, type FoundPage, foundPage, type Outcome, type Reranker, rerank } from '../reranking.ts';
import type { FieldArguments } from './field-arguments.ts';

/** The argument of the searches that can be reranked. */
export const RERANK_ARGUMENT = `
              """
              Whether a model that reads question and passage together puts the first 50 results in order. Their text is sent to
              the service that the server is configured for; reranking says what became of it.
              """
              rerank: Boolean = false`;

/** The arguments that decide which results are found, and which of them are shown. */
export interface RerankArguments {
  rerank: boolean | null | undefined;
  maxResults: number | null | undefined;
  skip: number | null | undefined;
}

/** What becomes of the results of a response, by the step of the response or of the list of its results. */
const outcomes = new WeakMap<Step, Step<Outcome>>();

/** Whether the document says, by saying nothing, that a search is not to be reranked. */
export function isOff($rerank: Step): boolean {
  return $rerank instanceof ConstantStep && $rerank.data !== true;
}

/** Which results a search has to find. */
export function pageToFind(
  args: FieldArguments<RerankArguments>,
  reranker: Reranker | undefined,
): Step<FoundPage> {
  return lambda(
    [args.getRaw('rerank'), args.getRaw('maxResults'), args.getRaw('skip')],
    ([isAsked, maxResults, skip]) => foundPage(isAsked === true, reranker !== undefined, maxResults, skip),
  );
}

/** Lets the results of a response be reranked when they have been found. */
export function reranked(
  $response: PgSelectSingleStep,
  $page: Step<FoundPage>,
  $query: Step<string>,
  reranker: Reranker | undefined,
): Step<Outcome> {
  const $found: Step<Found[] | null> = $response.get('results');
  const $outcome = lambda([$found, $page, $query], ([found, page, query]) =>
    rerank(reranker, query, found ?? [], page),
  );
  outcomes.set($response, $outcome);
  return $outcome;
}

/** A number that the recorder of searches is told, too, in place of the one that the search itself gave. */
function shownNumber(name: 'requested' | 'returned') {
  return (plan: () => Step, $response: Step): Step => {
    const $outcome = outcomes.get($response);
    if (!$outcome) return plan();
    const $found: Step<number> = ($response as PgSelectSingleStep).get(name);
    return lambda([$found, $outcome], ([found, outcome]) => outcome.facts?.[name] ?? found);
  };
}

/** What searches tell of reranking. The argument itself is searchPlugin's. */
export const rerankingPlugins: GraphileConfig.Plugin[] = [
  extendSchema(
    () => ({
      typeDefs: gql`
          """What became of the wish to have results reranked."""
          enum SearchRerankingState {
            """The first results are in the order of the reranker."""
            USED
            """The reranker gave no usable answer in time: the order of the search stands."""
            FAILED
            """There was nothing to reorder: the order of the search stands."""
            NOT_NEEDED
            """This server has no reranker: the order of the search stands."""
            NOT_CONFIGURED
          }

          """How the first results of a search were reranked."""
          type SearchReranking {
            """What became of it."""
            state: SearchRerankingState!
            """The model that was asked, where the service has more than one."""
            model: String
            """How many passages were sent."""
            candidates: Int!
            """How long the answer took."""
            milliseconds: Int!
            """Why the order of the search stands."""
            reason: String
          }

          extend type SearchResponse {
            """What became of the argument rerank; null when it was not set."""
            reranking: SearchReranking
          }

          extend type SearchResult {
            """What the reranker says of it: the higher the better, on a scale of its own. Null when it was not asked."""
            rerankScore: Float
          }
        `,
      objects: {
        SearchResponse: {
          plans: {
            reranking($response: Step) {
              const $outcome = outcomes.get($response);
              return $outcome ? access($outcome, 'reranking') : constant(null);
            },
          },
        },
        SearchResult: {
          plans: {
            rerankScore($result: PgSelectSingleStep) {
              const $outcome = outcomes.get($result.getClassStep());
              if (!$outcome) return constant(null);
              const $chunkId: Step<string> = $result.get('chunk_id');
              return lambda([$chunkId, $outcome], ([chunkId, { scores }]) => scores.get(chunkId) ?? null);
            },
          },
        },
      },
    }),
    'RerankingPlugin',
  ),
  wrapPlans(
    (build) => ({
      SearchResponse: {
        results(plan, $source) {
          const $response = $source as PgSelectSingleStep;
          const $outcome = outcomes.get($response);
          if (!$outcome) return plan();
          const codec = $response.resource.codec.attributes?.results?.codec.arrayOfCodec;
          const resource = codec && build.pgTableResource?.(codec, false);
          if (!resource) throw new Error('app_public.search_response has no results');
          const $results = pgSelectFromRecords(resource as PgResource, access($outcome, 'results'));
          $results.setTrusted();
          outcomes.set($results, $outcome);
          return $results;
        },
        requested: shownNumber('requested'),
        returned: shownNumber('returned'),
      },
    }),
    { name: 'RerankedResultsPlugin' },
  ),
];
