import { afterAll, beforeAll, expect, it } from 'vitest';
import { deliverMail } from '../../../jobs/deliver-mail.ts';
import { log } from '../../../lib/log.ts';
import { type Mail, MailError, type OutboxMail } from '../../../mail/mailer.ts';
import { render } from '../../../mail/templates.ts';
import { code, database, endScene, one, owner, setScene } from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';

const WORDS = {
  product: 'Colloquy',
  links: {
    password_reset: undefined,
    verification: undefined,
    invitation: undefined,
    new_address: undefined,
  },
};

describeReal('mail', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const deliver = (send: (mail: Mail) => Promise<void>) =>
    deliverMail.handle(
      {
        pool: database.pool('worker'),
        log: log.child({}, { level: 'silent' }),
        signal: new AbortController().signal,
        mailer: { send, render: (mail: OutboxMail) => render(mail, WORDS), close: async () => {} },
      } as never,
      {},
    );
  const put = (recipient: string) =>
    owner().query(`select app_private.send_mail($1, 'Subject', 'Token: abc')`, [recipient]);

  it('is delivered once, and its text is not kept', async () => {
    await deliver(async () => {});
    await put('a@example.org');
    const sent: Mail[] = [];
    const send = async (mail: Mail) => void sent.push(mail);
    expect(await deliver(send)).toEqual({ sent: 1, failed: 0 });
    expect(await deliver(send)).toEqual({ sent: 0, failed: 0 });
    expect(sent).toMatchObject([{ recipient: 'a@example.org', subject: 'Subject', text: 'Token: abc\n' }]);
    expect(
      await one(
        `select body, sent_at is not null as sent, last_error from app_private.mail_outbox where recipient = 'a@example.org'`,
      ),
    ).toEqual({ body: null, sent: true, last_error: null });
  });

  it('that fails waits longer each time, holds up no other, and is given up at last', async () => {
    await put('broken@example.org');
    await put('b@example.org');
    const send = async ({ recipient }: Mail) => {
      if (recipient === 'broken@example.org') throw new Error('mailbox is full');
    };
    expect(await deliver(send)).toEqual({ sent: 1, failed: 1 });
    expect(await deliver(send)).toEqual({ sent: 0, failed: 0 });
    const due = () =>
      owner().query(
        `update app_private.mail_outbox set next_attempt_at = now() where recipient = 'broken@example.org'`,
      );
    for (let attempt = 2; attempt <= 8; attempt++) {
      await due();
      expect(await deliver(send)).toEqual({ sent: 0, failed: 1 });
    }
    await due();
    expect(await deliver(send)).toEqual({ sent: 0, failed: 0 });
    expect(
      await one(
        `select attempts, last_error, sent_at, body, failed_at is not null as failed from app_private.mail_outbox
         where recipient = 'broken@example.org'`,
      ),
    ).toEqual({ attempts: 8, last_error: 'mailbox is full', sent_at: null, body: null, failed: true });
  });

  it('that is refused for good is given up with its reason, and its token goes', async () => {
    await owner().query(
      `select app_private.queue_mail('password_reset', 'bounce@example.org', '{"token": "cqr_abc", "minutes": 60}', now())`,
    );
    const send = async () => {
      throw new MailError('refused', 'no such mailbox');
    };
    expect(await deliver(send)).toEqual({ sent: 0, failed: 1 });
    await owner().query(
      `update app_private.mail_outbox set next_attempt_at = now() where recipient = 'bounce@example.org'`,
    );
    expect(await deliver(send)).toEqual({ sent: 0, failed: 0 });
    expect(
      await one(
        `select attempts, last_error, data, failed_at is not null as failed from app_private.mail_outbox
         where recipient = 'bounce@example.org'`,
      ),
    ).toEqual({ attempts: 1, last_error: 'no such mailbox', data: null, failed: true });
  });

  it('waits for the next run where the server cannot be used at all', async () => {
    await put('e@example.org');
    await put('f@example.org');
    const send = async () => {
      throw new MailError('unavailable', 'connection refused');
    };
    expect(await deliver(send)).toEqual({ sent: 0, failed: 1 });
    expect(await deliver(async () => {})).toEqual({ sent: 1, failed: 0 });
    await owner().query(
      `delete from app_private.mail_outbox where recipient in ('e@example.org', 'f@example.org')`,
    );
  });

  it('that comes too late is given up unsent, and its token goes', async () => {
    await owner().query(
      `select app_private.queue_mail('verification', 'late@example.org', '{"token": "cqv_abc", "hours": 48}', now(), now())`,
    );
    expect(await deliver(async () => {})).toEqual({ sent: 0, failed: 0 });
    expect(
      await one(
        `select data, last_error, failed_at is not null as failed from app_private.mail_outbox where recipient = 'late@example.org'`,
      ),
    ).toEqual({ data: null, last_error: 'too late, what it speaks of has expired', failed: true });
  });

  it('is taken by one worker at a time, and wakes the job', async () => {
    await owner().query(`delete from pgboss.job where name = 'deliver-mail'`);
    await put('c@example.org');
    await put('d@example.org');
    expect(
      await one(
        `select count(*)::int as n from pgboss.job where name = 'deliver-mail' and state = 'created'`,
      ),
    ).toEqual({ n: 1 });
    const worker = database.pool('worker');
    const taken = await Promise.all(
      [1, 2].map(() => worker.query('select recipient from app_hidden.take_mail(1)')),
    );
    expect(taken.flatMap(({ rows }) => rows.map((row) => row.recipient)).sort()).toEqual([
      'c@example.org',
      'd@example.org',
    ]);
    expect(await code(worker.query('select app_hidden.take_mail(0)'))).toBe('CQ200');
  });
});
