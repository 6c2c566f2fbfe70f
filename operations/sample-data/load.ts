import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { type Database, inTransaction } from '../../lib/database.ts';
import { type Maker, makeConversation } from './conversation.ts';
import { finish } from './finish.ts';
import { makeDocument, makeEvent, makeMemory, type Passages } from './knowledge.ts';
import { makeWriters } from './languages.ts';
import { makePeople } from './people.ts';
import { makePlan, type SampleSize, sinceOf } from './plan.ts';
import { type Form, writeRows } from './rows.ts';
import { makeTables, type TableName } from './tables.ts';

const MESSAGES_OF_BATCH = 20_000;
const DOCUMENTS_OF_BATCH = 1000;
export interface LoadOptions {
  /** Leaves messages to the worker, to be cut and embedded. */
  index?: boolean;
  /** About how many messages a transaction writes. */
  messagesOfBatch?: number;
  /** Computes the figures of dashboards at the end. */
  analytics?: boolean;
  signal?: AbortSignal | undefined;
  /** After each batch: messages that are there, of all. */
  onProgress?: (done: number, total: number) => void;
  say?: (text: string) => void;
}

export interface LoadResult {
  rows: Record<string, number>;
  /** Rows that a run before this one had written. */
  found: number;
  seconds: number;
  /** SHA-256 over every row in the order of writing. */
  contentHash: string;
  isComplete: boolean;
}

/** Writes what waits in the tables as one transaction, unless the first row of it is there already. */
function batchWriter(database: Database, form: Form) {
  const tables = makeTables(form);
  const hash = createHash('sha256');
  const rows: Record<string, number> = {};
  let found = 0;
  const write = async (
    firstOf: TableName,
    firstId: string,
    after?: (client: PoolClient) => Promise<void>,
  ): Promise<void> => {
    const waiting = (Object.keys(tables) as TableName[])
      .map((name) => ({ name, count: tables[name].count, table: tables[name] }))
      .filter(({ count }) => count > 0)
      .map((one) => ({ ...one, bytes: one.table.take() }));
    for (const { bytes } of waiting) hash.update(bytes);
    await inTransaction(database.pool('owner'), async (client) => {
      const { rows: known } = await client.query(`select from app_public.${firstOf} where id = $1`, [
        firstId,
      ]);
      if (known.length > 0) {
        found += waiting.reduce((sum, { count }) => sum + count, 0);
        return;
      }
      for (const { name, count, table, bytes } of waiting) {
        await writeRows(client, table, form, bytes);
        rows[name] = (rows[name] ?? 0) + count;
      }
      await after?.(client);
    });
  };
  return { tables, write, rows, hash: () => hash.digest('hex'), found: () => found };
}

/** Nobody signs in with it: a hash that no password has. */
const SECRETS = `with secret as materialized (select app_private.hash_password(gen_random_uuid()::text) as hash)
  insert into app_private.user_secrets (user_id, password_hash)
  select u.id, s.hash from app_public.users u cross join secret s where u.email like $1 on conflict do nothing`;

/** The passages were cut here: nothing is left to do with the documents but to embed them. */
const CUT = `with cut as (
    update app_public.documents d set chunked_hash = d.content_hash where d.id = any ($1::uuid[]) returning d.*
  )
  insert into app_hidden.cited_passages (id, workspace_id, chunk_id, document_hash, source_type, document_id, owner_id, visibility, title, heading,
    content, start_offset, end_offset)
  select app_hidden.uuidv7_at(uuid_extract_timestamp(c.id), c.id::text), c.workspace_id, c.id, d.content_hash, 'document', d.id, c.owner_id,
    c.visibility, d.title, c.heading, c.content, c.start_offset, c.end_offset
  from cut d join app_public.chunks c on c.workspace_id = d.workspace_id and c.document_id = d.id`;

const forget = (client: PoolClient, kind: string, ids: string[]) =>
  client.query('select app_private.drop_index_jobs($1, $2::uuid[])', [kind, ids]);

