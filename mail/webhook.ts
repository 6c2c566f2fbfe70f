import { createHmac } from 'node:crypto';
import { inOneLine } from '../lib/in-one-line.ts';
import { post } from '../lib/outgoing-request.ts';
import { MailError, type Transport } from './mailer.ts';

/** Answers that will be the same for this mail, however often it is sent. */
const ABOUT_THE_MAIL = new Set([400, 410, 413, 422]);

/** Answers that are about this mail and may change. */
const LATER = new Set([409, 425]);

/** What a receiver computes to know that the request is ours and was not kept for later. */
export function signatureOf(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

/** Hands mail to a service that sends it, as JSON. Redirects are not followed: what is sent holds tokens. */
export function openWebhook(url: string, secret: string, timeout = 20_000): Transport {
  return {
    async send({ id, kind, recipient, subject, text, html }) {
      const body = JSON.stringify({ id, kind, recipient, subject, text, html });
      let status: number;
      try {
        const answer = await post(new URL(url), {
          headers: {
            'content-type': 'application/json',
            'idempotency-key': id,
            'x-colloquy-signature': signatureOf(secret, Math.floor(Date.now() / 1000), body),
          },
          body,
          timeout,
        });
        status = answer.status;
      } catch (error) {
        const why = (error as Error).message;
        throw new MailError('unavailable', `The webhook does not answer: ${inOneLine(why, [secret])}`);
      }
      if (status >= 200 && status < 300) return;
      if (ABOUT_THE_MAIL.has(status)) throw new MailError('refused', `The webhook refused it: ${status}`);
      throw new MailError(LATER.has(status) ? 'deferred' : 'unavailable', `The webhook answered ${status}`);
    },
    async close() {},
  };
}
