import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Job } from 'pg-boss';
import pino from 'pino';
import type { JobContext } from '../../jobs/job.ts';
import { jobs } from '../../jobs/registry.ts';
import { runJob } from '../../jobs/worker/run-job.ts';
import type { Database } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { openQueue } from '../../lib/queue.ts';
import { localStorage } from '../../lib/storage.ts';

/** Somebody who posts into a conversation and reads it. */
export interface Person {
  userId: string;
  workspaceId: string;
  conversationId: string;
}

/** What those met who read and write. */
export interface Met {
  /** Milliseconds of each. */
  pages: number[];
  posts: number[];
  imports: number;
  failures: string[];
}

const APPLICATION = 'colloquy beside maintenance';

/** Registers somebody with a conversation. */
export async function settle(database: Database, email: string): Promise<Person> {
  const client = await database.pool('authenticator').connect();
  try {
    await client.query('begin; set local role colloquy_visitor');
    const { rows } = await client.query(`select * from app_public.register($1, 'correct horse battery')`, [
      email,
    ]);
    await client.query('commit');
    const person = { userId: rows[0].user_id, workspaceId: rows[0].workspace_id, conversationId: '' };
    const started = await as(client, person, 'select id from app_public.start_conversation()');
    return { ...person, conversationId: started.rows[0].id };
  } finally {
    client.release();
  }
}

