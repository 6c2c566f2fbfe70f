import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, inTransaction, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { isLong, LONG, sized } from '../../support/limits.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { createWorkspace, indexAll, join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser, until } from '../../support/users.ts';

/** What somebody or a job does. Places are taken modulo what there is then. */
type Step =
  | { kind: 'post' | 'turn' | 'archive' | 'restore'; actor: number; talk: number }
  | { kind: 'edit' | 'feedback' | 'withdraw'; actor: number; talk: number; message: number }
  | { kind: 'import'; actor: number; month: number }
  | { kind: JobKind };
type JobKind = 'pack' | 'cool' | 'tier' | 'partitions' | 'months' | 'strays' | 'retain';

/** Steps at the same time; one may be killed after so many milliseconds. */
interface Moment {
  steps: Step[];
  kill: number | null;
}

const place = fc.nat({ max: 50 });
const talkStep = fc.record({
  kind: fc.constantFrom('post', 'turn', 'archive', 'restore'),
  actor: place,
  talk: place,
});
const messageStep = fc.record({
  kind: fc.constantFrom('edit', 'feedback', 'withdraw'),
  actor: place,
  talk: place,
  message: place,
});
const importStep = fc.record({ kind: fc.constant('import'), actor: place, month: fc.nat({ max: 30 }) });
const jobStep = fc.record({
  kind: fc.constantFrom<JobKind>('pack', 'cool', 'tier', 'partitions', 'months', 'strays', 'retain'),
});
const step = fc.oneof(
  { weight: 6, arbitrary: talkStep },
  { weight: 4, arbitrary: messageStep },
  { weight: 1, arbitrary: importStep },
  { weight: 2, arbitrary: jobStep },
) as fc.Arbitrary<Step>;
const moment: fc.Arbitrary<Moment> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 2 }),
  kill: fc.option(fc.nat({ max: 12 }), { freq: 5 }),
});

/** Refusals that are right: its messages are not indexed, somebody else holds it, or a table. */
const REFUSALS = ['CQ261', 'CQ204', '55P03'];

/** Days that conversations are kept: those of today stay, and imports that nobody has touched since go. */
const KEEP_DAYS = 30;
/** Where something of a conversation lies. */
const TABLES = [
  'app_public.messages',
  'app_public.message_feedback',
  'app_public.message_chunks',
  'app_public.chunks',
  'app_hidden.conversation_archives',
  'app_hidden.conversation_archive_parts',
];

/** What was put into one conversation, each row as its text. */
interface Talk {
  id: string;
  owner: number;
  messages: Map<string, string>;
  feedback: Map<string, string>;
  citations: Set<string>;
}

