import type { PgResource, PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import { access, constant, lambda, type Step } from 'postgraphile/grafast';
import type { PgSQL } from 'postgraphile/pg-sql2';
import type { QueryEmbedder, SearchMode } from '../../query-embeddings.ts';
import type { Reranker } from '../../reranking.ts';
import type { SearchRecorder } from '../../search-recorder.ts';
import type { FieldArguments } from '../field-arguments.ts';
import { isOff, pageToFind, type RerankArguments, reranked } from '../reranking.ts';
import { type QueryArguments, queryVector, requireActiveVersion } from './query-vector.ts';
import { recordAnswer } from './recording.ts';
import { call, type SearchResources } from './resources.ts';

interface NarrowingArguments {
  kinds: string[] | null | undefined;
  filters: object | null | undefined;
  embeddingVersionId: string | null | undefined;
}

interface PageArguments {
  threshold: number | null | undefined;
  maxResults: number | null | undefined;
  skip: number | null | undefined;
}

type SearchArguments = QueryArguments &
  PageArguments &
  NarrowingArguments &
  RerankArguments & { mode: SearchMode | null | undefined };

type SimilarChunksArguments = PageArguments & NarrowingArguments & { embedding: number[] };
type SimilarMessagesArguments = PageArguments & {
  embedding: number[];
  conversationId: string | null | undefined;
};
type RecallArguments = QueryArguments & Pick<PageArguments, 'maxResults'>;

/** What the plans need of the server. */
export interface SearchServices {
  embed: QueryEmbedder;
  recorder?: SearchRecorder | undefined;
  reranker?: Reranker | undefined;
}

/** A composite value with the names of its attributes, as the codec of the type wants it. */
function snakeCased(value: object | null | undefined): Record<string, unknown> | null {
  if (value === null || value === undefined) return null;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      item,
    ]),
  );
}

/**
 * A search for a text, by the function that does it.
 * @param kind  the only kind of source that the function searches; without it kinds and version are arguments
 */
function textSearch({ embed, recorder, reranker }: SearchServices, resource: PgResource, kind?: string) {
  return (_$root: Step, args: FieldArguments<SearchArguments>): PgSelectSingleStep => {
    const [$query, $mode] = [args.getRaw('query'), args.getRaw('mode')];
    const [$threshold, $skip] = [args.getRaw('threshold'), args.getRaw('skip')];
    const $filters = lambda(args.getRaw('filters'), snakeCased);
    const $kinds = kind ? constant([kind]) : args.getRaw('kinds');
    const $version = kind ? undefined : args.getRaw('embeddingVersionId');
    const $vector = queryVector(embed, args, $mode, $version);
    // most searches are not reranked, and are planned as if there were no such thing
    const $page = isOff(args.getRaw('rerank')) ? undefined : pageToFind(args, reranker);
    const $response = call(resource, {
      query: $query,
      query_embedding: access($vector, 'vector'),
      max_results: $page ? access($page, 'maxResults') : args.getRaw('maxResults'),
      threshold: $threshold,
      mode: $mode,
      filters: $filters,
      skip: $page ? access($page, 'skip') : $skip,
      without_vector: access($vector, 'reason'),
      ...($version && { kinds: $kinds, embedding_version_id: $version }),
    });
    requireActiveVersion($response, $vector);
    const $outcome = $page && reranked($response, $page, $query, reranker);
    recordAnswer(recorder, $response, {
      $vector: access($vector, 'vector'),
      $query,
      $kinds,
      $filters,
      $threshold,
      $skip,
      $outcome,
    });
    return $response;
  };
}

/** The passages nearest to a vector. */
function similarChunks({ recorder }: SearchServices, resource: PgResource) {
  return (_$root: Step, args: FieldArguments<SimilarChunksArguments>): PgSelectSingleStep => {
    const [$threshold, $skip] = [args.getRaw('threshold'), args.getRaw('skip')];
    const [$embedding, $kinds] = [args.getRaw('embedding'), args.getRaw('kinds')];
    const $filters = lambda(args.getRaw('filters'), snakeCased);
    const $response = call(resource, {
      embedding: $embedding,
      threshold: $threshold,
      max_results: args.getRaw('maxResults'),
      kinds: $kinds,
      filters: $filters,
      skip: $skip,
      embedding_version_id: args.getRaw('embeddingVersionId'),
    });
    recordAnswer(recorder, $response, { $vector: $embedding, $kinds, $filters, $threshold, $skip });
    return $response;
  };
}

/** The messages nearest to a vector. */
function similarMessages({ recorder }: SearchServices, resource: PgResource) {
  return (_$root: Step, args: FieldArguments<SimilarMessagesArguments>): PgSelectSingleStep => {
    const [$threshold, $skip] = [args.getRaw('threshold'), args.getRaw('skip')];
    const [$embedding, $conversation] = [args.getRaw('embedding'), args.getRaw('conversationId')];
    const $response = call(resource, {
      embedding: $embedding,
      conversation_id: $conversation,
      threshold: $threshold,
      max_results: args.getRaw('maxResults'),
      skip: $skip,
    });
    recordAnswer(recorder, $response, {
      $vector: $embedding,
      $kinds: constant(['message']),
      $filters: lambda($conversation, (id) => (id ? { conversation_id: id } : null)),
      $threshold,
      $skip,
    });
    return $response;
  };
}

/** The memories that fit a question best. */
function recall({ embed }: SearchServices, resource: PgResource) {
  return (_$root: Step, args: FieldArguments<RecallArguments>): PgSelectSingleStep => {
    const $vector = queryVector(embed, args, constant(null));
    const $response = call(resource, {
      query: args.getRaw('query'),
      query_embedding: access($vector, 'vector'),
      max_results: args.getRaw('maxResults'),
    });
    requireActiveVersion($response, $vector);
    return $response;
  };
}

/** The row that a result was found in. */
function source(resource: PgResource, column: string) {
  return ($result: PgSelectSingleStep) => resource.get({ id: $result.get(column) });
}

/** The passage itself. Its key begins with the workspace, which is the one that was searched. */
function passage(resource: PgResource, sql: PgSQL) {
  return ($result: PgSelectSingleStep) => {
    const $chunks = resource.find({ id: $result.get('chunk_id') });
    $chunks.where(sql`${$chunks.alias}.workspace_id = app_hidden.current_workspace_id()`);
    return $chunks.single();
  };
}

/** The plans of the fields that type-defs.ts declares. */
export function searchPlans(services: SearchServices, resources: SearchResources, sql: PgSQL) {
  const memoryItem = source(resources.memory_items, 'memory_item_id');
  return {
    Query: {
      plans: {
        search: textSearch(services, resources.search),
        searchDocuments: textSearch(services, resources.search_documents, 'document'),
        searchMemories: textSearch(services, resources.search_memories, 'memory'),
        searchSimilarChunks: similarChunks(services, resources.search_similar_chunks),
        searchSimilarMessages: similarMessages(services, resources.search_similar_messages),
        recall: recall(services, resources.recall),
      },
    },
    SearchResult: {
      plans: {
        chunk: passage(resources.chunks, sql),
        document: source(resources.documents, 'document_id'),
        conversation: source(resources.conversations, 'conversation_id'),
        message: source(resources.messages, 'message_id'),
        memoryItem,
        rawEvent: source(resources.raw_events, 'raw_event_id'),
      },
    },
    RecalledMemory: { plans: { memoryItem } },
  };
}
