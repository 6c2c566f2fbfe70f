import pg from 'pg';
import { type Api, type ApiOptions, startApi } from '../../api/server.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { cutByHand } from '../support/cut-by-hand.ts';
import { createTestDatabase } from '../support/server.ts';

log.level = 'silent';

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape it asked for
  data: any;
  errors: {
    message: string;
    path?: string[];
    extensions: { code: string; hint?: string; field?: string; errorId?: string };
  }[];
}

export interface TestApi {
  api: Api;
  database: Database;
  /** POST /graphql with a document and its variables. */
  ask(query: string, variables?: object, options?: AskOptions): Promise<Reply>;
  close(): Promise<void>;
}

export interface AskOptions {
  token?: string | undefined;
  headers?: Record<string, string>;
}

export async function readReply(response: Response): Promise<Reply> {
  const text = await response.text();
  const body = text.startsWith('{') ? JSON.parse(text) : {};
  return {
    status: response.status,
    headers: response.headers,
    text,
    data: body.data,
    errors: body.errors ?? [],
  };
}

/** The first code of a reply's errors. */
export const codeOf = (reply: Reply): string | undefined => reply.errors[0]?.extensions.code;

/** Lets a server on 127.0.0.1 answer for a database of the file's own. */
export async function startTestApi(
  options: Partial<Omit<ApiOptions, 'database'>> & { pool?: pg.Pool; database?: Database } = {},
): Promise<TestApi> {
  const { pool, database = serverDatabase((await createTestDatabase()).url), ...others } = options;
  const api = await startApi({
    database: {
      kind: 'server',
      // the one that listens is never given back
      pool: (role, purpose) => (purpose === 'listen' ? undefined : pool) ?? database.pool(role, purpose),
      hasStandby: database.hasStandby,
      hear: database.hear,
    },
    host: '127.0.0.1',
    port: 0,
    embedQuery: async () => new Float32Array(512).fill(1),
    development: false,
    ...others,
  });
  return {
    api,
    database,
    async ask(query, variables = {}, { token, headers = {} } = {}) {
      const response = await fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      });
      return readReply(response);
    },
    async close() {
      await api.close();
      await pool?.end();
      await database.close();
    },
  };
}

/** A pool with one connection, so that requests follow each other on it. */
export function poolOfOne(database: Database): pg.Pool {
  return new pg.Pool({ connectionString: database.url('authenticator'), max: 1 });
}

export interface Account {
  token: string;
  userId: string;
  workspaceId: string;
}

export const PASSWORD = 'correct horse battery';

export async function register({ ask }: TestApi, email: string, displayName?: string): Promise<Account> {
  const reply = await ask(
    `mutation ($email: String!, $password: String!, $displayName: String) {
      register(input: { email: $email, password: $password, displayName: $displayName }) {
        authentication { token userId workspaceId }
      }
    }`,
    { email, password: PASSWORD, displayName },
  );
  return reply.data.register.authentication;
}

/** A document with one chunk and its vector, as the pipeline leaves it. */
export async function indexDocument(
  { ask, database }: TestApi,
  { token, workspaceId }: Account,
  document: { title: string; content: string; vector: number[]; visibility?: string },
): Promise<{ documentId: string; chunkId: string }> {
  const reply = await ask(
    `mutation ($title: String!, $content: String!, $visibility: Visibility) {
      createDocument(input: { title: $title, content: $content, visibility: $visibility }) { document { id } }
    }`,
    { visibility: 'PRIVATE', ...document, vector: undefined },
    { token },
  );
  const documentId: string = reply.data.createDocument.document.id;
  const { title, content, vector } = document;
  return {
    documentId,
    chunkId: await indexPassage({ database }, workspaceId, documentId, content, vector, title),
  };
}

/** The one passage of a document, with its vector, as the pipeline leaves it. */
export async function indexPassage(
  { database }: Pick<TestApi, 'database'>,
  workspaceId: string,
  documentId: string,
  content: string,
  vector: number[],
  heading: string | null = null,
): Promise<string> {
  const worker = database.pool('worker');
  const chunk = {
    chunk_index: 0,
    content,
    heading,
    start_offset: 0,
    end_offset: content.length,
    token_count: 5,
  };
  await worker.query(
    `select * from app_hidden.replace_document_chunks($1::uuid, $2::uuid,
      (select d.content_hash from app_public.documents d where d.id = $2::uuid), $3::jsonb)`,
    [workspaceId, documentId, JSON.stringify([chunk])],
  );
  await cutByHand(database);
  const version = await worker.query(`select id from app_public.embedding_versions where status = 'active'`);
  const chunks = await worker.query(`select chunk_id from app_hidden.take_chunks($1::uuid, $2::uuid, 10)`, [
    version.rows[0].id,
    workspaceId,
  ]);
  const chunkId: string = chunks.rows[0].chunk_id;
  await worker.query('select app_hidden.store_embeddings($1::uuid, $2::uuid, $3::uuid[], $4::text[])', [
    version.rows[0].id,
    workspaceId,
    [chunkId],
    [`[${vector.join(',')}]`],
  ]);
  return chunkId;
}
/** A vector of the active version that points along one axis. */
export function axis(index: number): number[] {
  return Array.from({ length: 512 }, (_, i) => (i === index ? 1 : 0));
}
