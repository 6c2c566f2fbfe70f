import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transport } from './mailer.ts';
import { messageOf, type Sender } from './message.ts';

/** Where mail lies that nothing delivers. */
export const mailFolder = (dataDir: string): string => join(dataDir, 'mail');

/** Keeps mail as files for their owner's eyes, for an installation without a mail server: any mail program opens them. */
export function openMailFiles(folder: string, from: Sender): Transport {
  return {
    async send(mail) {
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({ streamTransport: true, buffer: true });
      const { message } = await transport.sendMail(messageOf(mail, from));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `${mail.id}.eml`);
      await writeFile(path, message as Buffer, { mode: 0o600 });
      // one that was there before keeps its mode
      await chmod(path, 0o600);
    },
    async close() {},
  };
}
