import type { PgResource, PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import { access, constant, lambda, type Step } from 'postgraphile/grafast';
import { extendSchema, gql } from 'postgraphile/utils';
import type { QueryEmbedder, QueryVector, SearchMode } from '../query-embeddings.ts';

type Wanted = readonly [string, SearchMode | null | undefined, string | null | undefined];
type Result = Step & { get(name: string): Step };

/**
 * The query fields `search` and `recall` around the functions of app_public: they take text alone, and the server embeds
 * it. From a result one can walk to what it was found in.
 */
export function searchPlugin(embed: QueryEmbedder): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const { search, recall, documents, conversations, messages, memory_items } = build.pgResources as Record<
      string,
      PgResource
    >;
    if (!search || !recall || !documents || !conversations || !messages || !memory_items)
      return { typeDefs: [], objects: {} };
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
    const vectorOf = (args: { getRaw(name: string): Step }, $mode: Step) =>
      lambda(
        [args.getRaw('query'), $mode, args.getRaw('queryEmbedding')] as unknown as readonly [
          Step<Wanted[0]>,
          Step<Wanted[1]>,
          Step<number[] | null>,
        ],
        ([query, mode, given]): QueryVector | Promise<QueryVector> =>
          given ? { vector: given, versionId: null } : embed(query, mode),
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
              """1 to 100."""
              maxResults: Int = 10
              """Least cosine similarity of what is found by its meaning, -1 to 1."""
              threshold: Float
              """HYBRID joins what meaning and words find; VECTOR and TEXT use one of them alone."""
              mode: SearchMode = HYBRID
              """The vector of the query, for clients that have it. It must come from the model of the active embedding version."""
              queryEmbedding: Vector
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
          }
        `,
      objects: {
        Query: {
          plans: {
            search(_$root: Step, args: { getRaw(name: string): Step }) {
              const $query = args.getRaw('query');
              const $mode = args.getRaw('mode');
              const $vector = vectorOf(args, $mode);
              const $response = execute(search, [
                ['query', $query],
                ['query_embedding', access($vector, 'vector')],
                ['kinds', args.getRaw('kinds')],
                ['max_results', args.getRaw('maxResults')],
                ['threshold', args.getRaw('threshold')],
                ['mode', $mode],
              ]);
              return ofActiveVersion($response, $vector);
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
          },
        },
        RecalledMemory: {
          plans: { memoryItem: one(memory_items, 'memory_item_id') },
        },
      },
    } as never;
  }, 'SearchPlugin');
}
