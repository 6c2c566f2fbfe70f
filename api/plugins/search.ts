import type { PgResource, PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import { access, constant, lambda, type Step, sideEffect } from 'postgraphile/grafast';
import { extendSchema, gql } from 'postgraphile/utils';
import { ApiError } from '../errors.ts';
import type { QueryEmbedder, QueryVector, SearchMode } from '../query-embeddings.ts';
import type { Outcome, Reranker } from '../reranking.ts';
import type { SearchFacts, SearchRecorder } from '../search-recorder.ts';
import { isOff, pageToFind, RERANK_ARGUMENT, reranked } from './reranking.ts';

type Wanted = readonly [string, SearchMode | null | undefined, string | null | undefined];
type Result = Step & { get(name: string): Step };

/** The arguments of a search for a text, as app_public names them. */
const SEARCH_ARGUMENTS = `
              """1 to 100."""
              maxResults: Int = 10
              """How many results to pass over; pages reach as far as the first 200 results."""
              skip: Int = 0
              """Least cosine similarity of what is found by its meaning, -1 to 1."""
              threshold: Float
              """HYBRID joins what meaning and words find; VECTOR and TEXT use one of them alone."""
              mode: SearchMode = HYBRID
              """What narrows the search; of several, all must hold."""
              filters: SearchFilterInput
              """The vector of the query, for clients that have it. It must come from the model of the embedding version that is searched."""
              queryEmbedding: Vector
              ${RERANK_ARGUMENT}`;

/** What there is to add when the functions are missing, or not granted. */
const NOTHING = { typeDefs: [], objects: {} };

/** A composite value with the names of its attributes, as the codec of the type wants it. */
function snakeCased(value: unknown): Record<string, unknown> | null {
  if (value === null || value === undefined) return null;
  return Object.fromEntries(
    Object.entries(value as object).map(([name, item]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      item,
    ]),
  );
}

/** The arguments of a search that decide how its answer is counted, and whether it may be a sample. */
type Told = readonly [
  facts: SearchFacts | null,
  vector: number[] | null,
  query: string | null | undefined,
  kinds: string[] | null | undefined,
  filters: Record<string, unknown> | null,
  threshold: number | null | undefined,
  skip: number | null | undefined,
  outcome: Outcome | null,
];

/**
 * The query fields `search`, `searchDocuments`, `searchMemories` and `recall` around the functions of app_public: they take
 * text alone, and the server embeds it. From a result one can walk to what it was found in.
 */
export function searchPlugin(
  embed: QueryEmbedder,
  recorder?: SearchRecorder,
  reranker?: Reranker,
): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const resources = build.pgResources as Record<string, PgResource>;
    const {
      search,
      search_documents,
      search_memories,
      search_similar_chunks,
      search_similar_messages,
      recall,
    } = resources;
    const { documents, conversations, messages, memory_items, raw_events } = resources;
    if (!search || !search_documents || !search_memories || !search_similar_chunks) return NOTHING;
    if (!search_similar_messages || !recall) return NOTHING;
    if (!documents || !conversations || !messages || !memory_items || !raw_events) return NOTHING;
    const { sql, dataplanPg } = build;
    if (!sql || !dataplanPg) throw new Error('SearchPlugin needs the plugins of graphile-build-pg');
    const parameter = (resource: PgResource, name: string) => {
      const found = resource.parameters?.find((candidate) => candidate.name === name);
      if (!found) throw new Error(`app_public.${resource.name} has no parameter ${name}`);
      return found;
    };
    const execute = (resource: PgResource, steps: [string, Step][]): Step =>
      resource.execute(
        steps.map(([name, step]) => ({ step, name, pgCodec: parameter(resource, name).codec })) as never,
      ) as unknown as Step;
    /** The vector that was given, or the one of the query with the version that it belongs to. */
    const vectorOf = (args: { getRaw(name: string): Step }, $mode: Step, $version: Step = constant(null)) =>
      lambda(
        [args.getRaw('query'), $mode, args.getRaw('queryEmbedding'), $version] as unknown as readonly [
          Step<Wanted[0]>,
          Step<Wanted[1]>,
          Step<number[] | null>,
          Step<string | null>,
        ],
        ([query, mode, given, version]): QueryVector | Promise<QueryVector> => {
          if (version && !given && mode !== 'text') {
            throw new ApiError(
              'CQ200',
              'A search of another embedding version needs the vector of the query.',
              'Pass queryEmbedding, computed by the model of that version.',
            );
          }
          return given ? { vector: given, versionId: null, reason: null } : embed(query, mode);
        },
      );
    /** In the same statement as the search, so at the same moment: the vector belongs to the active version, or CQ301. */
    const ofActiveVersion = ($response: Step, $vector: Step): Step => {
      const $select = ($response as PgSelectSingleStep).getClassStep();
      const version = $select.placeholder(
        access($vector, 'versionId') as never,
        dataplanPg.TYPES.uuid as never,
      );
      $select.where(sql!`app_hidden.require_query_version(${version})`);
      return $response;
    };
    /** Tells the recorder of an answer. The database says whose it is, in the same statement. */
    const recorded = (
      $response: Step,
      $vector: Step,
      args: { [argument in 'query' | 'kinds' | 'filters' | 'threshold' | 'skip' | 'outcome']?: Step },
    ): Step => {
      if (!recorder) return $response;
      const $one = $response as PgSelectSingleStep;
      const $facts = $one.select(
        sql`app_hidden.search_facts(${$one.getClassStep().alias})`,
        dataplanPg.TYPES.jsonb as never,
      );
      const { query, kinds, filters, threshold, skip, outcome } = args;
      const told = [$facts, $vector, query, kinds, filters, threshold, skip, outcome].map(
        ($step) => $step ?? constant(null),
      );
      sideEffect(
        told as unknown as { [place in keyof Told]: Step<Told[place]> },
        ([facts, embedding, text, asked, filters, least, skipped, shown]) => {
          if (!facts) return;
          const isPlain = least == null && !skipped;
          const sample = {
            embedding,
            query: text ?? null,
            kinds: asked?.length ? asked : null,
            filters,
          };
          recorder.record({ ...facts, ...shown?.facts, is_plain: isPlain }, embedding ? sample : undefined);
        },
      );
      return $response;
    };
    /** A search for a text, by the function that does it. */
    const searching =
      (resource: PgResource, further: [field: string, parameter: string][] = [], kind?: string) =>
      (_$root: Step, args: { getRaw(name: string): Step }) => {
        const $mode = args.getRaw('mode');
        const $filters = lambda(args.getRaw('filters'), snakeCased);
        const $vector = vectorOf(
          args,
          $mode,
          further.length > 0 ? args.getRaw('embeddingVersionId') : undefined,
        );
        // most searches are not reranked, and are planned as if there were no such thing
        const $page = isOff(args.getRaw('rerank')) ? undefined : pageToFind(args, reranker);
        const $response = execute(resource, [
          ['query', args.getRaw('query')],
          ['query_embedding', access($vector, 'vector')],
          ['max_results', $page ? access($page, 'maxResults') : args.getRaw('maxResults')],
          ['threshold', args.getRaw('threshold')],
          ['mode', $mode],
          ['filters', $filters],
          ['skip', $page ? access($page, 'skip') : args.getRaw('skip')],
          ['without_vector', access($vector, 'reason')],
          ...further.map(([field, name]): [string, Step] => [name, args.getRaw(field)]),
        ]);
        ofActiveVersion($response, $vector);
        const $outcome = $page && reranked($response, $page, args.getRaw('query'), reranker);
        return recorded($response, access($vector, 'vector'), {
          ...($outcome ? { outcome: $outcome } : {}),
          query: args.getRaw('query'),
          filters: $filters,
          threshold: args.getRaw('threshold'),
          skip: args.getRaw('skip'),
          ...(kind ? { kinds: constant([kind]) } : further.length > 0 ? { kinds: args.getRaw('kinds') } : {}),
        });
      };
    const one = (resource: PgResource, column: string) => ($result: Result) =>
      resource.get({ id: $result.get(column) } as never);

    return {
      typeDefs: gql`
          extend type Query {
            """
            Finds passages of documents, messages and memories by meaning and by words, in everything the caller may read in its
            workspace. The server computes the vector of the query itself.
            """
            search(
              """What to look for: words, a question, a sentence."""
              query: String!
              """What to search in. Default: everything."""
              kinds: [SourceType!]
              """The embedding version to search, which is not archived. Default: the active one."""
              embeddingVersionId: UUID
              ${SEARCH_ARGUMENTS}
            ): SearchResponse

            """Search in documents alone."""
            searchDocuments(
              """What to look for: words, a question, a sentence."""
              query: String!
              ${SEARCH_ARGUMENTS}
            ): SearchResponse

            """Search in memories alone, by their fit only; recall also weighs importance and recency."""
            searchMemories(
              """What to look for: words, a question, a sentence."""
              query: String!
              ${SEARCH_ARGUMENTS}
            ): SearchResponse

            """Passages nearest to a vector of the model of the embedding version that is searched."""
            searchSimilarChunks(
              """The vector."""
              embedding: Vector!
              """Least cosine similarity, -1 to 1."""
              threshold: Float
              """1 to 100."""
              maxResults: Int = 10
              """What to search in. Default: everything."""
              kinds: [SourceType!]
              """What narrows the search; of several, all must hold."""
              filters: SearchFilterInput
              """How many results to pass over; pages reach as far as the first 200 results."""
              skip: Int = 0
              """The embedding version to search, which is not archived. Default: the active one."""
              embeddingVersionId: UUID
            ): SearchResponse

            """Messages nearest to a vector of the model of the active embedding version."""
            searchSimilarMessages(
              """The vector."""
              embedding: Vector!
              """Only messages of this conversation."""
              conversationId: UUID
              """Least cosine similarity, -1 to 1."""
              threshold: Float
              """1 to 100."""
              maxResults: Int = 10
              """How many results to pass over; pages reach as far as the first 200 results."""
              skip: Int = 0
            ): SearchResponse

            """
            The memories that fit a question best, weighed by importance and recency. The server computes the vector of the
            query itself. Say with useMemories which of them an answer used.
            """
            recall(
              """A question, a sentence, some words."""
              query: String!
              """1 to 100."""
              maxResults: Int = 10
              """The vector of the query, for clients that have it. It must come from the model of the active embedding version."""
              queryEmbedding: Vector
            ): RecallResponse
          }

          extend type RecalledMemory {
            """The memory itself."""
            memoryItem: MemoryItem
          }

          extend type SearchResult {
            """The document it is a piece of."""
            document: Document
            """The conversation it is a piece of."""
            conversation: Conversation
            """The message it is a piece of."""
            message: Message
            """The memory it is a piece of."""
            memoryItem: MemoryItem
            """The event that it says."""
            rawEvent: RawEvent
          }
        `,
      objects: {
        Query: {
          plans: {
            search: searching(search, [
              ['kinds', 'kinds'],
              ['embeddingVersionId', 'embedding_version_id'],
            ]),
            searchDocuments: searching(search_documents, [], 'document'),
            searchMemories: searching(search_memories, [], 'memory'),
            searchSimilarChunks(_$root: Step, args: { getRaw(name: string): Step }) {
              const $filters = lambda(args.getRaw('filters'), snakeCased);
              const $response = execute(search_similar_chunks, [
                ['embedding', args.getRaw('embedding')],
                ['threshold', args.getRaw('threshold')],
                ['max_results', args.getRaw('maxResults')],
                ['kinds', args.getRaw('kinds')],
                ['filters', $filters],
                ['skip', args.getRaw('skip')],
                ['embedding_version_id', args.getRaw('embeddingVersionId')],
              ]);
              return recorded($response, args.getRaw('embedding'), {
                kinds: args.getRaw('kinds'),
                filters: $filters,
                threshold: args.getRaw('threshold'),
                skip: args.getRaw('skip'),
              });
            },
            searchSimilarMessages(_$root: Step, args: { getRaw(name: string): Step }) {
              const $response = execute(search_similar_messages, [
                ['embedding', args.getRaw('embedding')],
                ['conversation_id', args.getRaw('conversationId')],
                ['threshold', args.getRaw('threshold')],
                ['max_results', args.getRaw('maxResults')],
                ['skip', args.getRaw('skip')],
              ]);
              return recorded($response, args.getRaw('embedding'), {
                kinds: constant(['message']),
                filters: lambda(args.getRaw('conversationId'), (conversationId) =>
                  conversationId ? { conversation_id: conversationId } : null,
                ),
                threshold: args.getRaw('threshold'),
                skip: args.getRaw('skip'),
              });
            },
            recall(_$root: Step, args: { getRaw(name: string): Step }) {
              const $vector = vectorOf(args, constant(null));
              const $response = execute(recall, [
                ['query', args.getRaw('query')],
                ['query_embedding', access($vector, 'vector')],
                ['max_results', args.getRaw('maxResults')],
              ]);
              return ofActiveVersion($response, $vector);
            },
          },
        },
        SearchResult: {
          plans: {
            document: one(documents, 'document_id'),
            conversation: one(conversations, 'conversation_id'),
            message: one(messages, 'message_id'),
            memoryItem: one(memory_items, 'memory_item_id'),
            rawEvent: one(raw_events, 'raw_event_id'),
          },
        },
        RecalledMemory: {
          plans: { memoryItem: one(memory_items, 'memory_item_id') },
        },
      },
    } as never;
  }, 'SearchPlugin');
}
