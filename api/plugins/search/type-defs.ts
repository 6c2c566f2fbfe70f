import { gql } from 'postgraphile/utils';
import { RERANK_ARGUMENT } from '../reranking.ts';

/** The arguments of a search for a text, in the order of app_public.search. */
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

/** What the schema gains by searches for a text, which the server embeds; the types are those of app_public. */
export const searchTypeDefs = gql`
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
    """The passage itself, with its place in what it is a piece of."""
    chunk: Chunk
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
`;
