import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanupFiles } from '../../jobs/cleanup-files.ts';
import { dropOldPartitions } from '../../jobs/drop-partitions.ts';
import type { JobContext, JobDefinition } from '../../jobs/job.ts';
import { removeExpired } from '../../jobs/remove-expired.ts';
import { runJob } from '../../jobs/worker/run-job.ts';
import { log } from '../../lib/log.ts';
import { localStorage } from '../../lib/storage.ts';
import { call, endScene, owner, setScene, tenants, worker } from '../support/library.ts';
import { describeReal } from '../support/server.ts';

const HOUR = 3_600_000;

/** docs/lifecycle.md, "When a clock is wrong". The clock is moved by rewriting rows. */
describeReal('a clock that is wrong', () => {
  beforeAll(async () => {
    log.level = 'silent';
    await setScene();
  });
  afterAll(endScene);

  const sql = async (text: string, ...values: unknown[]) => (await owner().query(text, values)).rows;
  const orders = () => worker().query('select * from app_hidden.worker_orders()');

  /** A scheduled job, as the worker runs it. */
  async function run(definition: JobDefinition<never>): Promise<object> {
    const context = {
      pool: worker(),
      log,
      storage: localStorage('/nowhere'),
      signal: new AbortController().signal,
    } as unknown as JobContext;
    const job = { id: crypto.randomUUID(), name: definition.queue.name, data: {}, expireInSeconds: 60 };
    const result = await runJob(definition, job as never, context);
    expect(result.status).toBe('completed');
    return result.output as object;
  }
  const ranBefore = (task: string, milliseconds: number) =>
    sql(
      `update app_hidden.maintenance_runs set started_at = started_at - $2 * interval '1 ms', finished_at = finished_at - $2 * interval '1 ms'
       where task = $1`,
      task,
      milliseconds,
    );

  it('that jumped ahead deletes nothing by the first run that sees it, and the one after it goes on', async () => {
    const [{ id }] = (
      await call(
        tenants.ann,
        `select (app_public.make_temporary(id, now() + interval '1 hour')).id from app_public.start_conversation('for an hour') `,
      )
    ).rows;
    const isThere = async () =>
      (await sql('select from app_public.conversations where id = $1', id)).length === 1;
    const unsure = { skipped: expect.stringMatching(/or the clock jumped/), isUnsure: true };
    // the first one of all, and one after an hour
    expect(await run(removeExpired as never)).toMatchObject({ conversations: 0 });
    await ranBefore('remove-expired', HOUR);
    expect(await run(removeExpired as never)).toMatchObject({ conversations: 0 });
    // a day ahead: by that clock the conversation has ended
    await ranBefore('remove-expired', 24 * HOUR);
    await sql(
      `update app_public.conversations set expires_at = now() - interval '23 hours' where id = $1`,
      id,
    );
    expect(await run(removeExpired as never)).toEqual(unsure);
    expect(await isThere()).toBe(true);
    // a worker that is there for less than an hour a day deletes all the same
    await ranBefore('remove-expired', 24 * HOUR);
    expect(await run(removeExpired as never)).toMatchObject({ conversations: 1 });
    expect(await isThere()).toBe(false);
    // back again: the last run is one of the time to come
    await ranBefore('remove-expired', -48 * HOUR);
    expect(await run(removeExpired as never)).toMatchObject({ conversations: 0, sessions: 0 });
  });

  it.each([
    ['cleanup-files', cleanupFiles, 3],
    ['drop-partitions', dropOldPartitions, 45 * 24],
  ])('that jumped ahead has %s wait for the next run, too', async (task, definition, hours) => {
    expect(definition.lookAfter).toBe(hours * HOUR);
    await run(definition as never);
    await ranBefore(task, (hours + 1) * HOUR);
    expect(await run(definition as never)).toMatchObject({ isUnsure: true });
    expect(await run(definition as never)).not.toHaveProperty('isUnsure');
  });

  it('that went back lets the queue, mail and those who tried too often go on at once', async () => {
    const ahead = `now() + interval '1 day'`;
    const job = (name: string, more: string, values: string) =>
      one0(
        `insert into pgboss.job (name, data, policy, retry_limit, expire_seconds, ${more})
         select q.name, '{}', q.policy, q.retry_limit, q.expire_seconds, ${values} from pgboss.queue q where q.name = '${name}' returning id`,
      );
    const one0 = async (text: string) => (await sql(text))[0];
    await sql('delete from pgboss.job');
    await sql(`update pgboss.version set cron_on = now()`);
    expect((await orders()).rowCount).toBe(1);
    // put down, tried and to be tried again, at work, done by its schedule, and one that is meant to wait
    const waiting = await job('deliver-mail', 'created_on, start_after', `${ahead}, ${ahead}`);
    const again = await job(
      'retention',
      'created_on, started_on, start_after, state',
      `now() - interval '1 hour', ${ahead}, ${ahead} + interval '1 minute', 'retry'`,
    );
    const active = await job('analyze', 'created_on, started_on, state', `${ahead}, ${ahead}, 'active'`);
    const done = await job(
      'tier-chunks',
      'created_on, started_on, completed_on, state, singleton_on',
      `${ahead}, ${ahead}, ${ahead}, 'completed', now() + interval '1 day'`,
    );
    const meant = await job(
      'store-cold',
      'created_on, start_after',
      `now() - interval '1 hour', now() + interval '9 days'`,
    );
    await sql(`update pgboss.queue set monitor_on = ${ahead}, maintain_on = ${ahead}`);
    await sql(
      `insert into app_hidden.rate_limits (key, points, expire) values ('k', 9, extract(epoch from ${ahead}) * 1000)`,
    );
    await sql(
      `insert into app_private.sign_in_failures (counter, failures, failed_at) values ('client:' || app_private.counter_key('x'), 50, ${ahead})`,
    );
    await sql(
      `insert into app_hidden.provider_pauses (provider, kind, reason, paused_at, paused_until)
       select 'fake', (enum_range(null::app_hidden.provider_pause_kind))[1], 'x', ${ahead}, ${ahead} + interval '1 hour'`,
    );
    await sql(
      `insert into app_private.mail_outbox (id, recipient, subject, body, next_attempt_at, not_before)
       values (app_hidden.uuidv7_at(${ahead}), 'ann@example.org', 's', 'b', ${ahead}, ${ahead})`,
    );
    const lateBy = async (id: string) =>
      (
        await sql(
          `select state, round(extract(epoch from start_after - now()))::int as starts, coalesce(round(extract(epoch from started_on - now()))::int, 0) as started,
             singleton_on from pgboss.job where id = $1`,
          id,
        )
      )[0];

    // not before it is proved
    await orders();
    expect((await lateBy(waiting.id)).starts).toBeGreaterThan(86_000);
    await sql(`update pgboss.version set cron_on = ${ahead}, bam_on = ${ahead}`);
    await orders();
    const soon = expect.closeTo(0, -1);
    expect(await lateBy(waiting.id)).toMatchObject({ state: 'created', starts: soon });
    expect(await lateBy(again.id)).toMatchObject({ state: 'retry', starts: expect.closeTo(60, -1) });
    expect(await lateBy(active.id)).toMatchObject({ state: 'active', started: soon });
    expect(await lateBy(done.id)).toMatchObject({ state: 'completed', singleton_on: null });
    expect((await lateBy(meant.id)).starts).toBeGreaterThan(8.9 * 86_400);
    expect(
      await sql(`select
        (select count(*)::int from pgboss.version where greatest(cron_on, bam_on) > clock_timestamp()) as schedules,
        (select count(*)::int from pgboss.queue where greatest(monitor_on, maintain_on) > clock_timestamp()) as queues,
        (select count(*)::int from app_hidden.rate_limits) as limits,
        (select count(*)::int from app_hidden.provider_pauses) as pauses,
        (select count(*)::int from app_private.sign_in_failures where failed_at > clock_timestamp()) as failures,
        (select count(*)::int from app_private.mail_outbox where next_attempt_at > clock_timestamp() and sent_at is null) as mails`),
    ).toEqual([{ schedules: 0, queues: 0, limits: 0, pauses: 0, failures: 0, mails: 0 }]);
    // once
    await sql(`insert into app_hidden.rate_limits (key, points, expire) values ('k', 9, 1)`);
    await orders();
    expect(await sql('select from app_hidden.rate_limits')).toHaveLength(1);
  });

  it('that went back refuses no code of an authenticator app, and takes none twice', async () => {
    const secret = Buffer.alloc(20, 7);
    await sql(
      `insert into app_private.second_factors (user_id, secret, confirmed_at, last_step)
       values ($1, $2, now(), floor(extract(epoch from now()) / 30) + 2880)`,
      tenants.ann.id,
      secret,
    );
    const use = async () =>
      (
        await sql(
          `select app_private.use_code($1, app_private.totp_code($2, floor(extract(epoch from clock_timestamp()) / 30)::bigint)) as is_right`,
          tenants.ann.id,
          secret,
        )
      )[0].is_right;
    expect([await use(), await use()]).toEqual([true, false]);
  });
});
