import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';
import { type Bench, compare, median, type Ratio, runSql, type Scale } from './harness.ts';
import {
  asVisitor,
  chooseVisitors,
  growthRatios,
  measureRequests,
  type Visitor,
} from './lifecycle/growth.ts';
import { CHAT, loadChat } from './sample.ts';

const WORKSPACES: Record<Scale, number> = { small: 50, medium: 200, large: 2000 };
const ROUNDS = 7;
/** Conversations that a round packs. */
const BATCH: Record<Scale, number> = { small: 15, medium: 50, large: 100 };
const READERS = 40;
const GOALS = { speed: { least: 0.6 }, stored: { most: 0.25 }, read: { most: 2 } };

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
}

/** Batches of conversations: their rows are read, moved by hand and brought back, and packed. */
async function pack(database: Database, scale: Scale, say: (text: string) => void): Promise<Packing> {
  const worker = database.pool('worker');
  const client = await database.pool('owner').connect();
  const result: Packing = { archive: [], compress: [], packed: [] };
  let after = '00000000-0000-0000-0000-000000000000';
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const { rows } = await client.query<{ id: string; message_count: number }>(NEXT, [after, BATCH[scale]]);
      if (rows.length === 0) break;
      const ids = rows.map(({ id }) => id);
      const count = rows.reduce((sum, one) => sum + one.message_count, 0);
      await client.query('select bench.copy_to_rows($1::uuid[])', [ids]);
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

/** Milliseconds of the newest page of conversations that are packed, and of others of the same kind that are not. */
async function readPacked(database: Database, packed: string[]): Promise<{ ours: number; anchor: number }[]> {
  const visitors = async (tier: 'packed' | 'hot'): Promise<Visitor[]> =>
    (
      await database.pool('owner').query<Visitor>(
        `select c.owner_id as user_id, c.workspace_id, c.id as conversation_id, '' as words from app_public.conversations c
         where c.message_count >= 100 and ${tier === 'packed' ? 'c.id = any ($1::uuid[])' : `c.storage_tier = 'hot' and not c.id = any ($1::uuid[])`}
         order by md5(c.id::text) limit $2`,
        [packed, READERS],
      )
    ).rows;
  const people = { ours: await visitors('packed'), anchor: await visitors('hot') };
  const client = await database.pool('authenticator').connect();
  const rounds: { ours: number; anchor: number }[] = [];
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const times = { ours: [] as number[], anchor: [] as number[] };
      for (let place = 0; place < READERS; place++) {
        for (const side of ['ours', 'anchor'] as const) {
          const visitor = people[side][place];
          if (!visitor) continue;
          await asVisitor(client, visitor);
          const seconds = await timed(() =>
            client.query('select p.* from app_public.conversation_messages($1::uuid) as p', [
              visitor.conversation_id,
            ]),
          );
          times[side].push(seconds * 1000);
          await client.query('commit');
        }
      }
      if (round > 0) rounds.push({ ours: median(times.ours), anchor: median(times.anchor) });
    }
  } finally {
    client.release();
  }
  return rounds;
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
    const { archive, compress, packed } = await pack(database, scale, say);
    await database.pool('admin').query('vacuum (full) app_hidden.conversation_archive_parts');
    const { rows: sizes } = await owner.query(
      `select pg_total_relation_size('bench.rows')::float8 as rows,
         (pg_total_relation_size('app_hidden.conversation_archives') + pg_total_relation_size('app_hidden.conversation_archive_parts'))::float8 as packed,
         (select count(*)::int from bench.rows) as count, (select sum(octet_length(content))::float8 from bench.rows) as content`,
    );
    const [size] = sizes;
    const mb = (bytes: number): number => bytes / 2 ** 20;
    const byHand = { unit: 'messages/s', anchorName: 'insert, select and delete by hand', goal: GOALS.speed };
    const ratios: Ratio[] = [
      compare('archive', archive, byHand),
      compare('compress', compress, byHand),
      compare('stored', [{ ours: mb(size.packed), anchor: mb(size.rows) }], {
        unit: 'MB',
        anchorName: 'the rows with indexes',
        goal: GOALS.stored,
      }),
      compare('the newest page of a packed conversation', await readPacked(database, packed), {
        unit: 'ms',
        anchorName: 'of one that is not packed',
        goal: GOALS.read,
      }),
      ...growthRatios(before, after),
    ];
    return {
      shape: {
        messages,
        conversations,
        workspaces: WORKSPACES[scale],
        'conversations packed': packed.length,
        'messages packed': size.count,
        'bytes of their content': size.content,
        rounds: ROUNDS,
      },
      ratios,
      notes: [],
    };
  },
};
