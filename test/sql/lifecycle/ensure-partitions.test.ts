import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../../support/users.ts';

describeReal('partitions', () => {
  let database: Database;
  let ann: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    // a month may have begun since the template was made
    await ensure(3);
  });
  afterAll(async () => {
    await database?.close();
  });

  const owner = () => database.pool('owner');
  /** Keeps the months of every table ahead, and returns what was made for messages. */
  const ensure = async (months: number) =>
    (
      await database.pool('worker').query('select * from app_hidden.ensure_partitions($1)', [months])
    ).rows.filter((row) => row.parent === 'messages');
  /** Months that have a partition, as '2026_11', in order. */
  const months = async (): Promise<string[]> =>
    (
      await owner().query(
        `select substring(c.relname from '(\\d{4}_\\d\\d)$') as month from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'app_public.messages'::regclass and c.relname ~ '^messages_\\d{4}_\\d\\d$' order by 1`,
      )
    ).rows.map((row) => row.month);
  const month = (ahead: number): string => {
    const now = new Date();
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead))
      .toISOString()
      .slice(0, 7)
      .replace('-', '_');
  };
  const inDefault = async (): Promise<number> =>
    (await owner().query('select count(*)::int as n from app_partitions.messages_default')).rows[0].n;
  /** As it was before there were partitions for history: what is old strays into the default one. */
  const forgetHistory = () =>
    owner().query(`
      do $$
      declare
        past text;
        is_used boolean;
      begin
        for past in
          select i.inhrelid::regclass::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent = 'app_public.messages'::regclass and c.relname < 'messages_' || to_char(now() at time zone 'UTC', 'YYYY_MM')
            or c.relname = 'messages_history'
        loop
          execute format('select exists (select from %s)', past) into is_used;
          continue when is_used;
          execute format('alter table app_public.messages detach partition %s', past);
          execute format('drop table %s', past);
        end loop;
      end
      $$`);
  /** Every message, without where it lies. */
  const everything = async () =>
    (await owner().query('select to_jsonb(m) as row from app_public.messages m order by id')).rows.map(
      ({ row }) => row,
    );

  /** A conversation of the past as a table owner can write it: a chain of messages at the given times, each the child of the one before. */
  async function conversationAt(times: string[], parents = true): Promise<string> {
    await forgetHistory();
    const { rows } = await owner().query(
      `with times as (select t::timestamptz as at, n from unnest($1::text[]) with ordinality as x (t, n)),
       conversation as (
         insert into app_public.conversations (id, workspace_id, owner_id)
         values (app_hidden.uuidv7_at((select min(at) from times) - interval '1 second'), $2, $3) returning id
       ),
       made as (select app_hidden.uuidv7_at(at) as id, n from times),
       written as (
         insert into app_public.messages (id, conversation_id, workspace_id, owner_id, sequence_number, role, content, parent_id)
         select m.id, c.id, $2, $3, m.n, 'user', 'message ' || m.n, case when $4 then lag(m.id) over (order by m.n) end
         from made m, conversation c returning 1
       )
       select id from conversation`,
      [times, ann.workspaceId, ann.id, parents],
    );
    return rows[0].id;
  }

  /** A payload of an import: a chain of messages, one a year. */
  const yearlyHistory = (source: string, year: number, count: number) => ({
    source,
    messages: Array.from({ length: count }, (_, index) => ({
      externalId: `m${index}`,
      parentExternalId: index > 0 ? `m${index - 1}` : undefined,
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: `message ${index}`,
      createdAt: new Date(Date.UTC(year + index, 5, 1)).toISOString(),
    })),
  });
  it('are made ahead, without gaps, and a second run makes none', async () => {
    expect(await months()).toEqual([0, 1, 2, 3].map(month));
    const { rows: made } = await database
      .pool('worker')
      .query('select parent, partition, moved from app_hidden.ensure_partitions(months_ahead => 14)');
    expect(new Set(made.map((row) => row.parent))).toEqual(
      new Set(['audit_logs', 'messages', 'raw_events', 'usage_logs']),
    );
    for (const parent of ['audit_logs', 'messages', 'raw_events', 'usage_logs']) {
      expect(made.filter((row) => row.parent === parent).map((row) => row.partition)).toEqual(
        Array.from({ length: 11 }, (_, index) => `${parent}_${month(index + 4)}`),
      );
    }
    expect(made.every((row) => Number(row.moved) === 0)).toBe(true);
    expect(await months()).toEqual(Array.from({ length: 15 }, (_, index) => month(index)));
    expect(await ensure(14)).toEqual([]);
    expect(await ensure(0)).toEqual([]);
    const { rows } = await owner().query(
      `select lower_bound = lag(upper_bound) over (order by lower_bound) as joined
       from (
         select substring(pg_get_expr(c.relpartbound, c.oid) from $$FROM \\('([^']+)$$) as lower_bound, substring(pg_get_expr(c.relpartbound, c.oid) from $$TO \\('([^']+)$$) as upper_bound
         from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'app_public.messages'::regclass
       ) as bounds where lower_bound is not null order by lower_bound`,
    );
    expect(rows.slice(1).every((row) => row.joined)).toBe(true);
  });

  it('refuses a number of months that cannot be meant', async () => {
    await expect(ensure(-1)).rejects.toMatchObject({ code: 'CQ200' });
    await expect(ensure(121)).rejects.toMatchObject({ code: 'CQ200' });
  });

  it('have the indexes, the checks and the protection of the parent', async () => {
    const { rows } = await owner().query(
      `select c.relname, (select count(*)::int from pg_index i where i.indrelid = c.oid) as indexes,
         (select count(*)::int from pg_constraint k where k.conrelid = c.oid and k.contype = 'c') as checks,
         (select count(*)::int from pg_constraint k where k.conrelid = c.oid and k.contype = 'f') as foreign_keys,
         (select count(*)::int from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as triggers, c.relacl is null as closed
       from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'app_public.messages'::regclass`,
    );
    expect(rows.length).toBeGreaterThan(4);
    const { relname, ...first } = rows.find((row) => row.relname === 'messages_default');
    expect(first.indexes).toBeGreaterThan(4);
    for (const { relname: name, ...row } of rows) expect(row, `${name} beside ${relname}`).toEqual(first);
  });

  it('take what waited in the default partition, with all links, and lose nothing', async () => {
    // chains over the ends of months: from partition to default, inside default, from default to partition
    const now = new Date();
    const times = [
      '2019-11-29T10:00:00Z',
      '2019-11-30T23:59:59.999Z',
      '2019-12-01T00:00:00Z',
      '2019-12-15T00:00:00Z',
      '2020-02-28T10:00:00Z',
      now.toISOString(),
    ];
    const chain = await conversationAt(times);
    await conversationAt(['2019-12-01T00:00:00.001Z', '2019-12-31T23:59:59.999Z', '2020-01-01T00:00:00Z']);
    await conversationAt(['2020-02-29T12:00:00Z']);
    const before = await everything();
    expect(await inDefault()).toBe(9);

    const made = (await ensure(3)).filter((row) => Number(row.moved) > 0);
    expect(made.map((row) => [row.partition, Number(row.moved)])).toEqual([
      ['messages_2019_11', 2],
      ['messages_2019_12', 4],
      ['messages_2020_01', 1],
      ['messages_2020_02', 2],
    ]);
    expect(await inDefault()).toBe(0);
    expect(await everything()).toEqual(before);
    expect(await ensure(3)).toEqual([]);
    const { rows } = await owner().query(
      `select m.tableoid::regclass::text as partition, p.tableoid::regclass::text as parent from app_public.messages m
       left join app_public.messages p on p.id = m.parent_id where m.conversation_id = $1 order by m.sequence_number`,
      [chain],
    );
    expect(rows.map((row) => row.partition.slice(-7))).toEqual([
      '2019_11',
      '2019_11',
      '2019_12',
      '2019_12',
      '2020_02',
      month(0),
    ]);
    expect(rows.map((row) => row.parent?.slice(-7))).toEqual([
      undefined,
      '2019_11',
      '2019_11',
      '2019_12',
      '2019_12',
      '2020_02',
    ]);
    // the links still hold: a parent cannot go, and the whole tree goes with its conversation
    await expect(
      owner().query('delete from app_public.messages where conversation_id = $1 and sequence_number = 2', [
        chain,
      ]),
    ).rejects.toMatchObject({ code: '23503' });
    await owner().query('delete from app_public.conversations where id = $1', [chain]);
    expect((await everything()).length).toBe(before.length - times.length);
  });

  it('are made by one run at a time, and the other returns', async () => {
    const client = await owner().connect();
    try {
      await client.query('begin');
      await client.query(`select pg_advisory_xact_lock(hashtextextended('app_hidden.ensure_partitions', 0))`);
      expect(await ensure(20)).toEqual([]);
      await client.query('rollback');
    } finally {
      client.release();
    }
    const both = await Promise.all([ensure(20), ensure(20)]);
    expect(
      both
        .flat()
        .filter((row) => row.parent === 'messages')
        .map((row) => row.partition)
        .sort(),
    ).toEqual([15, 16, 17, 18, 19, 20].map((ahead) => `messages_${month(ahead)}`));
    expect(await months()).toContain(month(20));
  });

  it('do not wait for ever for a lock, and the next run does what was left', async () => {
    await conversationAt(['2018-06-01T10:00:00Z']);
    const client = await owner().connect();
    try {
      await client.query('begin');
      await client.query('lock table app_partitions.messages_default in row exclusive mode');
      await expect(ensure(3)).rejects.toMatchObject({ code: '55P03' });
      expect(await inDefault()).toBe(1);
      await client.query('rollback');
    } finally {
      client.release();
    }
    expect((await ensure(3))[0]).toMatchObject({ partition: 'messages_2018_06', moved: '1' });
  });

  it.each([
    ['wrote before', `select app_public.post_message($1, 'one')`],
    ['read before', 'select count(*) from app_public.messages where conversation_id <> $1'],
  ])('never stand in a circle of locks with a writer that %s', async (_, first) => {
    const { rows } = await asUser(database, ann, (client) =>
      client.query('select id from app_public.start_conversation()'),
    );
    const missing = (await months()).length;
    let run: Promise<unknown[]> | undefined;
    await asUser(database, ann, async (client) => {
      await client.query(first, [rows[0].id]);
      let over = false;
      run = ensure(missing + 2).finally(() => {
        over = true;
      });
      run.catch(() => {});
      // it has come to what it must wait for, or has given up
      await until(async () => {
        const waiting = await database
          .pool('admin')
          .query(
            `select from pg_stat_activity where datname = current_database() and query like '%ensure_partitions(%' and wait_event_type in ('Lock', 'Timeout') and pid <> pg_backend_pid()`,
          );
        return over || (waiting.rowCount ?? 0) > 0;
      });
      await client.query(`select app_public.post_message($1, 'two', idempotency_key => 'k')`, [rows[0].id]);
    });
    expect((await run!).length).toBeGreaterThan(0);
  });

  it('can be made while others write: nothing is lost, and no writer fails', async () => {
    const conversations: string[] = [];
    for (let index = 0; index < 8; index += 1) {
      conversations.push(
        (
          await asUser(database, ann, (client) =>
            client.query('select id from app_public.start_conversation()'),
          )
        ).rows[0].id,
      );
    }
    for (let year = 2001; year < 2007; year += 1)
      await conversationAt([`${year}-01-31T10:00:00Z`, `${year}-02-01T10:00:00Z`, `${year}-03-01T10:00:00Z`]);
    const before = new Set((await everything()).map((row) => row.id));
    let working = true;
    let written = 0;
    const failures: string[] = [];
    const pool = new pg.Pool({ connectionString: database.url('authenticator'), max: 8 });
    const writers = conversations.map(async (id, index) => {
      const client = await pool.connect();
      try {
        for (let n = 0; working; n += 1) {
          await client.query('begin');
          try {
            await client.query(
              `select set_config('role', 'colloquy_user', true), set_config('colloquy.user_id', $1, true), set_config('colloquy.workspace_id', $2, true), set_config('colloquy.member_role', 'owner', true)`,
              [ann.id, ann.workspaceId],
            );
            // two statements: the locks of the first are held while the second wants its own
            const { rows } = await client.query('select id from app_public.post_message($1, $2)', [
              id,
              `${index} ${n}`,
            ]);
            await client.query(
              'select app_public.post_message($1, $2, parent_id => $3, idempotency_key => $4)',
              [id, 'answer', rows[0].id, `k${n}`],
            );
            await client.query('commit');
            written += 2;
          } catch (error) {
            failures.push(`${errorCode(error)} ${(error as Error).message}`);
            await client.query('rollback');
          }
        }
      } finally {
        client.release();
      }
    });
    // imports of the past, which write into the partition that the rows are moved out of
    let imported = 0;
    const importer = (async () => {
      for (let n = 0; working; n += 1) {
        try {
          await asUser(database, ann, (client) =>
            client.query('select app_public.import_conversation($1)', [
              yearlyHistory(`beside ${n}`, 1995, 5),
            ]),
          );
          imported += 5;
        } catch (error) {
          failures.push(`${errorCode(error)} ${(error as Error).message}`);
        }
      }
    })();
    try {
      await until(async () => written > 50 && imported > 0);
      let made: unknown[] = [];
      await until(async () => {
        made = await ensure(24).catch((error) => {
          // busy: to be tried again
          if (errorCode(error) !== '55P03') throw error;
          return [];
        });
        return made.length > 0;
      });
      expect(made.length).toBeGreaterThanOrEqual(18);
      const then = written;
      await until(async () => written > then + 50);
    } finally {
      working = false;
      await Promise.all([...writers, importer]);
      await pool.end();
    }
    expect(failures).toEqual([]);
    await ensure(24);
    expect(await inDefault()).toBe(0);
    const after = await everything();
    expect(after.length).toBe(before.size + written + imported);
    const ids = new Set(after.map((row) => row.id));
    for (const id of before) expect(ids.has(id)).toBe(true);
    const { rows } = await owner().query(
      'select message_count, last_sequence_number from app_public.conversations where id = any ($1)',
      [conversations],
    );
    expect(rows.reduce((sum, row) => sum + row.message_count, 0)).toBe(written);
  });

  describe('a page of a conversation', () => {
    let id: string;
    let times: string[];

    beforeAll(async () => {
      // two years of months, each with something in it; the conversation lives on both sides of the end of one of them
      const now = new Date();
      const at = (monthsAgo: number, day: number, hour = 10) =>
        new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsAgo, day, hour)).toISOString();
      await conversationAt(
        Array.from({ length: 24 }, (_, index) => at(24 - index, 5)),
        false,
      );
      times = [
        ...Array.from({ length: 20 }, (_, hour) => at(13, 28, hour)),
        ...Array.from({ length: 20 }, (_, hour) => at(12, 1, hour)),
      ];
      id = await conversationAt(times);
      await ensure(3);
      await database.pool('admin').query('analyze app_public.messages, app_public.conversations');
      expect((await months()).length).toBeGreaterThanOrEqual(28);
      expect(await inDefault()).toBe(0);
    });

    interface Plan {
      'Relation Name'?: string;
      'Actual Loops'?: number;
      Plans?: Plan[];
    }
    function scanned(plan: Plan): string[] {
      const here = plan['Relation Name']?.startsWith('messages') ? [plan['Relation Name']] : [];
      return [...here, ...(plan.Plans ?? []).flatMap(scanned)];
    }
    function executed(plan: Plan): string[] {
      const here =
        plan['Relation Name']?.startsWith('messages') && (plan['Actual Loops'] ?? 0) > 0
          ? [plan['Relation Name']]
          : [];
      return [...here, ...(plan.Plans ?? []).flatMap(executed)];
    }

    /**
     * Runs as the API does: a named statement, again and again on one connection, with the plan that it ends up with.
     * The plans of the statements inside the function come from auto_explain, which only a superuser may load.
     */
    async function pageOf(values: unknown[], mode: string) {
      const client = await database.pool('admin').connect();
      const plans: Plan[] = [];
      const collect = ({ message }: { message?: string | undefined }) => {
        const plan = message?.match(/plan:\n(.*)/s)?.[1];
        if (plan) plans.push(JSON.parse(plan).Plan);
      };
      try {
        await client.query(`load 'auto_explain'`);
        await client.query('begin');
        for (const [name, value] of [
          ['auto_explain.log_min_duration', '0'],
          ['auto_explain.log_analyze', 'on'],
          ['auto_explain.log_nested_statements', 'on'],
          ['auto_explain.log_format', 'json'],
          ['plan_cache_mode', mode],
          ['role', 'colloquy_user'],
          ['colloquy.user_id', ann.id],
          ['colloquy.workspace_id', ann.workspaceId],
          ['colloquy.member_role', 'owner'],
        ]) {
          await client.query('select set_config($1, $2, true)', [name, value]);
        }
        const name = `page_${mode}`;
        await client.query(
          `prepare ${name} as select __m__."id", __m__."content" from app_public.conversation_messages($1::uuid, $2::uuid, $3::int4) as __m__`,
        );
        const list = values
          .map((value) => (value === null ? 'null' : pg.escapeLiteral(String(value))))
          .join(', ');
        for (let run = 0; run < 6; run += 1) await client.query(`execute ${name} (${list})`);
        client.on('notice', collect);
        await client.query('set local client_min_messages = log');
        const { rows } = await client.query(`execute ${name} (${list})`);
        await client.query(`set local client_min_messages = warning; deallocate ${name}; commit`);
        const planned = plans.flatMap(scanned);
        return { rows, planned: new Set(planned), partitions: new Set(plans.flatMap(executed)) };
      } finally {
        client.off('notice', collect);
        client.release(true);
      }
    }

    it.each(['force_custom_plan', 'force_generic_plan'])(
      'touches only the partitions it lives in (%s)',
      async (mode) => {
        const latest = await pageOf([id, null, 10], mode);
        expect(latest.rows.map((row) => row.content)).toEqual(
          Array.from({ length: 10 }, (_, index) => `message ${40 - index}`),
        );
        expect(latest.partitions.size).toBeGreaterThan(0);
        expect(latest.partitions.size).toBeLessThanOrEqual(2);
        // not even planned: planning and starting all of them costs more than the page
        expect(latest.planned.size).toBeLessThanOrEqual(2);

        const whole = await pageOf([id, null, 100], mode);
        expect(whole.rows).toHaveLength(40);
        expect(whole.partitions.size).toBe(2);

        const before = await pageOf([id, latest.rows.at(-1).id, 10], mode);
        expect(before.rows.map((row) => row.content)).toEqual(
          Array.from({ length: 10 }, (_, index) => `message ${30 - index}`),
        );
        expect(before.partitions.size).toBeLessThanOrEqual(2);

        const early = await pageOf([id, whole.rows[25].id, 5], mode);
        expect(early.rows.map((row) => row.content)).toEqual(
          Array.from({ length: 5 }, (_, index) => `message ${14 - index}`),
        );
        expect(early.partitions.size).toBeLessThanOrEqual(2);
      },
    );

    it('keeps its size within bounds', async () => {
      const count = async (first: number | null) =>
        (
          await asUser(database, ann, (client) =>
            client.query('select from app_public.conversation_messages($1, first => $2)', [id, first]),
          )
        ).rowCount;
      expect(await count(0)).toBe(0);
      expect(await count(-5)).toBe(0);
      expect(await count(7)).toBe(7);
      expect(await count(null)).toBe(40);
      expect(await count(1_000_000)).toBe(40);
    });
  });
});
