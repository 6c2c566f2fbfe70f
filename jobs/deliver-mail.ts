import { z } from 'zod';
import { describeError } from '../lib/errors.ts';
import type { Mail } from '../lib/mailer.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { EVERY_MINUTE } from './queue-options.ts';

/** Mails taken at a time: what a killed worker leaves to be tried again after a minute. */
const BATCH = 20;

/** Delivers what is due in the outbox. A mail that fails waits longer each time; the others go on. */
async function handle({ pool, mailer, signal, log }: JobContext): Promise<object> {
  const done = { sent: 0, failed: 0 };
  while (!signal.aborted) {
    const { rows } = await pool.query<Mail>(
      'select id, recipient, subject, body from app_hidden.take_mail(max_mails => $1)',
      [BATCH],
    );
    if (rows.length === 0) break;
    for (const mail of rows) {
      // outside any transaction: a mail server may take its time
      const error = await mailer.send(mail, signal).then(() => null, describeError);
      await pool.query('select app_hidden.settle_mail(mail_id => $1, error => $2)', [mail.id, error]);
      if (error === null) done.sent += 1;
      else {
        done.failed += 1;
        log.warn({ mail: mail.id, error }, 'mail could not be delivered; it is tried again later');
      }
    }
  }
  return done;
}

export const deliverMail: JobDefinition<object> = {
  queue: {
    name: 'deliver-mail',
    // a mail wakes it at once; this finds what failed before
    ...EVERY_MINUTE,
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
