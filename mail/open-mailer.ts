import type { MailSettings } from '../lib/mail-settings.ts';
import { mailFolder, openMailFiles } from './files.ts';
import type { Mailer, Transport } from './mailer.ts';
import { openSmtp } from './smtp.ts';
import { render } from './templates.ts';
import { openWebhook } from './webhook.ts';

/** How an installation calls itself whose MAIL_FROM has no name. */
const PRODUCT = 'Colloquy';

export interface Place {
  dataDir: string;
  /** Whether the database is a server in production: then a folder of this machine is no place for anybody's mail. */
  isProductionServer: boolean;
}

function openTransport(settings: MailSettings, { dataDir, isProductionServer }: Place): Transport | null {
  const { url, from, webhookSecret } = settings;
  if (url?.startsWith('smtp')) return openSmtp(url, from!);
  if (url !== undefined) return openWebhook(url, webhookSecret!);
  if (isProductionServer) return null;
  return openMailFiles(mailFolder(dataDir), from ?? { name: PRODUCT, address: 'colloquy@localhost' });
}

/** The mailer that the settings name, files in the data folder without any, or null where mail needs a server and has none. */
export function openMailer(settings: MailSettings, place: Place): Mailer | null {
  const transport = openTransport(settings, place);
  const words = { product: settings.from?.name || PRODUCT, links: settings.links };
  return transport && { ...transport, render: (mail) => render(mail, words) };
}
