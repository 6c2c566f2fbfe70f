import { z } from 'zod';

/** Hosts to which mail and its password may go without encryption. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host);

/** What an SMTP address may say about encryption: smtp://…?starttls=never. */
const STARTTLS = ['required', 'never'];

function problemOfUrl(value: string): string | undefined {
  if (!URL.canParse(value)) return 'is no address';
  const { protocol, hostname, password, searchParams } = new URL(value);
  if (hostname === '') return 'names no host';
  if (protocol === 'smtp:' || protocol === 'smtps:') {
    const starttls = searchParams.get('starttls');
    return starttls === null || STARTTLS.includes(starttls)
      ? undefined
      : 'has a starttls that is neither required nor never';
  }
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)))
    return password === '' ? undefined : 'must hold no password: MAIL_WEBHOOK_SECRET signs what is sent';
  return 'must begin with smtp://, smtps:// or https:// (http:// only for this machine)';
}

const urlOfMail = z.string().superRefine((value, context) => {
  const problem = problemOfUrl(value);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

const SENDER = /^(?:([^<>"\r\n]{1,100}?) *)?<?([^\s<>"@]+@[^\s<>"@]+)>?$/;

/** `Name <address>`, or the address alone. */
const sender = z
  .string()
  .trim()
  .max(350)
  .regex(SENDER, 'must be an address, or: Name <address>')
  .transform((value) => {
    const [, name, address] = SENDER.exec(value)!;
    return { name: name ?? '', address: address! };
  });

const publicUrl = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
    error: 'must begin with https:// or http://',
  })
  .transform((value) => value.replace(/\/+$/, ''));

/** A path below PUBLIC_URL or a whole address, with {token} where the token goes. */
const link = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .refine((value) => /^(https?:\/\/|\/)/.test(value), { error: 'must begin with / or https://' })
    .refine((value) => value.split('{token}').length === 2, { error: 'must hold {token} once' });

export const mailFields = {
  url: urlOfMail.optional(),
  from: sender.optional(),
  webhookSecret: z.string().min(16).max(500).optional(),
  publicUrl: publicUrl.optional(),
  // behind #, a token reaches the page's script and neither a server's log nor another site
  linkReset: link('/reset#token={token}'),
  linkVerify: link('/verify#token={token}'),
  linkInvitation: link('/invitation#token={token}'),
  linkAddress: link('/address#token={token}'),
};

interface MailVariables {
  MAIL_URL?: string | undefined;
  MAIL_FROM?: { name: string; address: string } | undefined;
  MAIL_WEBHOOK_SECRET?: string | undefined;
  PUBLIC_URL?: string | undefined;
  MAIL_LINK_RESET: string;
  MAIL_LINK_VERIFY: string;
  MAIL_LINK_INVITATION: string;
  MAIL_LINK_ADDRESS: string;
}

/** The variable that the others make necessary, if it is missing. */
export function missingMailVariable(values: MailVariables): { name: string; message: string } | undefined {
  const isWebhook = values.MAIL_URL?.startsWith('http');
  if (isWebhook && !values.MAIL_WEBHOOK_SECRET) {
    return { name: 'MAIL_WEBHOOK_SECRET', message: 'is missing, and MAIL_URL is a webhook' };
  }
  if (values.MAIL_URL && !isWebhook && !values.MAIL_FROM) {
    return { name: 'MAIL_FROM', message: 'is missing, and MAIL_URL is set' };
  }
  const defaults = {
    MAIL_LINK_RESET: mailFields.linkReset,
    MAIL_LINK_VERIFY: mailFields.linkVerify,
    MAIL_LINK_INVITATION: mailFields.linkInvitation,
    MAIL_LINK_ADDRESS: mailFields.linkAddress,
  };
  const relative = (Object.keys(defaults) as (keyof typeof defaults)[]).find(
    (name) => values[name].startsWith('/') && values[name] !== defaults[name].parse(undefined),
  );
  if (relative && !values.PUBLIC_URL) {
    return { name: 'PUBLIC_URL', message: `is missing, and ${relative} is a path` };
  }
  return undefined;
}

/** Whole addresses with {token}, by kind of mail; undefined where nothing says where the client's pages are. */
export interface MailLinks {
  password_reset: string | undefined;
  verification: string | undefined;
  invitation: string | undefined;
  new_address: string | undefined;
}

export interface MailSettings {
  url: string | undefined;
  from: { name: string; address: string } | undefined;
  webhookSecret: string | undefined;
  links: MailLinks;
}

export function mailSettings(values: MailVariables): MailSettings {
  const { PUBLIC_URL: base } = values;
  const whole = (pattern: string): string | undefined =>
    pattern.startsWith('/') ? base && `${base}${pattern}` : pattern;
  return {
    url: values.MAIL_URL,
    from: values.MAIL_FROM,
    webhookSecret: values.MAIL_WEBHOOK_SECRET,
    links: {
      password_reset: whole(values.MAIL_LINK_RESET),
      verification: whole(values.MAIL_LINK_VERIFY),
      invitation: whole(values.MAIL_LINK_INVITATION),
      new_address: whole(values.MAIL_LINK_ADDRESS),
    },
  };
}
