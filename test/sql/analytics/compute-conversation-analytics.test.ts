import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockWaiters } from '../../support/locks.ts';
import { describeReal } from '../../support/server.ts';
import { join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser, until } from '../../support/users.ts';
import {
  ann,
  as,
  begin,
  beginAnywhere,
  compute,
  counts,
  database,
  endScene,
  everything,
  expectEqual,
  figures,
  member,
  one,
  owner,
  refresh,
  rows,
  say,
  setScene,
  step,
  tables,
} from './scene.ts';

describeReal('the analytics of conversations', () => {
  beforeAll(setScene);
  afterAll(endScene);

  describe('the days of conversations', () => {
    it('equal a plain aggregate of the live rows, whatever happens in whatever order', async () => {
      const start = Date.parse('2026-03-01T12:00:00Z');
      const money = fc.integer({ min: 0, max: 999_999_999 }).map((n) => n / 1e6);
      const count = fc.option(fc.integer({ min: 0, max: 2_147_483_647 }), { nil: null });
      const message = fc.record({
        kind: fc.constant('message' as const),
        conversation: fc.nat(2),
        minutes: fc.nat(3 * 24 * 60),
        more: fc.record({
          role: fc.constantFrom('user', 'assistant', 'assistant', 'system', 'tool'),
          status: fc.constantFrom('complete', 'complete', 'failed'),
          is_edit: fc.boolean(),
          is_ours: fc.boolean(),
          relevance_score: fc.option(
            fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000),
            { nil: null },
          ),
          processing_time_ms: count,
          prompt_tokens: count,
          completion_tokens: count,
          total_tokens: count,
          cost_usd: fc.option(money, { nil: null }),
        }),
      });
      const target = fc.nat(30);
      const operation = fc.oneof(
        { weight: 6, arbitrary: message },
        {
          weight: 4,
          arbitrary: fc.record({
            kind: fc.constant('feedback' as const),
            target,
            isAnn: fc.boolean(),
            type: fc.constantFrom('positive', 'neutral', 'negative'),
            rating: fc.option(fc.integer({ min: 1, max: 5 }), { nil: null }),
          }),
        },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), target }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('edit' as const), target, tokens: count }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), target }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), conversation: fc.nat(2) }) },
        {
          weight: 3,
          arbitrary: fc.record({
            kind: fc.constant('compute' as const),
            most: fc.integer({ min: 1, max: 2 }),
          }),
        },
      );
      const seed = Number(process.env.FC_SEED || Math.floor(Math.random() * 2 ** 31));
      process.stdout.write(`analytics: fast-check seed ${seed}\n`);
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 3, maxLength: 25 }), async (operations) => {
          const conversations: string[] = [];
          for (let n = 0; n < 3; n++) conversations.push(await beginAnywhere(new Date(start).toISOString()));
          const messages: string[] = [];
          const messageAt = (n: number) => messages[n % Math.max(1, messages.length)];
          for (const one of operations) {
            if (one.kind === 'message') {
              const { is_edit, is_ours, ...more } = one.more;
              const at = new Date(start + (one.minutes + 1) * 60_000).toISOString();
              const id = await say(conversations[one.conversation]!, at, {
                ...more,
                replaces_id: is_edit ? (messageAt(0) ?? null) : null,
                author_id: is_ours ? ann.id : null,
              }).catch((error) => {
                // its conversation is over
                if (error instanceof TypeError) return undefined;
                throw error;
              });
              if (id) messages.push(id);
            } else if (one.kind === 'feedback') {
              await tables().query(
                `insert into app_public.message_feedback as f (workspace_id, conversation_id, message_id, user_id, feedback_type, rating)
                 select m.workspace_id, m.conversation_id, m.id, $2, $3, $4 from app_public.messages m where m.id = $1
                 on conflict (message_id, user_id) do update set feedback_type = excluded.feedback_type, rating = excluded.rating`,
                [messageAt(one.target), one.isAnn ? ann.id : owner.id, one.type, one.rating],
              );
            } else if (one.kind === 'withdraw') {
              await tables().query('delete from app_public.message_feedback where message_id = $1', [
                messageAt(one.target),
              ]);
            } else if (one.kind === 'edit') {
              await tables().query('update app_public.messages set total_tokens = $2 where id = $1', [
                messageAt(one.target),
                one.tokens,
              ]);
            } else if (one.kind === 'delete') {
              await tables().query('delete from app_public.messages where id = $1', [messageAt(one.target)]);
            } else if (one.kind === 'end') {
              await tables().query('delete from app_public.conversations where id = $1', [
                conversations[one.conversation],
              ]);
            } else await step(one.most);
          }
          await compute();
          await expectEqual();
          expect(await rows('select 1 from app_hidden.analytics_changes')).toEqual([]);
        }),
        { seed, numRuns: 40 },
      );
    });

    it('count answers, edits, times, money and opinions of one day', async () => {
      const id = await begin('2026-01-10T08:00:00Z', owner);
      const question = await say(id, '2026-01-10T09:00:00Z', { role: 'user', author_id: owner.id });
      await say(id, '2026-01-10T09:00:01Z', { role: 'user', author_id: owner.id, replaces_id: question });
      const answers: string[] = [];
      for (const [index, ms] of [100, 200, 300, 400].entries()) {
        answers.push(
          await say(id, `2026-01-10T17:30:0${index}Z`, {
            processing_time_ms: ms,
            relevance_score: 0.5 + index / 10,
            prompt_tokens: 10,
            completion_tokens: 5,
            total_tokens: 15,
            cost_usd: '0.000001',
            ...(index === 3 ? { replaces_id: answers[2], status: 'failed' } : {}),
          }),
        );
      }
      const feel = (message: string | undefined, user: TestUser, type: string, rating: number | null) =>
        tables().query(
          `insert into app_public.message_feedback (workspace_id, conversation_id, message_id, user_id, feedback_type, rating)
           values ($1, $2, $3, $4, $5, $6)`,
          [owner.workspaceId, id, message, user.id, type, rating],
        );
      await feel(answers[0], owner, 'positive', null);
      await feel(answers[1], owner, 'positive', 4);
      await feel(answers[1], member, 'negative', null);
      await feel(answers[2], owner, 'neutral', null);
      await compute();
      expect(await figures(id)).toEqual([
        expect.objectContaining({
          day: '2026-01-10',
          message_count: 6,
          user_message_count: 2,
          assistant_message_count: 4,
          edit_count: 1,
          regeneration_count: 1,
          failed_count: 1,
          avg_relevance_score: '0.6500',
          avg_response_time_ms: 250,
          median_response_time_ms: 200,
          p95_response_time_ms: 400,
          prompt_tokens: '40',
          completion_tokens: '20',
          total_tokens: '60',
          cost_usd: '0.000004',
          positive_feedback: 2,
          neutral_feedback: 1,
          negative_feedback: 1,
          feedback_ratio: '0.6667',
          // (1 + 0.75 + 0 + 0.5) / 4
          satisfaction_score: '0.5625',
          peak_hour: 17,
          duration_seconds: 8.5 * 3600 + 3,
        }),
      ]);
    });

    it('end at midnight in UTC, wherever the job runs', async () => {
      const id = await begin('2026-02-01T20:00:00Z');
      await say(id, '2026-02-01T23:59:59.999Z');
      await say(id, '2026-02-02T00:00:00.000Z');
      await say(id, '2026-02-02T11:30:00.000Z');
      await say(id, '2026-02-02T12:30:00.000Z');
      const client = await database.pool('worker').connect();
      try {
        await client.query('begin');
        await client.query(`set local timezone = 'Pacific/Auckland'`);
        await client.query('select app_hidden.compute_conversation_analytics()');
        await client.query('commit');
      } finally {
        client.release();
      }
      await compute();
      expect((await figures(id)).map((row) => [row.day, row.message_count, row.peak_hour])).toEqual([
        ['2026-02-01', 1, 23],
        // the first of three hours with as many
        ['2026-02-02', 3, 0],
      ]);
    });

    it('take the greatest values', async () => {
      const id = await begin('2026-02-03T00:00:00Z');
      for (let n = 0; n < 3; n++)
        await say(id, `2026-02-03T10:00:0${n}Z`, {
          total_tokens: 2_147_483_647,
          prompt_tokens: 2_147_483_647,
          completion_tokens: 2_147_483_647,
          processing_time_ms: 2_147_483_647,
          cost_usd: '999999.999999',
          relevance_score: 1,
        });
      await everything();
      expect(await figures(id)).toEqual([
        expect.objectContaining({
          total_tokens: '6442450941',
          cost_usd: '2999999.999997',
          avg_response_time_ms: 2_147_483_647,
          p95_response_time_ms: 2_147_483_647,
          avg_relevance_score: '1.0000',
        }),
      ]);
      const [total] = await as(
        ann,
        `select * from app_public.workspace_dashboard('2026-02-03', '2026-02-03')`,
      );
      expect(total).toMatchObject({
        total_tokens: '6442450941',
        cost_usd: '2999999.999997',
        avg_response_time_ms: 2_147_483_647,
      });
      const [summary] = await as(
        ann,
        `select * from app_public.conversation_summary_stats('2026-02-03', '2026-02-03')`,
      );
      expect(summary).toMatchObject({ total_tokens: '6442450941', cost_usd: '2999999.999997' });
      const [performance] = await as(
        ann,
        `select avg_tokens_per_response, total_tokens from app_public.rag_configuration_performance where period = 'day' and period_start = '2026-02-03'`,
      );
      expect(performance).toEqual({ avg_tokens_per_response: '2147483647', total_tokens: '6442450941' });
    });

    it('are the same after a second run, to the second', async () => {
      const id = await begin('2026-02-04T00:00:00Z');
      await say(id, '2026-02-04T10:00:00Z');
      await everything();
      const digest = () =>
        one(
          `select md5(string_agg(t::text, '|' order by t::text)) as hash from (
             select a::text from app_public.conversation_analytics a union all select p::text from app_public.rag_configuration_performance p
             union all select u::text from app_hidden.user_activity u union all select s::text from app_private.conversation_summary_stats s) as t`,
        );
      const before = await digest();
      expect(await step()).toBeUndefined();
      const { rows: again } = await database
        .pool('worker')
        .query('select * from app_hidden.compute_configuration_performance()');
      expect(again).toEqual([{ changed: '0', removed: '0' }]);
      await refresh();
      expect(await digest()).toEqual(before);
    });

    it('are found again by a recheck when rows came in with the triggers off', async () => {
      const id = await begin('2026-02-05T00:00:00Z');
      await tables().query('alter table app_public.messages disable trigger user');
      try {
        await say(id, '2026-02-05T10:00:00Z');
      } finally {
        await tables().query('alter table app_public.messages enable trigger user');
      }
      await compute();
      expect(await counts(id)).toEqual([]);
      const worker = database.pool('worker');
      await worker.query(`select app_hidden.recheck_conversation_analytics('2026-02-06')`);
      await compute();
      expect(await counts(id)).toEqual([]);
      await worker.query('select app_hidden.recheck_conversation_analytics()');
      await compute();
      expect(await counts(id)).toEqual([['2026-02-05', 1]]);
      await expectEqual();
    });

    it('leave older days for later when asked to, and refuse a batch of nothing', async () => {
      const id = await begin('2026-02-07T00:00:00Z');
      await say(id, '2026-02-07T10:00:00Z');
      await say(id, '2026-02-08T10:00:00Z');
      const worker = database.pool('worker');
      await worker.query(`select app_hidden.compute_conversation_analytics(since => '2026-02-08')`);
      expect(await counts(id)).toEqual([['2026-02-08', 1]]);
      await compute();
      expect(await counts(id)).toHaveLength(2);
      for (const most of [0, null, 10_001])
        await expect(
          worker.query('select app_hidden.compute_conversation_analytics($1)', [most]),
        ).rejects.toMatchObject({ code: 'CQ200' });
    });

    it('keep the configuration they had, also when feedback comes late', async () => {
      const configuration = async (name: string) =>
        (await as(owner, 'select id from app_public.create_rag_configuration($1)', name))[0].id;
      const [first, second] = [await configuration('First'), await configuration('Second')];
      const id = await begin('2026-02-09T00:00:00Z', owner);
      const use = (wanted: string | null) =>
        tables().query('update app_public.conversations set rag_configuration_id = $1 where id = $2', [
          wanted,
          id,
        ]);
      await use(first);
      const old = await say(id, '2026-02-09T10:00:00Z');
      const young = await say(id, new Date().toISOString());
      await compute();
      await use(second);
      for (const message of [old, young])
        await as(owner, `select app_public.give_feedback($1, 'positive')`, message);
      await compute();
      const used = async () =>
        (await figures(id)).map((row) => [row.rag_configuration_id, row.positive_feedback]);
      expect(await used()).toEqual([
        [first, 1],
        [second, 1],
      ]);
      // without one of its own, the default of the workspace
      await use(null);
      await as(owner, 'select app_public.withdraw_feedback($1)', young);
      await compute();
      const [{ id: standard }] = await as(
        owner,
        'select id from app_public.rag_configurations where is_default',
      );
      expect((await used())[1]).toEqual([standard, 0]);
      // and a configuration that goes takes its performance along, not the figures of the conversation
      await refresh();
      await tables().query('delete from app_public.rag_configurations where id = $1', [first]);
      expect((await used())[0]).toEqual([null, 1]);
      expect(
        await rows(
          'select 1 from app_public.rag_configuration_performance where rag_configuration_id = $1',
          first,
        ),
      ).toEqual([]);
    });

    it('forget a person who is erased', async () => {
      const gone = await join(
        database,
        await registerUser(database, 'gone@example.org'),
        owner.workspaceId,
        'member',
      );
      const id = await begin('2026-02-11T00:00:00Z', owner);
      await say(id, '2026-02-11T10:00:00Z', { role: 'user', author_id: gone.id });
      await compute();
      await tables().query('delete from app_public.users where id = $1', [gone.id]);
      await compute();
      expect(await rows('select 1 from app_hidden.user_activity where user_id = $1', gone.id)).toEqual([]);
      expect(await counts(id)).toEqual([['2026-02-11', 1]]);
      await expectEqual();
    });
  });

  describe('a conversation that is packed away', () => {
    const pack = async (id: string, tierFirst: boolean): Promise<pg.QueryResult['rows']> => {
      const client = await tables().connect();
      try {
        await client.query('begin');
        const { rows: messages } = await client.query(
          'select to_jsonb(m) as row from app_public.messages m where conversation_id = $1 order by id',
          [id],
        );
        const tier = () =>
          client.query(`update app_public.conversations set storage_tier = 'warm' where id = $1`, [id]);
        if (tierFirst) await tier();
        await client.query('delete from app_public.message_feedback where conversation_id = $1', [id]);
        await client.query('delete from app_public.messages where conversation_id = $1', [id]);
        if (!tierFirst) await tier();
        await client.query('commit');
        return messages;
      } finally {
        client.release();
      }
    };

    it.each([true, false])(
      'keeps its figures, and has them again when it is back (tier first: %s)',
      async (tierFirst) => {
        const id = await beginAnywhere('2026-04-01T00:00:00Z', owner);
        const message = await say(id, '2026-04-01T10:00:00Z', { total_tokens: 7 });
        await as(owner, `select app_public.give_feedback($1, 'positive')`, message);
        await compute();
        const before = await figures(id);
        expect(before).toHaveLength(1);
        const messages = await pack(id, tierFirst);
        await compute();
        await database.pool('worker').query('select app_hidden.recheck_conversation_analytics()');
        await compute();
        expect(await figures(id)).toEqual(before);

        const client = await tables().connect();
        try {
          await client.query('begin');
          await client.query('alter table app_public.messages disable trigger messages_10_count');
          await client.query(
            `insert into app_public.messages (id, conversation_id, workspace_id, owner_id, sequence_number, role, content, total_tokens)
           select r.id, r.conversation_id, r.workspace_id, r.owner_id, r.sequence_number, r.role, r.content, r.total_tokens
           from jsonb_populate_record(null::app_public.messages, $1) as r`,
            [JSON.stringify(messages[0].row)],
          );
          await client.query('alter table app_public.messages enable trigger messages_10_count');
          await client.query(
            `insert into app_public.message_feedback (workspace_id, conversation_id, message_id, user_id, feedback_type) values ($1, $2, $3, $4, 'positive')`,
            [owner.workspaceId, id, message, owner.id],
          );
          await client.query(`update app_public.conversations set storage_tier = 'hot' where id = $1`, [id]);
          await client.query('commit');
        } finally {
          client.release();
        }
        await compute();
        expect(await figures(id)).toEqual([{ ...before[0], computed_at: expect.any(Date) }]);
        await expectEqual();
      },
    );

    it('is computed before, when whoever packs it says so', async () => {
      const id = await beginAnywhere('2026-04-02T00:00:00Z', owner);
      await say(id, '2026-04-02T10:00:00Z');
      await tables().query('select app_private.settle_conversation_analytics(array[$1::uuid])', [id]);
      await pack(id, true);
      await compute();
      expect(await counts(id)).toEqual([['2026-04-02', 1]]);
      await tables().query('delete from app_public.conversations where id = $1', [id]);
    });
  });

  describe('beside writers', () => {
    const post = 'select id from app_public.post_message($1, $2)';

    const isWaiting = async (): Promise<boolean> => (await lockWaiters(database)).length > 0;

    it('a change that is not committed is waited for, after all that is free, and counted', async () => {
      const [{ id }] = await as(ann, `select id from app_public.start_conversation('Talk')`);
      await as(ann, post, id, 'one');
      const [{ id: other }] = await as(ann, `select id from app_public.start_conversation('Free')`);
      await as(ann, post, other, 'one');
      let last: ReturnType<typeof step> | undefined;
      await asUser(database, ann, async (client) => {
        await client.query(post, [id, 'two']);
        // the day of this one was noted before, and is not committed
        expect(await step()).toMatchObject({ conversations: 1, days: 1 });
        expect(await counts(other)).toHaveLength(1);
        last = step();
        await until(isWaiting);
      });
      expect(await last).toMatchObject({ conversations: 1 });
      expect(await step()).toBeUndefined();
      expect((await counts(id)).reduce((sum, [, n]) => sum + Number(n), 0)).toBe(2);
    });

    it('a conversation that goes while it is waited for leaves nothing to do', async () => {
      const [{ id }] = await as(ann, `select id from app_public.start_conversation('Talk')`);
      await as(ann, post, id, 'one');
      const client = await tables().connect();
      let last: ReturnType<typeof step> | undefined;
      try {
        await client.query('begin');
        await client.query('delete from app_public.conversations where id = $1', [id]);
        last = step();
        await until(isWaiting);
        await client.query('commit');
      } finally {
        client.release();
      }
      expect(await last).toBeUndefined();
      expect(await figures(id)).toEqual([]);
    });

    it('is not waited for without end, and its note stays', async () => {
      const [{ id }] = await as(ann, `select id from app_public.start_conversation('Talk')`);
      await as(ann, post, id, 'one');
      await asUser(database, ann, async (client) => {
        await client.query(post, [id, 'two']);
        await expect(step()).rejects.toMatchObject({ code: '55P03' });
      });
      await compute();
      expect((await counts(id)).reduce((sum, [, n]) => sum + Number(n), 0)).toBe(2);
    });

    it('what is noted after a run began is left to the next one', async () => {
      const [{ id }] = await as(ann, `select id from app_public.start_conversation('Talk')`);
      await as(ann, post, id, 'one');
      const { began } = await one('select clock_timestamp()::text as began');
      const [{ id: later }] = await as(ann, `select id from app_public.start_conversation('Later')`);
      await as(ann, post, later, 'one');
      expect(await step(1000, began)).toMatchObject({ conversations: 1, days: 1 });
      expect(await step(1000, began)).toBeUndefined();
      expect(await counts(id)).toHaveLength(1);
      expect(await counts(later)).toEqual([]);
      await compute();
      expect(await counts(later)).toHaveLength(1);
    });

    it('a writer that waits for a run is counted by the next one', async () => {
      const [{ id }] = await as(ann, `select id from app_public.start_conversation('Talk')`);
      await as(ann, post, id, 'one');
      const client = await database.pool('worker').connect();
      let writing: Promise<unknown>;
      try {
        await client.query('begin');
        expect(
          (await client.query('select * from app_hidden.compute_conversation_analytics()')).rowCount,
        ).toBe(1);
        writing = as(ann, post, id, 'two');
        await until(isWaiting);
        await client.query('commit');
      } finally {
        client.release();
      }
      await writing;
      await compute();
      expect((await counts(id)).reduce((sum, [, n]) => sum + Number(n), 0)).toBe(2);
    });

    it('eight writers, feedback and runs at once end in the figures of a plain aggregate', async () => {
      const ids = await Promise.all(
        Array.from(
          { length: 3 },
          async () => (await as(ann, `select id from app_public.start_conversation('Busy')`))[0].id,
        ),
      );
      let isWriting = true;
      const runs = (async () => {
        while (isWriting) await step(1);
      })();
      await Promise.all(
        Array.from({ length: 6 }, async (_, writer) => {
          for (let n = 0; n < 12; n++) {
            const [, answer] = await as(
              ann,
              `select id from app_public.record_turn($1, 'q', 'a', prompt_tokens => 3, completion_tokens => 4, latency_ms => $2)`,
              ids[(writer + n) % 3],
              n * 10,
            );
            await as(
              ann,
              `select app_public.give_feedback($1, $2)`,
              answer.id,
              n % 2 ? 'positive' : 'negative',
            );
          }
        }),
      );
      isWriting = false;
      await runs;
      await compute();
      await expectEqual();
    });

    it('only one run is at it', async () => {
      const [{ id }] = await as(ann, `select id from app_public.start_conversation('Talk')`);
      await as(ann, post, id, 'one');
      const client = await tables().connect();
      try {
        await client.query('begin');
        await client.query(
          `select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(array['app_hidden.compute_conversation_analytics',
             'app_hidden.compute_configuration_performance', 'app_hidden.refresh_summary_stats']) as name`,
        );
        const worker = database.pool('worker');
        for (const call of [
          'compute_conversation_analytics',
          'compute_configuration_performance',
          'refresh_summary_stats',
        ])
          expect((await worker.query(`select * from app_hidden.${call}()`)).rows).toEqual([]);
        await client.query('rollback');
      } finally {
        client.release();
      }
      await compute();
      expect(await counts(id)).toHaveLength(1);
    });
  });
});
