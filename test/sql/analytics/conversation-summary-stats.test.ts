import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { asUser } from '../../support/users.ts';
import {
  ann,
  as,
  begin,
  compute,
  database,
  difference,
  endScene,
  everything,
  owner,
  PLAIN,
  rows,
  say,
  setScene,
  tables,
} from './scene.ts';

describeReal('configurations and the summary', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('equal a plain aggregate, and a month counts each conversation once', async () => {
    const id = await begin('2026-05-01T00:00:00Z', owner);
    await say(id, '2026-05-01T10:00:00Z', {
      processing_time_ms: 100,
      total_tokens: 10,
      relevance_score: 0.5,
    });
    await say(id, '2026-05-01T10:10:00Z', { processing_time_ms: 301, total_tokens: 20 });
    const message = await say(id, '2026-05-31T23:59:59Z', { role: 'user', total_tokens: 1 });
    await tables().query(
      `insert into app_public.message_feedback (workspace_id, conversation_id, message_id, user_id, feedback_type) values ($1, $2, $3, $4, 'negative')`,
      [owner.workspaceId, id, message, owner.id],
    );
    await everything();
    // by the messages themselves, and by the opinions and the time of each day
    const used = 'app_public.conversation_analytics a';
    const periods = `cross join (values ('day'), ('month')) as g (name)`;
    const ours = (names: string) =>
      `select rag_configuration_id, period::text, period_start, ${names} from app_public.rag_configuration_performance`;
    expect(
      await rows(
        difference(
          ours(
            'conversation_count, message_count, total_tokens, cost_usd, avg_relevance_score, avg_response_time_ms',
          ),
          `select a.rag_configuration_id, g.name, date_trunc(g.name, a.day)::date, count(distinct m.conversation_id)::int, count(*),
             coalesce(sum(m.total_tokens), 0)::bigint, coalesce(sum(m.cost_usd), 0), round(avg(m.relevance_score::numeric), 4),
             round(avg(m.processing_time_ms))::int
           from app_public.messages m
           join ${used} on a.conversation_id = m.conversation_id and a.day = (m.created_at at time zone 'UTC')::date
           ${periods} where a.rag_configuration_id is not null group by 1, 2, 3`,
        ),
      ),
    ).toEqual([]);
    expect(
      await rows(
        difference(
          ours('positive_feedback, negative_feedback, total_usage_time_seconds'),
          `select a.rag_configuration_id, g.name, date_trunc(g.name, p.day)::date, sum(p.positive_feedback)::bigint,
             sum(p.negative_feedback)::bigint, sum(p.duration_seconds)::bigint
           from (${PLAIN}) as p join ${used} on a.conversation_id = p.conversation_id and a.day = p.day
           ${periods} where a.rag_configuration_id is not null group by 1, 2, 3`,
        ),
      ),
    ).toEqual([]);
    const performance = await as(
      owner,
      `select period, period_start::text, period_end::text, conversation_count, message_count, avg_tokens_per_response, feedback_ratio
       from app_public.rag_configuration_performance where period_start between '2026-05-01' and '2026-05-31' order by period, period_start`,
    );
    expect(performance).toEqual([
      {
        period: 'day',
        period_start: '2026-05-01',
        period_end: '2026-05-01',
        conversation_count: 1,
        message_count: '2',
        avg_tokens_per_response: '15',
        feedback_ratio: null,
      },
      {
        period: 'day',
        period_start: '2026-05-31',
        period_end: '2026-05-31',
        conversation_count: 1,
        message_count: '1',
        avg_tokens_per_response: null,
        feedback_ratio: '0.0000',
      },
      {
        period: 'month',
        period_start: '2026-05-01',
        period_end: '2026-05-31',
        conversation_count: 1,
        message_count: '3',
        avg_tokens_per_response: '16',
        feedback_ratio: '0.0000',
      },
    ]);
    expect(
      await as(
        owner,
        `select day::text, conversation_count, message_count, avg_response_time_ms, avg_relevance_score, satisfaction_score
                       from app_public.conversation_summary_stats('2026-05-01', '2026-05-31')`,
      ),
    ).toEqual([
      {
        day: '2026-05-31',
        conversation_count: 1,
        message_count: '1',
        avg_response_time_ms: null,
        avg_relevance_score: null,
        satisfaction_score: '0.0000',
      },
      {
        day: '2026-05-01',
        conversation_count: 1,
        message_count: '2',
        avg_response_time_ms: 201,
        avg_relevance_score: '0.5000',
        satisfaction_score: null,
      },
    ]);
    // what is gone is gone from all of them
    await tables().query('delete from app_public.conversations where id = $1', [id]);
    await everything();
    expect(
      await as(owner, `select 1 from app_public.conversation_summary_stats('2026-05-01', '2026-05-31')`),
    ).toEqual([]);
    expect(
      await rows(
        `select 1 from app_public.rag_configuration_performance where period_start >= '2026-05-01' and period_start <= '2026-05-31'`,
      ),
    ).toEqual([]);
  });

  it('brings months up to date from a day on, and leaves older ones', async () => {
    const id = await begin('2026-01-20T00:00:00Z');
    await say(id, '2026-01-20T10:00:00Z');
    await say(id, '2026-02-20T10:00:00Z');
    await everything();
    const months = () =>
      rows(
        `select period_start::text as month, conversation_count as n from app_public.rag_configuration_performance
         where workspace_id = $1 and period = 'month' and period_start between '2026-01-01' and '2026-02-28' order by 1`,
        ann.workspaceId,
      );
    const before = await months();
    await tables().query('delete from app_public.conversations where id = $1', [id]);
    await database.pool('worker').query(`select app_hidden.compute_configuration_performance('2026-02-15')`);
    const after = await months();
    expect(after[0]).toEqual(before[0]);
    expect(after[1]?.n ?? 0).toBe(before[1].n - 1);
  });

  it('is read while it is refreshed', async () => {
    const id = await begin('2026-06-01T00:00:00Z');
    await say(id, '2026-06-01T10:00:00Z');
    await compute();
    const read = () =>
      asUser(database, ann, async (client) => {
        await client.query(`set local lock_timeout = '2s'`);
        return (
          await client.query(
            `select message_count from app_public.conversation_summary_stats('2026-06-01', '2026-06-01')`,
          )
        ).rows;
      });
    expect(await read()).toEqual([]);
    const client = await tables().connect();
    try {
      await client.query('begin');
      await client.query('select app_hidden.refresh_summary_stats()');
      expect(await read()).toEqual([]);
      await client.query('commit');
      expect(await read()).toEqual([{ message_count: '1' }]);
      // a reader that takes its time does not keep the refresh waiting either
      await asUser(database, ann, async (reader) => {
        await reader.query(`select app_public.conversation_summary_stats('2026-06-01', '2026-06-01')`);
        await client.query(`set lock_timeout = '2s'`);
        await client.query('select app_hidden.refresh_summary_stats()');
        await client.query('reset lock_timeout');
      });
      // the other kind of refresh would be felt: this test can fail
      await client.query('begin');
      await client.query('refresh materialized view app_private.conversation_summary_stats');
      await expect(read()).rejects.toMatchObject({ code: '55P03' });
      await client.query('rollback');
    } finally {
      client.release();
    }
  });

  it('is filled at first when a restore left it empty', async () => {
    await tables().query('refresh materialized view app_private.conversation_summary_stats with no data');
    const { rows: done } = await database
      .pool('worker')
      .query('select rows from app_hidden.refresh_summary_stats()');
    expect(Number(done[0].rows)).toBeGreaterThan(0);
  });
});
