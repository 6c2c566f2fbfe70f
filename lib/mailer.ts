import type { Logger } from 'pino';

export interface Mail {
  id: string;
  recipient: string;
  subject: string;
  /** Plain text. It may hold a token: a mailer that hands it over must not write it anywhere else. */
  body: string;
}

/** Hands a mail over for delivery. When it throws, the mail is tried again. */
export interface Mailer {
  send(mail: Mail, signal: AbortSignal): Promise<void>;
}

/**
 * Writes mail into the log of the worker, for an installation without a mail server. The tokens in it are then as
 * safe as the log.
 */
export function logMailer(log: Logger): Mailer {
  return {
    async send({ id, recipient, subject, body }) {
      log.info({ mail: id, recipient, subject, body }, 'mail, written here since no mail server is set up');
    },
  };
}
