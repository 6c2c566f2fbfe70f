import type { SendMailOptions } from 'nodemailer';
import { type Mail, MailError } from './mailer.ts';

export interface Sender {
  name: string;
  address: string;
}

/** What would end a header or an address. */
const BREAKS = /[\p{Cc}<>\s,;"]/u;

/**
 * The message as the library takes it. Addresses are given in parts, never as text to be parsed, and the envelope apart. The
 * Message-ID is that of the outbox, so a mail that was sent twice can be told.
 */
export function messageOf(mail: Mail, from: Sender): SendMailOptions {
  if (BREAKS.test(mail.recipient) || !mail.recipient.includes('@')) {
    throw new MailError('refused', 'The address of the recipient cannot be used');
  }
  return {
    from: { name: from.name, address: from.address },
    to: { name: '', address: mail.recipient },
    envelope: { from: from.address, to: [mail.recipient] },
    messageId: `<${mail.id}@${from.address.split('@').at(-1)}>`,
    subject: mail.subject.replace(/\p{Cc}+/gu, ' '),
    text: mail.text,
    html: mail.html,
    // no answers from machines that are on holiday
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}
