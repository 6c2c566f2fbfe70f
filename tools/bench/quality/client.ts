import { setTimeout as delay } from 'node:timers/promises';
import type { Entry } from './set.ts';

export const MODES = ['VECTOR', 'TEXT', 'HYBRID'] as const;
export type Mode = (typeof MODES)[number];
export type Kind = 'DOCUMENT' | 'MESSAGE';

/** As many results as one search gives. */
const MOST = 100;
/** Of one import: far below the API's 4 MiB and 30 seconds. */
const BATCH = { documents: 200, characters: 500_000 };
/** Times that a search is asked when something it needs does not answer. */
const ATTEMPTS = 5;

export interface Found {
  chunkId: string;
  documentId: string | null;
  messageId: string | null;
}

export interface Passage extends Found {
  text: string;
}

interface Reply<T> {
  data?: T;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** What the API answered with an error. */
export class RequestError extends Error {
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

/** A user of the API: everything goes through GraphQL over HTTP, as any client's does. */
export interface Client {
  ask<T>(query: string, variables?: object): Promise<T>;
  setLanguage(language: string): Promise<void>;
  /** Returns, for each document that was taken, its id in the set by its id here. */
  importDocuments(entries: readonly Entry[], language?: string): Promise<Map<string, string>>;
  /** Waits until everything is cut, or has its vectors as well. */
  untilIndexed(what: 'words' | 'vectors', say?: (text: string) => void): Promise<void>;
  search(query: string, mode: Mode, kind: Kind): Promise<Found[]>;
  /** All passages of the workspace. */
  passages(): Promise<Passage[]>;
}

/** Registers somebody, who has a workspace of their own then. */
export async function registerClient(url: string, email: string): Promise<Client> {
  let token: string | undefined;

  async function ask<T>(query: string, variables: object = {}): Promise<T> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ query, variables }),
    });
    const reply = (await response.json()) as Reply<T>;
    const [error] = reply.errors ?? [];
    if (error || !reply.data)
      throw new RequestError(error?.message ?? `HTTP ${response.status}`, error?.extensions?.code);
    return reply.data;
  }

  const { register } = await ask<{ register: { authentication: { token: string } } }>(
    `mutation ($email: String!, $password: String!) {
       register(input: { email: $email, password: $password }) { authentication { token } }
     }`,
    { email, password: 'a password for measuring' },
  );
  token = register.authentication.token;

  return {
    ask,
    async setLanguage(language) {
      await ask(
        `mutation ($language: TextSearchLanguage!) { setWorkspaceLanguage(input: { textSearchLanguage: $language }) { clientMutationId } }`,
        { language: language.toUpperCase() },
      );
    },
    async importDocuments(entries, language) {
      const ids = new Map<string, string>();
      for (const batch of batches(entries)) {
        const reply = await ask<{ importDocuments: { importOutcomes: Outcome[] } }>(
          `mutation ($documents: [ImportedDocumentInput!]!) {
             importDocuments(input: { documents: $documents }) { importOutcomes { sourceUrl documentId outcome reason } }
           }`,
          {
            documents: batch.map((entry) => ({
              sourceUrl: `set:${entry.id}`,
              // a title is needed, and this one has no words
              title: entry.title.trim() || '—',
              content: entry.text.trim() || entry.title,
              contentType: (entry.contentType ?? 'text').toUpperCase(),
              textSearchLanguage: (entry.language ?? language)?.toUpperCase(),
            })),
          },
        );
        for (const { sourceUrl, documentId, outcome, reason } of reply.importDocuments.importOutcomes) {
          if (!documentId) throw new Error(`${sourceUrl} was ${outcome}: ${reason}`);
          ids.set(documentId, sourceUrl.slice('set:'.length));
        }
      }
      return ids;
    },
    async untilIndexed(what, say = () => {}) {
      let told = Date.now();
      for (;;) {
        const { indexingProgress: state } = await ask<{ indexingProgress: Progress }>(
          `{ indexingProgress { isComplete chunks embeddedChunks pendingDocuments pendingConversations deadSources deadChunks } }`,
        );
        if (Date.now() - told > 5_000) {
          told = Date.now();
          say(`${state.embeddedChunks} of ${state.chunks} passages have vectors`);
        }
        const isCut = Number(state.pendingDocuments) === 0 && Number(state.pendingConversations) === 0;
        if (what === 'words' ? isCut : state.isComplete) {
          const dead = Number(state.deadSources) + Number(state.deadChunks);
          if (dead > 0) throw new Error(`${dead} texts could not be indexed.`);
          return;
        }
        await delay(what === 'words' ? 50 : 500);
      }
    },
    async search(query, mode, kind) {
      for (let attempt = 1; ; attempt++) {
        try {
          const reply = await ask<{ search: { results: Found[] } }>(
            `query ($query: String!, $mode: SearchMode!, $kind: SourceType!) {
               search(query: $query, mode: $mode, kinds: [$kind], maxResults: ${MOST}) {
                 results { chunkId documentId messageId }
               }
             }`,
            { query, mode, kind },
          );
          return reply.search.results;
        } catch (error) {
          if (!(error instanceof RequestError) || error.code !== 'CQ503' || attempt === ATTEMPTS) throw error;
        }
      }
    },
    async passages() {
      const all: Passage[] = [];
      let after: string | null = null;
      do {
        const reply: { chunks: { nodes: (Found & Content)[]; pageInfo: PageInfo } } = await ask(
          `query ($after: Cursor) {
             chunks(first: 1000, after: $after) {
               nodes { chunkId: id documentId messageId heading content } pageInfo { hasNextPage endCursor }
             }
           }`,
          { after },
        );
        for (const { heading, content, ...found } of reply.chunks.nodes)
          all.push({ ...found, text: `${heading ?? ''}\n${content}` });
        after = reply.chunks.pageInfo.hasNextPage ? reply.chunks.pageInfo.endCursor : null;
      } while (after !== null);
      return all;
    },
  };
}

interface Outcome {
  sourceUrl: string;
  documentId: string | null;
  outcome: string;
  reason: string | null;
}

interface Progress {
  isComplete: boolean;
  chunks: string;
  embeddedChunks: string;
  pendingDocuments: string;
  pendingConversations: string;
  deadSources: string;
  deadChunks: string;
}

interface Content {
  heading: string | null;
  content: string;
}

interface PageInfo {
  hasNextPage: boolean;
  endCursor: string;
}

function* batches(entries: readonly Entry[]): Generator<Entry[]> {
  let batch: Entry[] = [];
  let characters = 0;
  for (const entry of entries) {
    const size = entry.title.length + entry.text.length;
    if (batch.length > 0 && (batch.length === BATCH.documents || characters + size > BATCH.characters)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(entry);
    characters += size;
  }
  if (batch.length > 0) yield batch;
}
