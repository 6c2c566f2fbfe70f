import type { PgResource } from 'postgraphile/@dataplan/pg';
import { lambda, type Step } from 'postgraphile/grafast';
import { extendSchema, gql } from 'postgraphile/utils';
import type { QueryEmbedder, SearchMode } from '../query-embeddings.ts';

type Wanted = readonly [string, SearchMode | null | undefined, string | null | undefined];
type Result = Step & { get(name: string): Step };

/**
 * The query field `search` around the function app_public.search: it takes text alone, and the server embeds it. From
 * a result one can walk to what it was found in.
 */
export function searchPlugin(embed: QueryEmbedder): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const { search, documents, conversations, messages } = build.pgResources as Record<string, PgResource>;
    if (!search || !documents || !conversations || !messages) return { typeDefs: [], objects: {} };
    const parameter = (name: string) => {
      const found = search.parameters?.find((candidate) => candidate.name === name);
      if (!found) throw new Error(`app_public.search has no parameter ${name}`);
      return found;
    };
    const one = (resource: PgResource, column: string) => ($result: Result) =>
      resource.get({ id: $result.get(column) } as never);

    return {
      typeDefs: gql`
          extend type Query {
            """
            Finds passages of documents and messages by meaning and by words, in everything the caller may read in its
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
          }

          extend type SearchResult {
            """The document it is a piece of."""
            document: Document
            """The conversation it is a piece of."""
            conversation: Conversation
            """The message it is a piece of."""
            message: Message
          }
        `,
      objects: {
        Query: {
          plans: {
            search(_$root: Step, args: { getRaw(name: string): Step }) {
              const $query = args.getRaw('query');
              const $mode = args.getRaw('mode');
              const $vector = lambda(
                [$query, $mode, args.getRaw('queryEmbedding')] as unknown as readonly [
                  Step<Wanted[0]>,
                  Step<Wanted[1]>,
                  Step<number[] | null>,
                ],
                ([query, mode, given]) => given ?? embed(query, mode),
              );
              const $steps: [string, Step][] = [
                ['query', $query],
                ['query_embedding', $vector],
                ['kinds', args.getRaw('kinds')],
                ['max_results', args.getRaw('maxResults')],
                ['threshold', args.getRaw('threshold')],
                ['mode', $mode],
              ];
              return search.execute(
                $steps.map(([name, step]) => ({ step, name, pgCodec: parameter(name).codec })) as never,
              );
            },
          },
        },
        SearchResult: {
          plans: {
            document: one(documents, 'document_id'),
            conversation: one(conversations, 'conversation_id'),
            message: one(messages, 'message_id'),
          },
        },
      },
    } as never;
  }, 'SearchPlugin');
}
