/** A mail as the outbox has it: what it is, and what its words speak of. */
export interface OutboxMail {
  id: string;
  kind: string;
  recipient: string;
  subject: string | null;
  body: string | null;
  data: Record<string, unknown> | null;
}

/** A mail with its words. */
export interface Mail {
  /** Of the outbox, the same at each attempt. */
  id: string;
  kind: string;
  recipient: string;
  subject: string;
  /** It may hold a token: a mailer that hands it over must not write it anywhere else. */
  text: string;
  html: string;
}

/** Hands a mail over for delivery. */
export interface Transport {
  /** @throws MailError; whatever else it throws counts as `deferred` */
  send(mail: Mail): Promise<void>;
  close(): Promise<void>;
}

/** A transport with the words of the installation. */
export interface Mailer extends Transport {
  render(mail: OutboxMail): Mail;
}

/**
 * What a failure says about the next attempt: `refused` for good, `deferred` this one mail for a while, `unavailable` all of
 * them, since the server cannot be used.
 */
export type MailFailure = 'refused' | 'deferred' | 'unavailable';

export class MailError extends Error {
  readonly failure: MailFailure;

  constructor(failure: MailFailure, message: string) {
    super(message);
    this.name = 'MailError';
    this.failure = failure;
  }
}
