import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Delivered {
  from: string;
  to: string[];
  /** The message as it came over the wire. */
  source: string;
  user: unknown;
  isTls: boolean;
}

/** What the server says instead of accepting, with its code; hang: nothing at all. */
export type SmtpFault = { at: 'rcpt' | 'data'; code: number; message: string } | 'hang';

export interface FakeSmtp {
  port: number;
  /** As MAIL_URL. */
  url: string;
  delivered: Delivered[];
  /** Of the recipients that it holds. */
  faults: Map<string, SmtpFault>;
  password: string;
  /** Called with each message before it is accepted. */
  accepting: (mail: Delivered) => Promise<void>;
  close(): Promise<void>;
}

const refusal = ({ code, message }: { code: number; message: string }) =>
  Object.assign(new Error(message), { responseCode: code });

/** A real SMTP server on this machine. */
export async function startFakeSmtp(options: SMTPServerOptions = {}): Promise<FakeSmtp> {
  const fake: FakeSmtp = {
    port: 0,
    url: '',
    delivered: [],
    faults: new Map(),
    password: 'p%ss/w@rd-of-mail',
    accepting: async () => {},
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    closeTimeout: 100,
    ...options,
    onAuth({ username, password }, _session, callback) {
      if (username === 'robot' && password === fake.password) callback(null, { user: username });
      else callback(refusal({ code: 535, message: `wrong password for ${username}` }));
    },
    onRcptTo({ address }, _session, callback) {
      const fault = fake.faults.get(address);
      if (fault === 'hang') return;
      callback(fault?.at === 'rcpt' ? refusal(fault) : null);
    },
    onData(stream, session, callback) {
      const parts: Buffer[] = [];
      stream.on('data', (part) => parts.push(part));
      stream.on('end', async () => {
        const { mailFrom, rcptTo } = session.envelope;
        const to = rcptTo.map(({ address }) => address);
        const mail: Delivered = {
          from: mailFrom ? mailFrom.address : '',
          to,
          source: Buffer.concat(parts).toString('utf8'),
          user: session.user,
          isTls: session.secure,
        };
        const fault = to.map((address) => fake.faults.get(address)).find((one) => one !== undefined);
        if (fault && fault !== 'hang') return callback(refusal(fault));
        fake.delivered.push(mail);
        await fake.accepting(mail);
        callback(null);
      });
    },
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  fake.port = (server.server.address() as AddressInfo).port;
  fake.url = `smtp://127.0.0.1:${fake.port}`;
  return fake;
}
