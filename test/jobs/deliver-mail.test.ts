import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  code,
  database,
  emailOf,
  endScene,
  newcomer,
  one,
  owner,
  setScene,
  visit,
} from '../support/accounts.ts';
import { type FakeSmtp, startFakeSmtp } from '../support/fake-smtp.ts';
import { LONG } from '../support/limits.ts';
import { describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';

describeReal('delivering mail', () => {
  const children = new Set<ChildProcess>();
  let smtp: FakeSmtp;

  beforeAll(async () => {
    await setScene();
    smtp = await startFakeSmtp();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await smtp?.close();
    await endScene();
  });

  async function spawnWorker(): Promise<ChildProcess> {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../support/worker-process.ts', import.meta.url))],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: {
          ...process.env,
          LOG_LEVEL: 'error',
          MAIL_URL: `smtp://robot:${encodeURIComponent(smtp.password)}@127.0.0.1:${smtp.port}`,
          MAIL_FROM: 'Tea House <robot@tea.example>',
          PUBLIC_URL: 'https://app.example',
        },
      },
    );
    children.add(child);
    child.once('exit', () => children.delete(child));
    child.stdin!.write(`${database.url('admin')}\n`);
    await once(child.stdout!, 'data');
    return child;
  }
  const end = async (child: ChildProcess) => {
    const gone = once(child, 'exit');
    child.stdin!.end();
    await gone;
  };
  const content = (source: string) => source.replaceAll('=\r\n', '').replaceAll('=3D', '=');

  it('brings a link that works once', { timeout: LONG }, async () => {
    const email = await emailOf(await newcomer('ann'));
    await visit('select app_public.request_password_reset($1)', email);
    const worker = await spawnWorker();
    await until(async () => smtp.delivered.length === 1);
    const { source, to } = smtp.delivered[0]!;
    expect(to).toEqual([email]);
    expect(source).toContain('Subject: A new password for Tea House');
    const token = /https:\/\/app\.example\/reset#token=(cqr_[0-9a-f]{64})\r\n/.exec(content(source))![1];
    await until(
      async () =>
        (await one('select sent_at, data from app_private.mail_outbox where recipient = $1', email)).sent_at,
    );
    expect(await one('select data, body from app_private.mail_outbox where recipient = $1', email)).toEqual({
      data: null,
      body: null,
    });
    const reset = () => code(visit(`select app_public.reset_password($1, 'a new password')`, token));
    expect([await reset(), await reset()]).toEqual(['allowed', 'CQ112']);
    await end(worker);
  });

  it('happens again when a worker is killed between sending and writing it down, with the same Message-ID', {
    timeout: LONG,
  }, async () => {
    smtp.delivered = [];
    const killed = await spawnWorker();
    smtp.accepting = async () => {
      smtp.accepting = async () => {};
      const gone = once(killed, 'exit');
      killed.kill('SIGKILL');
      await gone;
    };
    await owner().query(`select app_private.send_mail('twice@example.org', 'Hello', 'Text')`);
    await until(async () => smtp.delivered.length === 1 && children.size === 0);
    const state = () =>
      one(
        `select attempts, sent_at is not null as sent, next_attempt_at > clock_timestamp() as waits
         from app_private.mail_outbox where recipient = 'twice@example.org'`,
      );
    expect(await state()).toEqual({ attempts: 1, sent: false, waits: true });
    await owner().query(
      `update app_private.mail_outbox set next_attempt_at = now() where recipient = 'twice@example.org'`,
    );
    const worker = await spawnWorker();
    // the job of the one that was killed still counts as at work for a while
    await owner().query(`delete from pgboss.job where name = 'deliver-mail'`);
    await owner().query(`select app_hidden.enqueue('deliver-mail', '{}')`);
    await until(async () => (await state()).sent);
    const ids = smtp.delivered.map(({ source }) => /^Message-ID: (.*)$/im.exec(source)![1]);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    await end(worker);
  });

  it('is shared by two workers, and each mail goes out once', { timeout: LONG }, async () => {
    smtp.delivered = [];
    const workers = await Promise.all([spawnWorker(), spawnWorker()]);
    for (let n = 0; n < 20; n++)
      await owner().query(`select app_private.send_mail($1, 'Hello', 'Text')`, [`many${n}@example.org`]);
    await until(
      async () =>
        (
          await one(
            `select count(*)::int as n from app_private.mail_outbox where recipient like 'many%' and sent_at is not null`,
          )
        ).n === 20,
    );
    const recipients = smtp.delivered.flatMap(({ to }) => to);
    expect(recipients).toHaveLength(20);
    expect(new Set(recipients).size).toBe(20);
    for (const worker of workers) await end(worker);
  });
});