/** What is not to be indexed counts as indexed; nothing is left to do. */
async function settle(client: PoolClient, ids: string[], index: boolean): Promise<void> {
  if (index) return;
  await client.query(
    'update app_public.conversations set indexed_sequence_number = last_sequence_number where id = any ($1::uuid[])',
    [ids],
  );
  await forget(client, 'message', ids);
}

/**
 * Loads sample data, the same for the same size and seed, in transactions of whole conversations. What an earlier run of the same size
 * wrote is left as it is, so that one that was stopped goes on. The triggers count, as for whatever is written.
 */
export async function loadSampleData(
  database: Database,
  size: SampleSize,
  {
    index = false,
    messagesOfBatch = MESSAGES_OF_BATCH,
    analytics = true,
    signal,
    onProgress,
    say = () => {},
  }: LoadOptions = {},
): Promise<LoadResult> {
  const started = performance.now();
  const owner = database.pool('owner');
  const form: Form = database.kind === 'server' ? 'copy' : 'json';
  const writer = batchWriter(database, form);
  const { tables } = writer;
  const since = new Date(sinceOf(size));
  for (const parent of ['messages', 'usage_logs', 'raw_events'])
    await owner.query('select app_private.make_past_partitions($1, $2, $3)', [
      parent,
      since,
      new Date(size.until),
    ]);

  const populace = makePeople(size, tables);
  await writer.write('workspaces', populace.workspaces[0]!.id, async (client) => {
    await client.query(SECRETS, [`%.seed${size.seed}@sample.invalid`]);
  });
  const writerOf = makeWriters();
  const passages: Passages = new Map();
  const makers = { size, populace, writerOf, tables };
  const inBatches = async (
    table: TableName,
    count: number,
    make: (number: number) => string,
    after?: (client: PoolClient, ids: string[]) => Promise<void>,
  ): Promise<void> => {
    for (let number = 0; number < count && !signal?.aborted; ) {
      const ids: string[] = [];
      while (ids.length < DOCUMENTS_OF_BATCH && number < count) ids.push(make(number++));
      await writer.write(table, ids[0]!, after && ((client) => after(client, ids)));
    }
  };
  await inBatches(
    'documents',
    size.documents,
    (number) => makeDocument(number, makers, passages),
    async (client, ids) => {
      await client.query(CUT, [ids]);
      await forget(client, 'document', ids);
    },
  );
  await inBatches('memory_items', size.memories, (number) => makeMemory(number, makers));
  await inBatches('raw_events', size.events, (number) => makeEvent(number, makers));

  const kept = new Map<string, string>();
  for (const [workspace] of passages) {
    const { rows } = await owner.query<{ chunk_id: string; id: string }>(
      'select p.chunk_id, p.id from app_hidden.cited_passages p where p.workspace_id = $1',
      [workspace],
    );
    for (const { chunk_id, id } of rows) kept.set(chunk_id, id);
  }
  for (const list of passages.values()) for (const one of list) one.passage = kept.get(one.chunk) ?? null;

  const { rows: versions } = await owner.query<{ id: string }>(
    `select id from app_public.embedding_versions where status = 'active'`,
  );
  const plan = makePlan(size);
  const maker: Maker = {
    plan,
    populace,
    passages,
    writerOf,
    embeddingVersion: versions[0]?.id ?? null,
    tables,
  };
  let done = 0;
  let writing: Promise<void> = Promise.resolve();
  for (let number = 0; number < size.conversations && !signal?.aborted; ) {
    const ids: string[] = [];
    while (number < size.conversations && tables.messages.count < messagesOfBatch) {
      done += plan.sizes[number]!;
      ids.push(makeConversation(number++, maker));
      // the batch before this one is being written meanwhile
      await turn();
    }
    await writing;
    const made = done;
    writing = writer
      .write('conversations', ids[0]!, (client) => settle(client, ids, index))
      .then(() => onProgress?.(made, size.messages));
    // awaited in the next round: until then a failure is not one that nobody handles
    writing.catch(() => {});
  }
  await writing;
  const seconds = (performance.now() - started) / 1000;
  if (!signal?.aborted) await finish(database, { analytics, signal, say });
  return {
    rows: writer.rows,
    found: writer.found(),
    seconds,
    contentHash: writer.hash(),
    isComplete: !signal?.aborted,
  };
}
