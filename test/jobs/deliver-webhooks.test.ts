import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JobContext } from '../../jobs/job.ts';
import { sweepWebhooks } from '../../jobs/sweep-webhooks.ts';
import { startWorker } from '../../jobs/worker.ts';
import { log } from '../../lib/log.ts';
import {
  call,
  code,
  database,
  emailOf,
  endScene,
  newcomer,
  one,
  owner,
  setScene,
} from '../support/accounts.ts';
import { LONG } from '../support/limits.ts';
import { describeReal } from '../support/server.ts';
import { sweep } from '../support/sweep.ts';
import { type TestUser, until } from '../support/users.ts';
import { deliverDue, type Receiver, startReceiver } from '../support/webhook-receiver.ts';

describeReal('delivering webhooks', () => {
  const children = new Set<ChildProcess>();
  let receiver: Receiver;
  let ann: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    log.level = 'silent';
    await setScene();
    receiver = await startReceiver();
    ann = await newcomer('ann');
    bob = await newcomer('bob');
    await owner().query('update app_public.users set is_email_verified = true where id = $1', [ann.id]);
  });
  beforeEach(async () => {
    await owner().query('delete from app_public.webhooks');
    receiver.received = [];
    receiver.answer = () => 204;
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await receiver?.close();
    await endScene();
  });

  const create = async (user: TestUser, path = '/hook', content = false) =>
    (
      await call(
        user,
        `select webhook_id as id, secret from app_public.create_webhook($1, '{document.created,document.deleted}', include_content => $2)`,
        receiver.url + path,
        content,
      )
    )[0] as { id: string; secret: string };
  const document = async (user: TestUser, title = 'A title') =>
    (
      await call(
        user,
        `select id from app_public.create_document($1, 'Its text', visibility => 'workspace')`,
        title,
      )
    )[0].id as string;
  /** What a worker does with the deliveries of a workspace that are due. */
  const deliver = (user: TestUser, context: Partial<JobContext> = {}) =>
    deliverDue(database, user.workspaceId, {
      webhooks: { networks: ['127.0.0.0/8'], timeout: 500 },
      ...context,
    });
  /** As if the pauses after failures were over. */
  const later = async () => {
    await owner().query('update app_public.webhooks set paused_until = null');
    await owner().query(
      `update app_public.webhook_deliveries set next_attempt_at = now() where status = 'waiting'`,
    );
  };
  const state = (webhook: string) =>
    one(
      `select d.status, d.attempts, d.last_status, d.last_error, w.failures, w.is_active
       from app_public.webhook_deliveries d join app_public.webhooks w on w.id = d.webhook_id where w.id = $1 order by d.id limit 1`,
      webhook,
    );
  const setting = (name: string, value: string) =>
    owner().query('update app_private.settings set value = $2 where name = $1', [name, value]);

  it('brings what happened, signed, with content only where it is wished, read when it is sent', async () => {
    const [bare, full] = [await create(ann, '/bare'), await create(ann, '/full', true)];
    const id = await document(ann);
    expect(await deliver(ann)).toMatchObject({ delivered: 2, failed: 0 });
    const sent = (path: string, secret: string) => {
      const { headers, body } = receiver.received.find((one) => one.path === path)!;
      return new Webhook(secret).verify(body, headers);
    };
    const facts = { workspaceId: ann.workspaceId, documentId: id, ownerId: ann.id };
    expect(sent('/bare', bare.secret)).toEqual({
      type: 'document.created',
      timestamp: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      data: facts,
    });
    expect(sent('/full', full.secret)).toMatchObject({
      data: { ...facts, title: 'A title', content: 'Its text' },
    });
    // its id is the delivery's, of which nothing else is kept
    const { rows } = await owner().query('select id, facts, status from app_public.webhook_deliveries');
    expect(rows.map((row) => row.id).sort()).toEqual(
      receiver.received.map(({ headers }) => headers['webhook-id']).sort(),
    );
    for (const row of rows) expect(row).toMatchObject({ facts: { documentId: id }, status: 'delivered' });
    // made private meanwhile: the ids alone
    const secret = await document(ann, 'Too early');
    await call(ann, `update app_public.documents set visibility = 'private' where id = $1`, secret);
    receiver.received = [];
    await deliver(ann);
    expect(receiver.received).toHaveLength(4);
    for (const { body } of receiver.received) {
      expect(JSON.parse(body).data).toEqual({ workspaceId: ann.workspaceId, documentId: secret });
    }
  });

  it('tries again until it is accepted, with the same id, and both secrets for a day after a change', async () => {
    const { id, secret } = await create(ann);
    await document(ann);
    const faults = [
      500,
      'hang',
      { status: 302, headers: { location: `${receiver.url}/other` } },
      204,
    ] as const;
    receiver.answer = (_, times) => faults[times - 1] ?? 204;
    for (let n = 0; n < 3; n++) {
      expect(await deliver(ann)).toMatchObject({ delivered: 0, failed: 1 });
      // nothing is due for now
      expect(await deliver(ann)).toMatchObject({ failed: 0 });
      await later();
    }
    expect(await state(id)).toMatchObject({ status: 'waiting', attempts: 3, last_status: 302, failures: 3 });
    const [rotated] = await call(ann, 'select secret from app_public.rotate_webhook_secret($1)', id);
    expect(await deliver(ann)).toMatchObject({ delivered: 1 });
    expect(await state(id)).toMatchObject({
      status: 'delivered',
      attempts: 4,
      last_status: 204,
      failures: 0,
    });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(receiver.received.every(({ path }) => path === '/hook')).toBe(true);
    const { headers, body } = receiver.received.at(-1)!;
    for (const key of [secret, rotated.secret]) expect(new Webhook(key).verify(body, headers)).toBeTruthy();
    await owner().query('update app_private.webhook_secrets set previous_until = now()');
    await document(ann);
    await deliver(ann);
    const last = receiver.received.at(-1)!;
    expect(new Webhook(rotated.secret).verify(last.body, last.headers)).toBeTruthy();
    expect(() => new Webhook(secret).verify(last.body, last.headers)).toThrow();
  });

  it('waits longer each time, and as long as the receiver asks for', async () => {
    const { id } = await create(ann);
    await document(ann);
    receiver.answer = (_, times) => (times < 3 ? 503 : { status: 429, headers: { 'retry-after': '7000' } });
    const pauses: number[] = [];
    for (let n = 0; n < 3; n++) {
      await deliver(ann);
      pauses.push(
        Number(
          (
            await one(
              'select extract(epoch from next_attempt_at - now()) as s from app_public.webhook_deliveries',
            )
          ).s,
        ),
      );
      await later();
    }
    // 30 and 60 seconds, by chance a half less or more
    expect(pauses[0]).toBeGreaterThan(5);
    expect(pauses[0]).toBeLessThanOrEqual(45);
    expect(pauses[1]).toBeLessThanOrEqual(90);
    expect(pauses[2]).toBeGreaterThan(6900);
    expect((await state(id)).attempts).toBe(3);
  });

  it('gives up after its attempts or its time, and delivers again when somebody asks', async () => {
    const { id } = await create(ann);
    await setting('webhook_attempts', '2');
    receiver.answer = () => 500;
    await document(ann);
    await deliver(ann);
    await later();
    await deliver(ann);
    expect(await state(id)).toMatchObject({ status: 'dead', attempts: 2, last_error: 'It answered 500.' });
    await document(ann);
    await owner().query(
      `update app_public.webhook_deliveries set give_up_at = now() where status = 'waiting'`,
    );
    await later();
    await deliver(ann);
    const dead = async () =>
      (await one(`select count(*)::int as n from app_public.webhook_deliveries where status = 'dead'`)).n;
    expect(await dead()).toBe(2);
    receiver.answer = () => 204;
    const again = (delivery: string | null = null) =>
      call(ann, 'select app_public.redeliver_webhooks($1, $2) as n', id, delivery).then(([row]) => row.n);
    expect(await again()).toBe(2);
    expect(await again()).toBe(0);
    await later();
    expect(await deliver(ann)).toMatchObject({ delivered: 2 });
    // also one that was accepted, when it is named
    const { id: delivery } = await one('select id from app_public.webhook_deliveries order by id limit 1');
    expect(await again(delivery)).toBe(1);
    expect(await code(again(delivery))).toBe('CQ204');
    expect(await deliver(ann)).toMatchObject({ delivered: 1 });
    await setting('webhook_attempts', '20');
    expect(await code(call(bob, 'select app_public.redeliver_webhooks($1)', id))).toBe('CQ204');
  });

  it('switches a webhook off that fails for days or is gone, and tells the owners', async () => {
    const { id } = await create(ann);
    receiver.answer = () => 500;
    await document(ann);
    await document(ann);
    await deliver(ann);
    // one that fails is asked once at a time
    expect(receiver.received.length).toBeLessThanOrEqual(2);
    await owner().query(`update app_public.webhooks set failing_since = now() - interval '6 days'`);
    await later();
    await deliver(ann);
    expect(await one('select is_active, disabled_reason from app_public.webhooks where id = $1', id)).toEqual(
      {
        is_active: false,
        disabled_reason: 'Every attempt failed for days: It answered 500.',
      },
    );
    expect((await owner().query('select distinct status from app_public.webhook_deliveries')).rows).toEqual([
      { status: 'dead' },
    ]);
    const mail = await one(
      'select subject, body from app_private.mail_outbox where recipient = $1 order by id desc limit 1',
      await emailOf(ann),
    );
    expect(mail.subject).toBe('A webhook was switched off');
    expect(mail.body).toContain(id);
    expect(mail.body).not.toContain(receiver.url);
    receiver.answer = () => 410;
    await call(ann, 'select app_public.update_webhook($1, is_active => true)', id);
    await call(ann, 'select app_public.test_webhook($1)', id);
    await deliver(ann);
    expect(JSON.parse(receiver.received.at(-1)!.body)).toMatchObject({
      type: 'webhook.test',
      data: { webhookId: id },
    });
    expect(await state(id)).toMatchObject({ is_active: false });
  });

  it('sends nothing from a copy', async () => {
    await create(ann);
    await document(ann);
    expect(await deliver(ann, { environment: 'staging' })).toMatchObject({ delivered: 0, failed: 0 });
    expect(receiver.received).toEqual([]);
  });

  it('keeps deliveries for so many days', async () => {
    const { id } = await create(ann);
    const clean = async () =>
      (await database.pool('worker').query('select app_hidden.delete_old_webhook_deliveries() as n')).rows[0]
        .n;
    await owner().query(
      `insert into app_public.webhook_deliveries (id, workspace_id, webhook_id, kind, facts, status, ended_at, give_up_at)
       select app_hidden.uuidv7_at(now() - make_interval(days => d)), $1, $2, 'webhook.test', '{}', 'delivered', now(), now() from unnest(array[29, 31, 40]) d`,
      [ann.workspaceId, id],
    );
    expect([await clean(), await clean()]).toEqual([2, 0]);
  });

  it('goes on where a worker was killed, beside a receiver of others that hangs', {
    timeout: LONG,
  }, async () => {
    const { id } = await create(ann, '/ann');
    await create(bob, '/bob');
    receiver.answer = (path) => (path === '/ann' ? 'hang' : 204);
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../support/worker-process.ts', import.meta.url))],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, LOG_LEVEL: 'error', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1' },
      },
    );
    children.add(child);
    child.stdin!.write(`${database.url('admin')}\n`);
    await once(child.stdout!, 'data');
    await document(ann);
    await until(async () => receiver.received.length === 1);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(await state(id)).toMatchObject({ status: 'waiting', attempts: 1 });

    const worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      only: ['deliver-webhooks', 'sweep-webhooks'],
      webhooks: { networks: ['127.0.0.1/32'], timeout: 120_000 },
    });
    try {
      await later();
      await sweep(database, sweepWebhooks);
      // ann's hangs again, and bob's go out meanwhile
      await until(async () => receiver.received.length === 2);
      await document(bob);
      await until(async () => receiver.received.some(({ path }) => path === '/bob'));
      expect(receiver.received.map(({ path }) => path)).toEqual(['/ann', '/ann', '/bob']);
      expect(await state(id)).toMatchObject({ status: 'waiting', attempts: 2 });
    } finally {
      await worker.stop();
    }
    receiver.answer = () => 204;
    await later();
    expect(await deliver(ann)).toMatchObject({ delivered: 1 });
    expect(
      new Set(
        receiver.received.filter(({ path }) => path === '/ann').map(({ headers }) => headers['webhook-id']),
      ).size,
    ).toBe(1);
  });
});
