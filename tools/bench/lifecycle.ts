import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';
import { type Bench, compare, type Ratio, runSql, type Scale } from './harness.ts';
import { chooseVisitors, growthRatios, measureRequests } from './lifecycle/growth.ts';
import { readPacked } from './lifecycle/read.ts';
import { CHAT, loadChat } from './sample.ts';

const WORKSPACES: Record<Scale, number> = { small: 50, medium: 200, large: 2000 };
const ROUNDS = 7;
/** Conversations that a round packs. */
const BATCH: Record<Scale, number> = { small: 15, medium: 50, large: 100 };
const GOALS = { speed: { least: 0.6 }, stored: { most: 0.25 } };

/** Those that archive_old_conversations takes next, in its order. */
const NEXT = `select c.id, c.message_count from app_public.conversations c
  where c.storage_tier = 'hot' and c.message_count >= 100 and c.last_message_at <= now() - interval '30 days' and c.id > $1 order by c.id limit $2`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The same rows moved by hand, in one transaction that is taken back. */
async function moveByHand(client: PoolClient, ids: string[]): Promise<number> {
  await client.query('begin');
  const seconds = await timed(async () => {
    await client.query('select bench.copy_to_moved($1::uuid[])', [ids]);
    await client.query('delete from app_public.messages m where m.conversation_id = any ($1::uuid[])', [ids]);
  });
  await client.query('rollback');
  return seconds;
}

interface Packing {
  archive: { ours: number; anchor: number }[];
  compress: { ours: number; anchor: number }[];
  packed: string[];
  messages: number;
}

/** Batches of conversations: their rows are read, moved by hand and brought back, and packed. */
async function pack(database: Database, scale: Scale, say: (text: string) => void): Promise<Packing> {
  const worker = database.pool('worker');
  const client = await database.pool('owner').connect();
  const result: Packing = { archive: [], compress: [], packed: [], messages: 0 };
  let after = '00000000-0000-0000-0000-000000000000';
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const { rows } = await client.query<{ id: string; message_count: number }>(NEXT, [after, BATCH[scale]]);
      if (rows.length === 0) break;
      const ids = rows.map(({ id }) => id);
      const count = rows.reduce((sum, one) => sum + one.message_count, 0);
      // by the job of every night, long before
      await client.query('select app_private.settle_conversation_analytics($1::uuid[])', [ids]);
      const byHand = await moveByHand(client, ids);
      const archived = await timed(async () => {
        const done = await worker.query(
          `select count(*)::int as packed from app_hidden.archive_old_conversations(max_conversations => $1, after_id => $2, time_budget => '1 hour') where problem is null`,
          [ids.length, after],
        );
        if (done.rows[0].packed !== ids.length)
          throw new Error(`${done.rows[0].packed} of ${ids.length} were packed.`);
      });
      const compressed = await timed(() =>
        worker.query(
          `select count(*) from app_hidden.compress_old_conversations(idle_for => '30 days', max_conversations => $1, after_id => $2, time_budget => '1 hour')`,
          [ids.length, after],
        ),
      );
      result.packed.push(...ids);
      result.messages += count;
      after = ids.at(-1)!;
      // the first round warms up
      if (round === 0) continue;
      result.archive.push({ ours: count / archived, anchor: count / byHand });
      result.compress.push({ ours: count / compressed, anchor: count / byHand });
      say(`Round ${round} of ${ROUNDS}: ${count.toLocaleString('en')} messages`);
    }
  } finally {
    client.release();
  }
  return result;
}

export const lifecycle: Bench = {
  about:
    'packing conversations against moving their rows by hand, what they take, reading them, and what requests cost with ten times the data',
  async run(database, scale, say) {
    const { messages, conversations } = CHAT[scale];
    const owner = database.pool('owner');
    const tenth = {
      messages: messages / 10,
      conversations: conversations / 10,
      workspaces: Math.ceil(WORKSPACES[scale] / 10),
    };
    say('Loading a tenth …');
    await loadChat(database, tenth, say);
    const visitors = await chooseVisitors(database);
    const before = await measureRequests(database, visitors);
    say('Loading the rest …');
    await loadChat(
      database,
      {
        messages: messages - tenth.messages,
        conversations: conversations - tenth.conversations,
        workspaces: WORKSPACES[scale] - tenth.workspaces,
        seed: 2,
      },
      say,
    );
    await database.pool('admin').query('vacuum (analyze)');
    const after = await measureRequests(database, visitors);

    await runSql(database, 'lifecycle_anchor.sql');
    const { rows } = await owner.query<{ bytes: number; content: number }>(
      `select (select sum(pg_total_relation_size(i.inhrelid)) from pg_inherits i where i.inhparent = 'app_public.messages'::regclass)::float8 / count(*) as bytes,
         avg(octet_length(m.content))::float8 as content
       from app_public.messages m`,
    );
    const row = rows[0]!;
    const done = await pack(database, scale, say);
    await database.pool('admin').query('vacuum (full) app_hidden.conversation_archive_parts');
    const { rows: sizes } = await owner.query<{ packed: number }>(
      `select (pg_total_relation_size('app_hidden.conversation_archives') + pg_total_relation_size('app_hidden.conversation_archive_parts'))::float8 as packed`,
    );
    const mb = (bytes: number): number => bytes / 2 ** 20;
    const byHand = { unit: 'messages/s', anchorName: 'insert, select and delete by hand', goal: GOALS.speed };
    const ratios: Ratio[] = [
      compare('archive', done.archive, byHand),
      compare('compress', done.compress, byHand),
      compare('stored', [{ ours: mb(sizes[0]!.packed), anchor: mb(row.bytes * done.messages) }], {
        unit: 'MB',
        anchorName: 'the rows with indexes',
        goal: GOALS.stored,
      }),
      ...(await readPacked(database, done.packed)),
      ...growthRatios(before, after),
    ];
    return {
      shape: {
        messages,
        conversations,
        workspaces: WORKSPACES[scale],
        'conversations packed': done.packed.length,
        'messages packed': done.messages,
        'bytes of a message': Math.round(row.content),
        'bytes of its row with indexes': Math.round(row.bytes),
        rounds: ROUNDS,
      },
      ratios,
      notes: [],
    };
  },
};
