import { z } from 'zod';
import { describeError } from '../lib/errors.ts';
import { type Mail, MailError, type OutboxMail } from '../mail/mailer.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { EVERY_MINUTE } from './queue-options.ts';

/** Why it could not be delivered, and whether any other can be. */
async function attempt(send: () => Promise<void>): Promise<{ error: string | null; failure?: string }> {
  try {
    await send();
    return { error: null };
  } catch (error) {
    if (error instanceof MailError) return { error: error.message, failure: error.failure };
    return { error: describeError(error), failure: 'deferred' };
  }
}

/** Requests answered at a time. */
const BATCH = 20;

/** Answers what visitors asked for by mail: a new password, an account. Each answer is a mail in the outbox. */
async function answerRequests({ pool, signal }: JobContext): Promise<void> {
  while (!signal.aborted) {
    const { rows } = await pool.query<{ answered: number }>(
      'select app_hidden.answer_account_requests(max_requests => $1) as answered',
      [BATCH],
    );
    if (rows[0]!.answered === 0) return;
  }
}

/**
 * Delivers what is due in the outbox, one by one: a mail is taken for a minute, and a server may take most of that. One that fails
 * waits longer each time, and the others go on; where the server cannot be used at all, they wait for the next run.
 */
async function handle(context: JobContext): Promise<object> {
  const { pool, mailer, signal, log, environment } = context;
  const done = { sent: 0, failed: 0 };
  await answerRequests(context);
  while (mailer && !signal.aborted) {
    const { rows } = await pool.query<OutboxMail>(
      `select id, kind, recipient, subject, body, data
       from app_hidden.take_mail(max_mails => 1, for_environment => $1)`,
      [environment ?? null],
    );
    const taken = rows[0];
    if (!taken) break;
    // outside any transaction: a mail server may take its time
    const { error, failure } = await attempt(async () => {
      const mail: Mail = mailer.render(taken);
      await mailer.send(mail);
    });
    await pool.query('select app_hidden.settle_mail(mail_id => $1, error => $2, is_final => $3)', [
      taken.id,
      error,
      failure === 'refused',
    ]);
    if (error === null) {
      done.sent += 1;
      continue;
    }
    done.failed += 1;
    const next = failure === 'refused' ? 'it is given up' : 'it is tried again later';
    log.warn({ mail: taken.id, kind: taken.kind, error }, `mail could not be delivered; ${next}`);
    if (failure === 'unavailable') break;
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
  reachesOut: true,
  // a mail is taken by one of them, and one that comes in wakes another
  mayOverlap: true,
  handle,
};
