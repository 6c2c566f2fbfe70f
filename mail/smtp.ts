import { createRequire } from 'node:module';
import { inOneLine } from '../lib/in-one-line.ts';
import { isLoopback } from '../lib/mail-settings.ts';
import { MailError, type Transport } from './mailer.ts';
import { messageOf, type Sender } from './message.ts';

const load = createRequire(import.meta.url);

export interface SmtpOptions {
  /** Milliseconds to connect and be greeted, of silence, and for a mail as a whole: below the minute for which it is taken. */
  connect?: number;
  silence?: number;
  whole?: number;
}

/** Commands whose refusal is about the mail. That of any other is about the account, the settings or the server. */
const ABOUT_THE_MAIL = new Set(['RCPT TO', 'DATA']);

/** Puts what the library threw into our terms. The server's own words are kept, since they say what to do. */
function failureOf(error: unknown, secrets: readonly (string | undefined)[]): MailError {
  const { message, response, responseCode, command, code } = error as {
    message: string;
    response?: string;
    responseCode?: number;
    command?: string;
    code?: string;
  };
  const said = inOneLine(response ?? message, secrets);
  if (responseCode !== undefined && command !== undefined && ABOUT_THE_MAIL.has(command)) {
    return new MailError(
      responseCode >= 500 ? 'refused' : 'deferred',
      `The mail server refused it (${command}): ${said}`,
    );
  }
  if (responseCode !== undefined && code === 'EMESSAGE') {
    return new MailError(responseCode >= 500 ? 'refused' : 'deferred', `The mail server refused it: ${said}`);
  }
  // no address of the mail that SMTP could carry
  if (responseCode === undefined && code === 'EENVELOPE') return new MailError('refused', said);
  return new MailError('unavailable', `The mail server cannot be used (${code ?? 'unknown'}): ${said}`);
}

/**
 * Delivers by SMTP. Certificates are verified, and STARTTLS is required unless the server is on this machine or the address says
 * starttls=never.
 */
export function openSmtp(
  address: string,
  from: Sender,
  { connect = 10_000, silence = 20_000, whole = 45_000 }: SmtpOptions = {},
): Transport {
  const url = new URL(address);
  const isTls = url.protocol === 'smtps:';
  const starttls = url.searchParams.get('starttls') ?? (isLoopback(url.hostname) ? 'optional' : 'required');
  const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  // here, since most processes and installations send none
  const { createTransport } = load('nodemailer') as typeof import('nodemailer');
  const open = () =>
    createTransport({
      pool: true,
      maxConnections: 2,
      // what a broken connection leaves is tried again by the outbox
      maxRequeues: 0,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (isTls ? 465 : 587) : Number(url.port),
      secure: isTls,
      requireTLS: starttls === 'required',
      ignoreTLS: starttls !== 'required',
      connectionTimeout: connect,
      greetingTimeout: connect,
      dnsTimeout: connect,
      socketTimeout: silence,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(user === '' ? {} : { auth: { user, pass } }),
    });
  let transport = open();
  return {
    async send(mail) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          // nothing else ends a server that sends a byte from time to time
          transport.close();
          transport = open();
          reject(
            new MailError('unavailable', `The mail server took longer than ${whole / 1000} seconds for it`),
          );
        }, whole);
      });
      try {
        await Promise.race([transport.sendMail(messageOf(mail, from)), late]);
      } catch (error) {
        throw error instanceof MailError ? error : failureOf(error, [pass, url.password, mail.text]);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      transport.close();
    },
  };
}