/** One request: a transaction, claims, role. */
export async function as(
  client: pg.ClientBase,
  { userId, workspaceId }: Person,
  sql: string,
  values: unknown[] = [],
): Promise<pg.QueryResult> {
  await client.query('begin');
  try {
    await client.query(
      `select set_config('role', 'colloquy_user', true), set_config('colloquy.user_id', $1, true),
         set_config('colloquy.workspace_id', $2, true), set_config('colloquy.member_role', 'owner', true)`,
      [userId, workspaceId],
    );
    const result = await client.query(sql, values);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** A history of a message a month. */
export const history = (source: string, year: number, months: number, perMonth = 1): object => ({
  source,
  messages: Array.from({ length: months * perMonth }, (_, index) => ({
    externalId: `m${index}`,
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `what was said then, number ${index}`,
    createdAt: new Date(
      Date.UTC(year, Math.floor(index / perMonth), 5, 0, 0, index % perMonth),
    ).toISOString(),
  })),
});

/** Reads pages and posts messages, two of each, beside somebody who imports all the time, until it is told to end. */
export async function crowd(
  database: Database,
  people: readonly Person[],
  hostile: Person,
  isOver: (met: Met) => boolean,
  { pause = 5, months = 120, years = 20 }: { pause?: number; months?: number; years?: number } = {},
): Promise<Met> {
  const met: Met = { pages: [], posts: [], imports: 0, failures: [] };
  const worker = async (work: (client: pg.Client, n: number) => Promise<void>): Promise<void> => {
    const client = new pg.Client({
      connectionString: database.url('authenticator'),
      application_name: APPLICATION,
    });
    await client.connect();
    try {
      for (let n = 0; !isOver(met); n += 1) {
        await work(client, n).catch((error) => {
          met.failures.push(`${errorCode(error)} ${(error as Error).message}`);
        });
      }
    } finally {
      await client.end();
    }
  };
  const timed = async (times: number[], work: () => Promise<unknown>): Promise<void> => {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
    // somebody reads what came
    await delay(pause);
  };
  const one = (n: number): Person => people[n % people.length]!;
  const page = (client: pg.Client, n: number): Promise<void> =>
    timed(met.pages, () =>
      as(client, one(n), 'select id, content from app_public.conversation_messages($1, first => 50)', [
        one(n).conversationId,
      ]),
    );
  const post = (client: pg.Client, n: number): Promise<void> =>
    timed(met.posts, () =>
      as(client, one(n), 'select id from app_public.post_message($1, $2)', [one(n).conversationId, 'hello']),
    );
  const load = async (client: pg.Client, n: number): Promise<void> => {
    await as(client, hostile, 'select app_public.import_conversation($1)', [
      history(`hostile ${randomUUID()}`, 1990 + (n % years), months),
    ]);
    met.imports += 1;
    await delay(pause);
  };
  await Promise.all([
    worker(page),
    worker((c, n) => page(c, n + 1)),
    worker(post),
    worker((c, n) => post(c, n + 1)),
    worker(load),
  ]);
  return met;
}

/** Looks again and again how long somebody of the crowd waits for a lock, and returns the longest wait in milliseconds, and for whom. */
export async function watchWaits(
  database: Database,
  isOver: () => boolean,
): Promise<{ longest: number; statement: string | null }> {
  const client = new pg.Client({ connectionString: database.url('admin') });
  await client.connect();
  const found = { longest: 0, statement: null as string | null };
  try {
    while (!isOver()) {
      const { rows } = await client.query<{ waited: number; query: string }>(
        `select extract(epoch from clock_timestamp() - l.waitstart)::float8 * 1000 as waited,
           (select string_agg(left(b.query, 100), '; ') from pg_stat_activity b where b.pid = any (pg_blocking_pids(l.pid))) as query
         from pg_locks l join pg_stat_activity a on a.pid = l.pid
         where not l.granted and l.waitstart is not null and l.locktype = 'relation'
           and a.datname = current_database() and a.application_name = $1
         order by 1 desc limit 1`,
        [APPLICATION],
      );
      if (rows[0] && rows[0].waited > found.longest) {
        found.longest = rows[0].waited;
        found.statement = rows[0].query;
      }
      await delay(20);
    }
  } finally {
    await client.end();
  }
  return found;
}

const unused = (): never => {
  throw new Error('maintenance asks no model');
};

/** Runs every scheduled job once, as a worker does, and says what came of each. @param data  payloads by queue */
export async function runAll(
  database: Database,
  onEnd: (name: string, milliseconds: number, status: string) => void = () => {},
  data: Record<string, object> = {},
): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-maintenance-'));
  const pool = database.pool('worker');
  const boss = openQueue(pool, { supervise: false, schedule: false });
  await boss.start();
  const context: JobContext = {
    pool,
    boss,
    log: pino({ level: 'silent' }),
    provider: unused,
    storage: localStorage(folder),
    extractor: {} as JobContext['extractor'],
    summariser: unused,
    signal: new AbortController().signal,
  };
  const done: Record<string, string> = {};
  try {
    for (const definition of jobs) {
      const { name, schedules } = definition.queue;
      if (!schedules) continue;
      const begun = performance.now();
      const job = {
        id: randomUUID(),
        name,
        data: data[name] ?? {},
        expireInSeconds: 3600,
        heartbeatSeconds: null,
      };
      const { status, output } = await runJob(definition, job as unknown as Job<unknown>, context);
      done[name] = status === 'failed' ? JSON.stringify(output) : status;
      onEnd(name, performance.now() - begun, done[name]);
    }
  } finally {
    await boss.stop({ graceful: false });
    rmSync(folder, { recursive: true, force: true });
  }
  return done;
}

/**
 * Work for the jobs of a night: strays of many months, as before there was a partition for history; conversations at rest; a month of a
 * log that retention has ended; passages in the wrong tier.
 */
export async function leaveWork(
  database: Database,
  people: readonly Person[],
  { months, messages, chunks }: { months: number; messages: number; chunks: number },
): Promise<void> {
  const owner = database.pool('owner');
  await owner.query(
    'alter table app_public.messages detach partition app_partitions.messages_history; drop table app_partitions.messages_history',
  );
  const client = await database.pool('authenticator').connect();
  try {
    for (const person of people)
      await as(client, person, 'select app_public.import_conversation($1)', [
        history('rests', 2020, months, Math.ceil(messages / months)),
      ]);
  } finally {
    client.release();
  }
  for (const { userId, workspaceId } of people) {
    await owner.query(
      `insert into app_public.usage_logs (id, workspace_id, user_id, action, total_tokens)
       select app_hidden.uuidv7_at('2022-03-05Z'::timestamptz + make_interval(secs => n)), $1, $2, 'message', 1 from generate_series(1, 150) as n`,
      [workspaceId, userId],
    );
    await owner.query(
      `with document as (
         insert into app_public.documents (workspace_id, owner_id, title, content) values ($1, $2, 'much', 'much') returning id
       )
       insert into app_public.chunks (id, workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset,
         end_offset, token_count, content_hash, tier)
       select app_hidden.uuidv7_at(now() - interval '1 year'), $1, 'document', d.id, $2, 'private', n, 'passage ' || n, 0, 1, 1,
         sha256(n::text::bytea), 'hot' from document d, generate_series(1, $3) n`,
      [workspaceId, userId, chunks],
    );
  }
  await database.pool('admin').query('analyze');
}
