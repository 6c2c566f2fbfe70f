import { Document } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { VectorStore } from '@langchain/core/vectorstores';
import type { Client } from './client.ts';
import {
  CreateDocumentDocument,
  DeleteDocumentDocument,
  DocumentsOfSourcesDocument,
  IndexingProgressDocument,
  SearchByVectorDocument,
  SearchDocument,
  type SearchFilterInput,
  type SearchHitFragment,
  type SearchMode,
  type SourceType,
  type Visibility,
} from './generated.ts';
import { subscribe } from './subscribe.ts';

export { ColloquyChatMessageHistory } from './langchain-history.ts';

export interface ColloquyVectorStoreOptions {
  client: Client;
  /** What is searched. Default: documents. */
  kinds?: SourceType[] | undefined;
  /** By meaning and by words (`HYBRID`, the default), or by one of them. */
  mode?: SearchMode | undefined;
  /** Whether a model that reads question and passage together puts the best ones first. */
  rerank?: boolean | undefined;
  /** Who may read what is added, besides its owner. Default: PRIVATE. */
  visibility?: Visibility | undefined;
}

/** The ids of a caller are sources here: what is added again with the same id is brought up to date. */
const SOURCE = 'urn:langchain:';
const sourceOf = (id: string): string => SOURCE + encodeURIComponent(id);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Ids of one request. */
const BATCH = 500;

const inServer = (): never => {
  throw new Error('The server embeds what is stored and what is asked: add documents and search by text.');
};
const SERVER_EMBEDDINGS: EmbeddingsInterface = { embedQuery: inServer, embedDocuments: inServer };

/** What a document is called: LangChain's have no title. */
const titleOf = ({ pageContent, metadata }: Document): string =>
  String(metadata.title || metadata.source || pageContent.trim().split('\n', 1)[0] || 'Untitled').slice(
    0,
    500,
  );

/** A passage that was found. What it was found in is in `metadata.colloquy`; the rest is the metadata of its document. */
function toDocument({ document, score, content, ...place }: SearchHitFragment): Document {
  const { id, sourceUrl, metadata } = document ?? {};
  return new Document({
    pageContent: content,
    metadata: { ...(metadata as object), colloquy: { ...place, ...(id ? { documentId: id } : {}) } },
    id: sourceUrl?.startsWith(SOURCE)
      ? decodeURIComponent(sourceUrl.slice(SOURCE.length))
      : (id ?? place.chunkId),
  });
}

/**
 * The documents, and what else is searched, of the account whose token the client has. The server embeds: the workspace has one
 * model for everything, and what is added is found by its words within seconds, and by its meaning when a worker has embedded it.
 */
export class ColloquyVectorStore extends VectorStore {
  declare FilterType: SearchFilterInput;
  readonly #options: ColloquyVectorStoreOptions;

  constructor(options: ColloquyVectorStoreOptions) {
    super(SERVER_EMBEDDINGS, {});
    this.#options = options;
  }

  _vectorstoreType(): string {
    return 'colloquy';
  }

  /** Adds documents, and returns their ids: those of the caller, where it has some. */
  override async addDocuments(documents: Document[], { ids }: { ids?: string[] } = {}): Promise<string[]> {
    const { client, visibility } = this.#options;
    const added: string[] = [];
    for (const [place, document] of documents.entries()) {
      const id = ids?.[place] ?? document.id;
      const { createDocument } = await client.request(
        CreateDocumentDocument,
        {
          input: {
            title: titleOf(document),
            content: document.pageContent,
            metadata: document.metadata,
            ...(visibility ? { visibility } : {}),
            ...(id === undefined ? {} : { sourceUrl: sourceOf(id) }),
          },
        },
        { isRepeatable: id !== undefined },
      );
      added.push(id ?? createDocument!.document!.id);
    }
    return added;
  }

  override async addVectors(): Promise<string[]> {
    return inServer();
  }

  /** Waits until all of the workspace is found by its meaning, too. */
  async indexed({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    for await (const { indexingProgressChanged } of subscribe(
      this.#options.client,
      IndexingProgressDocument,
      {},
      { signal },
    )) {
      const { isComplete, paused } = indexingProgressChanged;
      if (paused) throw new Error(`Indexing is paused: ${paused}.`);
      if (isComplete) return;
    }
  }

  /** Deletes documents by the ids that addDocuments returned, or by those that they have in Colloquy. */
  override async delete({ ids }: { ids: string[] }): Promise<void> {
    const { client } = this.#options;
    for (let at = 0; at < ids.length; at += BATCH) {
      const some = ids.slice(at, at + BATCH);
      const variables = { sources: some.map(sourceOf), ids: some.filter((id) => UUID.test(id)) };
      const { documents } = await client.request(DocumentsOfSourcesDocument, variables);
      for (const document of documents?.nodes ?? []) {
        if (document) await client.request(DeleteDocumentDocument, { id: document.id });
      }
    }
  }

  override async similaritySearch(query: string, k = 4, filter?: SearchFilterInput): Promise<Document[]> {
    return (await this.similaritySearchWithScore(query, k, filter)).map(([document]) => document);
  }

  override async similaritySearchWithScore(
    query: string,
    k = 4,
    filter?: SearchFilterInput,
  ): Promise<[Document, number][]> {
    const { client, kinds = ['DOCUMENT'], mode, rerank } = this.#options;
    const variables = {
      query,
      kinds,
      maxResults: k,
      filters: filter,
      mode: mode ?? 'HYBRID',
      rerank: rerank ?? false,
    };
    const { search } = await client.request(SearchDocument, variables);
    return (search?.results ?? []).map((hit) => [toDocument(hit), hit.score]);
  }

  /** By a vector of the model that the workspace has. */
  async similaritySearchVectorWithScore(
    embedding: number[],
    k: number,
    filter?: SearchFilterInput,
  ): Promise<[Document, number][]> {
    const { client, kinds = ['DOCUMENT'] } = this.#options;
    const variables = { embedding, kinds, maxResults: k, filters: filter };
    const { searchSimilarChunks } = await client.request(SearchByVectorDocument, variables);
    return (searchSimilarChunks?.results ?? []).map((hit) => [toDocument(hit), hit.score]);
  }

  static override async fromTexts(
    texts: string[],
    metadatas: object | object[],
    _embeddings: EmbeddingsInterface | undefined,
    options: ColloquyVectorStoreOptions,
  ): Promise<ColloquyVectorStore> {
    const documents = texts.map(
      (pageContent, place) =>
        new Document({ pageContent, metadata: Array.isArray(metadatas) ? metadatas[place] : metadatas }),
    );
    return await ColloquyVectorStore.fromDocuments(documents, undefined, options);
  }

  static override async fromDocuments(
    documents: Document[],
    _embeddings: EmbeddingsInterface | undefined,
    options: ColloquyVectorStoreOptions,
  ): Promise<ColloquyVectorStore> {
    const store = new ColloquyVectorStore(options);
    await store.addDocuments(documents);
    return store;
  }
}