describeReal('whatever happens to conversations, and whoever is killed meanwhile', () => {
  let database: Database;
  let people: TestUser[];
  let chunks: string[];
  let talks: Talk[];
  let counted = 0;
  let removed = 0;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    const team = await createWorkspace(database, 'Team');
    people = await Promise.all(
      ['ann', 'bob', 'cy'].map(async (name, rank) =>
        join(
          database,
          await registerUser(database, `${name}@example.org`),
          team,
          rank === 0 ? 'owner' : 'member',
        ),
      ),
    );
    await as(people[0]!, `select app_public.set_retention_policy('conversations', $1)`, KEEP_DAYS);
    for (let n = 0; n < 3; n++)
      await as(
        people[0]!,
        `select app_public.create_document($1, $2, visibility => 'workspace')`,
        `title ${n}`,
        `text ${n}`,
      );
    await indexAll(database);
    chunks = (await as(people[0]!, 'select id from app_public.chunks order by id')).map((row) => row.id);
  });
  afterAll(async () => {
    await database?.close();
  });

  const as = async (user: TestUser, sql: string, ...values: unknown[]): Promise<pg.QueryResult['rows']> =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const personOf = (number: number): TestUser => people[number % people.length]!;
  const talkOf = (number: number): Talk => talks[number % talks.length]!;

  async function startTalk(owner: number): Promise<Talk> {
    const [row] = await as(
      personOf(owner),
      `select id from app_public.start_conversation('Talk', 'workspace')`,
    );
    const talk = {
      id: row!.id,
      owner,
      messages: new Map(),
      feedback: new Map(),
      citations: new Set<string>(),
    };
    return talk;
  }

  /** What the public functions show of a conversation, to whoever may read it. */
  async function shown(
    talk: Talk,
  ): Promise<{ messages: Map<string, string>; feedback: Map<string, string>; citations: Set<string> }> {
    const reader = personOf(talk.owner);
    const messages = await as(
      reader,
      'select m.id, m::text as row from app_public.conversation_messages($1, null, 1000) m',
      talk.id,
    );
    const citations = await as(
      reader,
      'select k::text as row from app_public.conversation_citations($1) k',
      talk.id,
    );
    const feedback = new Map<string, string>();
    for (const [number, person] of people.entries()) {
      for (const { message_id, row } of await as(
        person,
        'select f.message_id, f::text as row from app_public.conversation_feedback($1) f',
        talk.id,
      ))
        feedback.set(`${number} ${message_id}`, row);
    }
    return {
      messages: new Map(messages.map(({ id, row }) => [id, row])),
      feedback,
      citations: new Set(citations.map(({ row }) => row)),
    };
  }

  const settle = (ids: string[]) =>
    database
      .pool('owner')
      .query(
        'update app_public.conversations set indexed_sequence_number = last_sequence_number, indexed_leaf_id = preferred_leaf_id where id = any ($1)',
        [ids],
      );

  /** The statement of a step, who says it, and what its rows mean. */
  interface Prepared {
    kind: Step['kind'];
    actor: TestUser | 'worker' | 'owner';
    sql: string;
    values: unknown[];
    talk?: Talk;
    key?: string;
  }
  async function prepare(one: Step): Promise<Prepared | undefined> {
    const prepared = await statementOf(one);
    return prepared && { kind: one.kind, ...prepared };
  }
  async function statementOf(one: Step): Promise<Omit<Prepared, 'kind'> | undefined> {
    const text = `text ${counted++} "\\ \u2028 😀\n\t'`;
    if (one.kind === 'import') {
      const createdAt = new Date(Date.UTC(2024, one.month, 5)).toISOString();
      const messages = [0, 1, 2].map((n) => ({
        externalId: `${n}`,
        ...(n > 0 ? { parentExternalId: `${n - 1}` } : {}),
        role: n % 2 === 0 ? 'user' : 'assistant',
        content: `${text} ${n}`,
        createdAt: new Date(Date.UTC(2024, one.month, 5, 0, n)).toISOString(),
      }));
      const payload = {
        source: `import ${text}`,
        title: 'Old',
        createdAt,
        visibility: 'workspace',
        messages,
      };
      const [row] = await as(
        personOf(one.actor),
        'select (app_public.import_conversation($1)).id',
        JSON.stringify(payload),
      );
      const talk: Talk = {
        id: row!.id,
        owner: one.actor,
        messages: new Map(),
        feedback: new Map(),
        citations: new Set(),
      };
      // as if nobody had looked at it since
      await database
        .pool('owner')
        .query('update app_public.conversations set updated_at = $2 where id = $1', [talk.id, createdAt]);
      talk.messages = (await shown(talk)).messages;
      expect(talk.messages.size).toBe(3);
      talks.push(talk);
      return undefined;
    }
    if ('talk' in one) {
      const talk = talkOf(one.talk);
      const actor = personOf(one.actor);
      if ('message' in one) {
        const ids = [...talk.messages.keys()];
        const id = ids[one.message % Math.max(1, ids.length)];
        if (id === undefined) return undefined;
        const key = `${people.indexOf(actor)} ${id}`;
        if (one.kind === 'edit')
          return {
            actor,
            talk,
            sql: 'select m.id, m::text as row from app_public.edit_message($1, $2) m',
            values: [id, text],
          };
        if (one.kind === 'withdraw')
          return {
            actor,
            talk,
            key,
            sql: 'select null as row from app_public.withdraw_feedback($1)',
            values: [id],
          };
        return {
          actor,
          talk,
          key,
          sql: `select f::text as row from app_public.give_feedback($1, 'positive', 5, $2) f`,
          values: [id, text],
        };
      }
      switch (one.kind) {
        case 'post':
          return {
            actor,
            talk,
            sql: 'select m.id, m::text as row from app_public.post_message($1, $2) m',
            values: [talk.id, text],
          };
        case 'turn': {
          const cited = JSON.stringify(
            chunks.map((chunkId, rank) => ({ chunkId, similarityScore: 0.9 - rank / 10 })),
          );
          return {
            actor,
            talk,
            sql: 'select m.id, m::text as row from app_public.record_turn($1, $2, $3, chunks => $4) m',
            values: [talk.id, text, `answer to ${text}`, cited],
          };
        }
        case 'archive':
          await settle([talk.id]);
          return {
            actor: personOf(talk.owner),
            sql: 'select 1 from app_public.archive_conversation($1)',
            values: [talk.id],
          };
        default:
          return {
            actor: personOf(talk.owner),
            sql: 'select 1 from app_public.restore_conversation($1)',
            values: [talk.id],
          };
      }
    }
    if (one.kind === 'pack') await settle(talks.map(({ id }) => id));
    const jobs: Record<JobKind, [Prepared['actor'], string]> = {
      pack: [
        'worker',
        `select 1 from app_hidden.archive_old_conversations(idle_for => '0', min_messages => 1)`,
      ],
      cool: ['worker', `select 1 from app_hidden.compress_old_conversations(idle_for => '0')`],
      tier: ['worker', 'select 1 from app_hidden.tier_chunks()'],
      partitions: ['worker', 'select 1 from app_hidden.ensure_partitions()'],
      retain: [
        'worker',
        `select r.* from app_hidden.apply_retention('conversations', '${people[0]!.workspaceId}', max_rows => 10000) r`,
      ],
      // the partition of the past goes when it is empty, so that imports stray into the default one
      strays: [
        'owner',
        `do $$ begin
           if to_regclass('app_partitions.messages_history') is null then return; end if;
           if not exists (select from app_partitions.messages_history) then
             alter table app_public.messages detach partition app_partitions.messages_history;
             drop table app_partitions.messages_history;
           end if;
         end $$`,
      ],
      months: ['owner', `select app_private.make_past_partitions('messages', '2024-01-01', '2024-04-01')`],
    };
    const [actor, sql] = jobs[one.kind];
    return { actor, sql, values: [] };
  }

  /** Says it on a connection of its own, which is killed after so many milliseconds: before, within or after its commit. */
  async function performKilled(
    { actor, sql, values }: Prepared,
    kill: number,
  ): Promise<pg.QueryResult['rows'] | null> {
    const client = new pg.Client({
      connectionString: database.url(typeof actor === 'string' ? actor : 'authenticator'),
    });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query('select pg_backend_pid() as pid');
    const killing = delay(kill).then(() =>
      database.pool('admin').query('select pg_terminate_backend($1)', [rows[0].pid]),
    );
    try {
      await client.query(`begin; set local lock_timeout = '2s'`);
      if (typeof actor !== 'string')
        await client.query(
          `select set_config('role', 'colloquy_user', true), set_config('colloquy.user_id', $1, true),
             set_config('colloquy.workspace_id', $2, true), set_config('colloquy.member_role', $3, true)`,
          [actor.id, actor.workspaceId, actor.memberRole],
        );
      const result = await client.query(sql, values);
      await client.query('commit');
      return result.rows;
    } finally {
      await killing;
      await client.end().catch(() => {});
    }
  }

  /** Returns the rows; null when nobody knows whether it was done. */
  async function perform(one: Prepared, kill: number | null): Promise<pg.QueryResult['rows'] | null> {
    try {
      if (kill !== null) return await performKilled(one, kill);
      if (typeof one.actor !== 'string') return await as(one.actor, one.sql, ...one.values);
      return (
        await inTransaction(database.pool(one.actor), async (client) => {
          await client.query(`set local lock_timeout = '300ms'`);
          return client.query(one.sql, one.values);
        })
      ).rows;
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (REFUSALS.includes(code)) return [];
      // what the server did not refuse ended with the connection
      if (kill !== null && (code === '57P01' || !/^[0-9A-Z]{5}$/.test(code))) return null;
      throw error;
    }
  }

  /** The statement of a connection that was killed is over, one way or the other. */
  const quiet = () =>
    until(async () => {
      const { rows } = await database
        .pool('admin')
        .query(
          `select from pg_stat_activity where datname = current_database() and state in ('active', 'idle in transaction') and pid <> pg_backend_pid()`,
        );
      return rows.length === 0;
    });

  function note({ talk, key }: Prepared, rows: pg.QueryResult['rows']): void {
    if (!talk) return;
    for (const { id, row } of rows) {
      if (key === undefined) talk.messages.set(id, row);
      else if (row === null) talk.feedback.delete(key);
      else talk.feedback.set(key, row);
    }
  }

  /** After a step of which nobody knows: it is done whole, or not at all, and nothing else has changed. */
  async function resolve({ talk, key, values }: Prepared): Promise<void> {
    if (!talk) return;
    const now = await shown(talk);
    const added = [...now.messages].filter(([id]) => !talk.messages.has(id));
    const wanted =
      key === undefined ? values.slice(1, 3).filter((value) => !String(value).startsWith('[')) : [];
    expect([0, wanted.length]).toContain(added.length);
    for (const [index, [id, row]] of added.sort().entries()) {
      expect(row).toContain(String(wanted[index]).split('\n', 1)[0]!.slice(0, 8));
      talk.messages.set(id, row);
    }
    if (key === undefined) return;
    const row = now.feedback.get(key);
    if (row === undefined) talk.feedback.delete(key);
    else talk.feedback.set(key, row);
  }

  /** The conversations in which nothing happened since the days of the policy. */
  async function dueTalks(): Promise<Talk[]> {
    const { rows } = await database.pool('owner').query(
      `select id from app_public.conversations
       where id = any ($1) and greatest(last_message_at, updated_at) < now() - make_interval(days => $2)`,
      [talks.map(({ id }) => id), KEEP_DAYS + 1],
    );
    return talks.filter(({ id }) => rows.some((row) => row.id === id));
  }

  /** After retention: what was due is gone whole, or there whole; where nothing else went on, it is gone. */
  async function settleDue(due: Talk[], mustBeGone: boolean): Promise<void> {
    for (const talk of due) {
      const { rows } = await database
        .pool('owner')
        .query(
          `select exists (select from app_public.conversations c where c.id = $1) as "isThere", ${TABLES.map(
            (table) => `(select count(*)::int from ${table} where conversation_id = $1)`,
          ).join(' + ')} as rows`,
          [talk.id],
        );
      if (rows[0].isThere) {
        expect(mustBeGone).toBe(false);
        continue;
      }
      expect(rows[0].rows).toBe(0);
      talks = talks.filter((other) => other !== talk);
      removed += 1;
    }
  }

  async function check(): Promise<void> {
    for (const talk of talks) {
      const now = await shown(talk);
      expect([...now.messages].sort()).toEqual([...talk.messages].sort());
      expect([...now.feedback].sort()).toEqual([...talk.feedback].sort());
      // a citation is never lost, and each is of a message that is there
      for (const row of talk.citations) expect(now.citations).toContain(row);
      talk.citations = now.citations;
      const answers = [...talk.messages.values()].filter((row) => row.includes('answer to')).length;
      expect(now.citations.size).toBe(answers * chunks.length);
    }
  }

  it('shows what was put in, byte for byte', { timeout: isLong() ? 20 * LONG : LONG }, async () => {
    let operations = 0;
    let last: Promise<void> | undefined;
    const happen = async (moments: Moment[]): Promise<void> => {
      talks = [await startTalk(0), await startTalk(1), await startTalk(2)];
      for (const { steps, kill } of moments) {
        const prepared: Prepared[] = [];
        for (const one of steps) {
          const ready = await prepare(one);
          // two of the same person, of the same conversation at once would not say which was first
          if (ready && !prepared.some((other) => other.talk === ready.talk && other.actor === ready.actor))
            prepared.push(ready);
        }
        operations += prepared.length;
        const retaining = prepared.findIndex(({ kind }) => kind === 'retain');
        const due = retaining === -1 ? [] : await dueTalks();
        const results = await Promise.all(
          prepared.map((one, index) => perform(one, index === 0 ? kill : null)),
        );
        if (results.includes(null)) await quiet();
        await settleDue(due, prepared.length === 1 && (results[retaining]?.length ?? 0) > 0);
        const known = [...prepared.keys()].filter((index) => {
          const { talk } = prepared[index]!;
          if (!talk || talks.includes(talk)) return true;
          // what retention took first, nothing was put into; feedback may have been given before, since it keeps nothing
          if (prepared[index]!.key === undefined) expect(results[index] ?? []).toEqual([]);
          return false;
        });
        for (const index of known) if (results[index]) note(prepared[index]!, results[index]);
        for (const index of known) if (results[index] === null) await resolve(prepared[index]!);
      }
      await check();
    };
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 60, size: 'max' }), (moments) => {
        last = happen(moments);
        return last;
      }),
      {
        numRuns: sized(60, 2300),
        endOnFailure: false,
        ...(isLong() ? {} : { interruptAfterTimeLimit: 15_000 }),
      },
    );
    // when its time is over, nobody waits for the one that is under way: what it finds counts as well
    await last;
    process.stdout.write(
      `lifecycle: ${operations} operations, ${removed} conversations taken by retention\n`,
    );
    expect(operations).toBeGreaterThan(0);
  });
});
