import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { lockWaiters } from '../../support/locks.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { axis, createTenants, indexAll, type Tenants } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser, until } from '../../support/users.ts';

describeReal('memory', () => {
  let database: Database;
  let tenants: Tenants;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    tenants = await createTenants(database);
  });
  afterAll(async () => {
    await database?.close();
  });

  const owner = () => database.pool('owner');
  const call = (user: TestUser, sql: string, ...values: unknown[]): Promise<pg.QueryResult> =>
    asUser(database, user, (client) => client.query(sql, values));
  const one = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await call(user, sql, ...values)).rows[0];
  const code = async (work: Promise<unknown>): Promise<string | undefined> => {
    try {
      await work;
    } catch (error) {
      return errorCode(error);
    }
    throw new Error('It was allowed.');
  };
  let people = 0;
  const somebody = (): Promise<TestUser> => registerUser(database, `person${++people}@example.org`);
  const remember = (user: TestUser, content: string, subject: string | null = null, more = '') =>
    one(user, `select * from app_public.remember($1, $2${more})`, content, subject);
  const undo = (user: TestUser, id: string) => one(user, 'select * from app_public.undo_memory($1)', id);
  const forget = (user: TestUser, id: string) => one(user, 'select * from app_public.forget($1)', id);
  /** What holds for a subject. */
  const current = async (user: TestUser, subject: string): Promise<string[]> =>
    (
      await call(
        user,
        'select content from app_public.memory_items where subject = $1 and upper_inf(validity) order by id',
        subject,
      )
    ).rows.map((row) => row.content);
  const recall = async (user: TestUser, query: string, vector?: number[]): Promise<string[]> =>
    (
      await call(
        user,
        `select m.content from app_public.recall($1, $2::extensions.halfvec) as r cross join unnest(r.memories) with ordinality as m order by ordinality`,
        query,
        vector ? JSON.stringify(vector) : null,
      )
    ).rows.map((row) => row.content);
  /** Two transactions at once: the first has done its statement when the second begins to wait for it. */
  async function together(
    [first, second]: [TestUser, TestUser],
    sql: string,
    values: [unknown[], unknown[]],
  ): Promise<[pg.QueryResult, pg.QueryResult]> {
    let later: Promise<pg.QueryResult> | undefined;
    const done = await asUser(database, first, async (client) => {
      const result = await client.query(sql, values[0]);
      later = call(second, sql, ...values[1]);
      later.catch(() => {});
      await until(async () => (await lockWaiters(database)).length > 0);
      return result;
    });
    return [done, await later!];
  }

  describe('remembering', () => {
    it('merges what differs in nothing but case, spaces and full stop, and raises its importance', async () => {
      const ann = await somebody();
      const first = await remember(ann, 'Drinks tea.');
      const second = await remember(ann, '  drinks   TEA ', null, ', importance => 0.7');
      expect(second.id).toBe(first.id);
      expect(second.content).toBe('Drinks tea.');
      expect(second.importance).toBeCloseTo(0.75);
      expect((await undo(ann, first.id)).importance).toBeCloseTo(0.5);
      expect((await remember(ann, 'drinks tea', 'breakfast')).id).not.toBe(first.id);
    });

    it('gives a subject one value, and keeps the one before with its time', async () => {
      const ann = await somebody();
      const red = await remember(ann, 'red', 'colour');
      const blue = await remember(ann, 'blue', ' COLOUR ');
      const { rows } = await call(
        ann,
        'select *, upper(validity) as until from app_public.memory_items order by id',
      );
      expect(rows.map((row) => [row.content, row.superseded_by, row.until !== null])).toEqual([
        ['red', blue.id, true],
        ['blue', null, false],
      ]);
      const restored = await undo(ann, red.id);
      expect([restored.content, restored.superseded_by]).toEqual(['red', null]);
      expect(await current(ann, 'colour')).toEqual(['red']);
      expect(await code(undo(ann, blue.id))).toBe('CQ241');
    });

    it('undoes the newer value the same way from either side', async () => {
      const ann = await somebody();
      await remember(ann, 'red', 'colour');
      const blue = await remember(ann, 'blue', 'colour');
      await undo(ann, blue.id);
      expect(await current(ann, 'colour')).toEqual(['red']);
    });

    it('has exactly one value when two come in the same moment', async () => {
      const ann = await somebody();
      const [a, b] = await together([ann, ann], 'select * from app_public.remember($1, $2)', [
        ['Rome', 'home'],
        ['Oslo', 'home'],
      ]);
      expect(a.rows[0].id).not.toBe(b.rows[0].id);
      expect(await current(ann, 'home')).toEqual(['Oslo']);
      // and the same words become one memory
      const [c, d] = await together([ann, ann], 'select * from app_public.remember($1, $2)', [
        ['Bern', 'work'],
        ['bern', 'work'],
      ]);
      expect(c.rows[0].id).toBe(d.rows[0].id);
      const many = await Promise.all(
        Array.from({ length: 8 }, (_, n) => remember(ann, `value ${n}`, 'contested')),
      );
      expect(new Set(many.map((row) => row.id)).size).toBe(8);
      expect(await current(ann, 'contested')).toHaveLength(1);
    });

    it('cannot hold two values of a subject at one time, whatever writes them', async () => {
      const ann = await somebody();
      await remember(ann, 'red', 'colour');
      expect(
        await code(
          owner().query(
            `insert into app_public.memory_items (workspace_id, owner_id, subject, content, validity) values ($1, $2, 'Colour', 'green', tstzrange(now(), null))`,
            [ann.workspaceId, ann.id],
          ),
        ),
      ).toBe('23P01');
    });

    it('learns nothing twice from the same text, also not what was forgotten', async () => {
      const ann = await somebody();
      const { id } = await one(ann, `select id from app_public.create_document('a', 'b')`);
      const learn = () =>
        one(
          ann,
          `select * from app_public.remember('Likes cats', source_type => 'document', source_id => $1)`,
          id,
        );
      const first = await learn();
      expect((await learn()).importance).toBe(first.importance);
      await forget(ann, first.id);
      expect(await learn()).toMatchObject({ id: first.id, forgotten_at: expect.any(Date) });
      // said by hand it is remembered again
      expect((await remember(ann, 'Likes cats')).id).not.toBe(first.id);
    });

    it('refuses what it cannot keep', async () => {
      const ann = await somebody();
      for (const args of [
        `''`,
        `repeat('x', 10001)`,
        `'a', repeat('x', 201)`,
        `'a', importance => 1.5`,
        `'a', expires_at => now() - interval '1 day'`,
        `'a', source_type => 'document'`,
        `'a', source_id => uuidv7()`,
      ])
        expect(await code(call(ann, `select app_public.remember(${args})`)), args).toBe('CQ200');
    });
  });

  describe('forgetting', () => {
    it('takes a memory out of recall at once, and undoing brings it back', async () => {
      const ann = await somebody();
      const { id } = await remember(ann, 'Plays the oboe');
      await indexAll(database);
      expect(await recall(ann, 'oboe')).toEqual(['Plays the oboe']);
      await forget(ann, id);
      expect(await recall(ann, 'oboe', axis(512, 0))).toEqual([]);
      expect((await call(ann, 'select from app_public.chunks')).rowCount).toBe(0);
      await undo(ann, id);
      await indexAll(database);
      expect(await recall(ann, 'oboe')).toEqual(['Plays the oboe']);
      expect((await call(ann, 'select change, undone_at from app_public.memory_item_changes')).rows).toEqual(
        expect.arrayContaining([
          { change: 'remembered', undone_at: null },
          { change: 'forgotten', undone_at: expect.any(Date) },
        ]),
      );
    });

    it('is not undone while another value stands', async () => {
      const ann = await somebody();
      const red = await remember(ann, 'red', 'colour');
      await forget(ann, red.id);
      const blue = await remember(ann, 'blue', 'colour');
      expect(await code(undo(ann, red.id))).toBe('CQ242');
      expect(await current(ann, 'colour')).toEqual(['blue']);
      await forget(ann, blue.id);
      await undo(ann, red.id);
      expect(await current(ann, 'colour')).toEqual(['red']);
    });
  });

  describe('recall', () => {
    it('weighs importance and use, passes over what has expired, and keeps what is private', async () => {
      const { owner: first, member } = tenants;
      const dull = await remember(first, 'lantern one', null, ', importance => 0');
      await remember(first, 'lantern two', null, `, importance => 1`);
      const soon = await remember(first, 'lantern three', null, `, expires_at => now() + interval '1 hour'`);
      await remember(first, 'lantern shared', null, `, visibility => 'workspace'`);
      await indexAll(database);
      const before = await recall(first, 'lantern');
      expect(before[0]).toBe('lantern two');
      expect(before.at(-1)).toBe('lantern one');
      expect(before).toHaveLength(4);
      expect(await recall(member, 'lantern')).toEqual(['lantern shared']);
      await owner().query(
        `update app_public.memory_items set expires_at = now() - interval '1 minute' where id = $1`,
        [soon.id],
      );
      expect(await recall(first, 'lantern')).not.toContain('lantern three');
      const found = await one(
        first,
        `select array_agg(r.memory_item_id) as ids from app_public.search('lantern') as s cross join unnest(s.results) as r`,
      );
      expect(found.ids).not.toContain(soon.id);
      expect(found.ids).toContain(dull.id);
      const used = await one(first, 'select * from app_public.use_memories($1)', [dull.id, soon.id]);
      expect([used.id, used.access_count]).toEqual([dull.id, 1]);
      // what was forgotten meanwhile is passed over
      const gone = await remember(first, 'lantern four');
      await forget(first, gone.id);
      const { rows: again } = await call(first, 'select * from app_public.use_memories($1)', [
        gone.id,
        dull.id,
      ]);
      expect(again.map((row) => [row.id, row.access_count])).toEqual([[dull.id, 2]]);
      for (const args of [`''`, `'a', max_results => 0`, `repeat('x', 10001)`])
        expect(await code(call(first, `select app_public.recall(${args})`)), args).toBe('CQ200');
      expect(await code(call(first, `select app_public.recall('a', '[1,2]'::extensions.halfvec)`))).toBe(
        'CQ301',
      );
      expect(
        await code(call(first, 'select app_public.use_memories(array_fill(uuidv7(), array[101]))')),
      ).toBe('CQ200');
    });

    it('gives half of the fit for itself, three tenths for importance, and two for recency, which halves in 30 days', async () => {
      const ann = await somebody();
      const noted = async (name: string, importance: number, days: number) => {
        const { id } = await remember(ann, `lantern ${name}`, null, `, importance => ${importance}`);
        await owner().query(
          `update app_public.memory_items set validity = tstzrange(now() - make_interval(days => $2), null) where id = $1`,
          [id, days],
        );
      };
      await noted('vital, of old', 1, 3_000);
      await noted('idle, of now', 0, 0);
      await noted('half, of may', 0.5, 30);
      await noted('idle, of old', 0, 3_000);
      await indexAll(database);
      const { rows } = await call(
        ann,
        `select m.content, m.recency, m.score / m.text_score as share
         from app_public.recall('lantern') as r cross join unnest(r.memories) with ordinality as m order by ordinality`,
      );
      expect(rows.map((row) => row.content)).toEqual([
        'lantern vital, of old',
        'lantern half, of may',
        'lantern idle, of now',
        'lantern idle, of old',
      ]);
      for (const [at, recency, share] of [
        [0, 0, 0.8],
        [1, 0.5, 0.75],
        [2, 1, 0.7],
        [3, 0, 0.5],
      ] as const) {
        expect(rows[at].recency).toBeCloseTo(recency, 3);
        expect(rows[at].share).toBeCloseTo(share, 3);
      }
    });
  });

  describe('events', () => {
    const ingest = `select * from app_public.ingest_event($1, 'push', $2, $3)`;

    it('are stored once however often they come, also in the same moment and after a month was made', async () => {
      const { owner: first, member } = tenants;
      const [a, b] = await together([first, member], ingest, [
        ['git', '{"n": 1}', 'e1'],
        ['git', '{"n": 1}', 'e1'],
      ]);
      expect(b.rows[0]).toEqual(a.rows[0]);
      expect(a.rows[0].payload).toEqual({ n: 1 });
      expect((await one(first, ingest, 'jira', '{}', 'e1')).id).not.toBe(a.rows[0].id);
      const anonymous = await Promise.all([1, 2].map(() => one(first, ingest, 'git', '{}', null)));
      expect(anonymous[0].id).not.toBe(anonymous[1].id);
      await database.pool('worker').query('select app_hidden.ensure_partitions(5)');
      expect((await one(member, ingest, 'git', '{"n": 1}', 'e1')).id).toBe(a.rows[0].id);
      expect(await code(one(member, ingest, 'git', '{"n": 2}', 'e1'))).toBe('CQ810');
      const { rows } = await owner().query(
        `select tableoid::regclass::text as name from app_public.raw_events limit 1`,
      );
      expect(rows[0].name).toMatch(/raw_events_\d{4}_\d\d$/);
      // one that retention cleared away comes as a new one
      await owner().query('delete from app_public.raw_events where id = $1', [a.rows[0].id]);
      const again = await one(first, ingest, 'git', '{}', 'e1');
      expect(again.id).not.toBe(a.rows[0].id);
      expect((await one(first, ingest, 'git', '{}', 'e1')).id).toBe(again.id);
    });

    it('are refused when they are malformed', async () => {
      for (const args of [
        `'', 'a', '{}'`,
        `'a', ' ', '{}'`,
        `'a', 'a', null`,
        `'a', 'a', '{}', ''`,
        `'a', 'a', to_jsonb((select string_agg(gen_random_uuid()::text, '') from generate_series(1, 60000)))`,
      ])
        expect(await code(call(tenants.ann, `select app_public.ingest_event(${args})`)), args).toBe('CQ200');
    });
  });
});
