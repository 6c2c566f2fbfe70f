import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';
import { makeWriters } from '../../operations/sample-data/languages.ts';
import { randomOf } from '../../operations/sample-data/random.ts';
import { type Bench, compare, runSql, type Scale } from './harness.ts';

const SECONDS: Record<Scale, number> = { small: 2, medium: 10, large: 60 };
const CLIENTS = 8;
const ROUNDS = 5;
const TEXTS = 200;

interface Target {
  id: string;
  workspace_id: string;
  owner_id: string;
}

type Write = (client: PoolClient, target: Target, text: string) => Promise<void>;

/** As the API does it: one transaction per message, claims, role, the security definer function with all its triggers. */
const postMessage: Write = async (client, target, text) => {
  await client.query('begin');
  await client.query(
    `select set_config('role', 'colloquy_user', true), set_config('colloquy.user_id', $1, true),
       set_config('colloquy.workspace_id', $2, true), set_config('colloquy.member_role', 'owner', true)`,
    [target.owner_id, target.workspace_id],
  );
  await client.query('select id from app_public.post_message(conversation_id => $1, content => $2)', [
    target.id,
    text,
  ]);
  await client.query('commit');
};

/** A whole turn in one call: a question, its answer, a tool call, tokens, cost and time. Two rows of messages. */
const recordTurn: Write = async (client, target, text) => {
  await client.query('begin');
  await client.query(
    `select set_config('role', 'colloquy_user', true), set_config('colloquy.user_id', $1, true),
       set_config('colloquy.workspace_id', $2, true), set_config('colloquy.member_role', 'owner', true)`,
    [target.owner_id, target.workspace_id],
  );
  await client.query(
    `select id from app_public.record_turn(conversation_id => $1, question => $2, answer => $2, provider => 'bench', model => 'bench',
       prompt_tokens => 100, completion_tokens => 200, cost_usd => 0.001, latency_ms => 900)`,
    [target.id, text],
  );
  await client.query('commit');
};

/** The anchor of a turn: its two messages, as bare inserts in one transaction. */
const bareTurn: Write = async (client, target, text) => {
  await client.query('begin');
  await client.query(`select set_config('colloquy.user_id', $1, true)`, [target.owner_id]);
  await client.query(
    `insert into bench.messages (conversation_id, workspace_id, owner_id, sequence_number, role, content)
     values ($1, $2, $3, 1, 'user', $4), ($1, $2, $3, 2, 'assistant', $4) returning id`,
    [target.id, target.workspace_id, target.owner_id, text],
  );
  await client.query('commit');
};

/** The same, while its conversation is locked to the end of the transaction: what writers of one conversation wait for in any case. */
const lockedInsert: Write = async (client, target, text) => {
  await client.query('begin');
  await client.query(`select from app_public.conversations c where c.id = $1 for no key update`, [target.id]);
  await client.query(
    `insert into bench.messages (conversation_id, workspace_id, owner_id, sequence_number, role, content)
     values ($1, $2, $3, 1, 'user', $4) returning id`,
    [target.id, target.workspace_id, target.owner_id, text],
  );
  await client.query('commit');
};

/** The anchor: one bare insert into a twin of messages with the same indexes and constraints, the same round trips. */
const bareInsert: Write = async (client, target, text) => {
  await client.query('begin');
  await client.query(`select set_config('colloquy.user_id', $1, true)`, [target.owner_id]);
  await client.query(
    `insert into bench.messages (conversation_id, workspace_id, owner_id, sequence_number, role, content)
     values ($1, $2, $3, 1, 'user', $4) returning id`,
    [target.id, target.workspace_id, target.owner_id, text],
  );
  await client.query('commit');
};

/** Rows per second that the clients write together. */
async function throughput(
  pool: { connect(): Promise<PoolClient> },
  seconds: number,
  write: Write,
  choose: (client: number, n: number) => Target,
  texts: string[],
): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let rows = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, number) => {
      const client = await pool.connect();
      try {
        for (let n = 0; performance.now() < end; n++) {
          await write(client, choose(number, n), texts[(n * 7 + number) % texts.length]!);
          rows += 1;
        }
      } finally {
        client.release();
      }
    }),
  );
  return rows / ((performance.now() - start) / 1000);
}

async function seed(database: Database): Promise<{ targets: Target[]; texts: string[] }> {
  await runSql(database, 'post_seed.sql');
  const { rows: targets } = await database
    .pool('owner')
    .query<Target>(
      'select c.id, c.workspace_id, c.owner_id from app_public.conversations c order by md5(c.id::text)',
    );
  const random = randomOf(1, 0);
  const writerOf = makeWriters();
  const texts = Array.from({ length: TEXTS }, (_, topic) =>
    writerOf(random).text(Math.min(2000, Math.max(1, Math.round(random.logNormal(60, 0.9)))), topic, random),
  );
  return { targets, texts };
}

export const post: Bench = {
  about: 'post_message and record_turn with every trigger, by 8 clients, on many conversations and on one',
  async run(database, scale, say) {
    const { targets, texts } = await seed(database);
    const seconds = SECONDS[scale];
    const ours = database.pool('authenticator');
    const owner = database.pool('owner');
    const spread = (client: number, n: number): Target =>
      targets[(client * 7919 + n * 104_729) % targets.length]!;
    const hotSpot = (): Target => targets[0]!;
    const rounds: Record<'spread' | 'hot' | 'turn', { ours: number; anchor: number }[]> = {
      spread: [],
      hot: [],
      turn: [],
    };
    for (let round = 0; round <= ROUNDS; round++) {
      const one = {
        spread: {
          ours: await throughput(ours, seconds, postMessage, spread, texts),
          anchor: await throughput(owner, seconds, bareInsert, spread, texts),
        },
        hot: {
          ours: await throughput(ours, seconds, postMessage, hotSpot, texts),
          anchor: await throughput(owner, seconds, lockedInsert, hotSpot, texts),
        },
        turn: {
          ours: await throughput(ours, seconds, recordTurn, spread, texts),
          anchor: await throughput(owner, seconds, bareTurn, spread, texts),
        },
      };
      // the first round warms up
      if (round === 0) continue;
      rounds.spread.push(one.spread);
      rounds.hot.push(one.hot);
      rounds.turn.push(one.turn);
      say(`Round ${round} of ${ROUNDS}`);
    }
    const options = {
      unit: 'rows/s',
      anchorName: 'bare insert into a twin of messages',
      goal: { least: 0.5 },
    };
    return {
      shape: {
        conversations: targets.length,
        clients: CLIENTS,
        'seconds per series': seconds,
        rounds: ROUNDS,
      },
      ratios: [
        compare('8 clients, many conversations', rounds.spread, { ...options, goal: { least: 0.6 } }),
        compare('8 clients, one conversation', rounds.hot, {
          ...options,
          anchorName: 'insert under the lock of the conversation',
        }),
        compare('record_turn, 8 clients, many conversations', rounds.turn, {
          ...options,
          unit: 'turns/s',
          anchorName: 'two bare inserts in one statement',
        }),
      ],
      notes: [],
    };
  },
};
