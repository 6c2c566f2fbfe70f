import type { MailLinks } from '../lib/mail-settings.ts';
import type { Mail, OutboxMail } from './mailer.ts';

export interface Words {
  /** How the installation calls itself in mails. */
  product: string;
  links: MailLinks;
}

/** Longest name that goes into a mail. */
const LONGEST_NAME = 60;

/** What mail programs make a link of, also with a dot of another script; and whatever begins like one. */
const LINK_LIKE = /:\/\/|@|\bwww\b|[\p{L}\p{N}-][.。．｡][\p{L}\p{N}]/iu;

/**
 * A name that a stranger chose, fit for a mail of ours: one short line without anything to click. Undefined when nothing of it may
 * be shown.
 */
export function plainName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const line = value
    .normalize('NFKC')
    .replace(/[\s\p{Z}]+/gu, ' ')
    .replace(/\p{C}+/gu, '')
    .replaceAll('"', "'")
    .trim();
  if (line === '' || LINK_LIKE.test(line)) return undefined;
  const characters = [...line];
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME).join('')}…` : line;
}

const ROLES = new Set(['owner', 'admin', 'member', 'viewer']);

type Line = string | { label: string; link: string };
interface Draft {
  subject: string;
  lines: Line[];
}

/** The link with the token, or the token alone where nothing says where the client's pages are. */
function action(label: string, pattern: string | undefined, token: unknown): Line {
  if (typeof token !== 'string') throw new Error('The mail has no token');
  if (pattern === undefined) return `Token: ${token}`;
  return { label, link: pattern.replace('{token}', encodeURIComponent(token)) };
}

/** The words of each kind. Other languages would be further tables like this one. */
const KINDS: Record<string, (data: Record<string, unknown>, words: Words) => Draft> = {
  password_reset: (data, { product, links }) => ({
    subject: `A new password for ${product}`,
    lines: [
      'Somebody, probably you, asked for a new password.',
      action('Choose it here', links.password_reset, data.token),
      `It works once, for ${data.minutes} minutes. If it was not you, do nothing.`,
    ],
  }),
  verification: (data, { product, links }) => ({
    subject: `Your address at ${product}`,
    lines: [
      'Please confirm that this is your address.',
      action('Confirm it here', links.verification, data.token),
      `It works once, for ${data.hours} hours.`,
    ],
  }),
  new_address: (data, { product, links }) => ({
    subject: `Your new address at ${product}`,
    lines: [
      'Somebody, probably you, wants to use this address for an account.',
      action('Confirm it here, signed in to that account', links.new_address, data.token),
      `It works once, for ${data.hours} hours. Until then, the account keeps its old address. If it was not you, do nothing.`,
    ],
  }),
  already_registered: (_, { product }) => ({
    subject: `Your account at ${product}`,
    lines: [
      'Somebody, probably you, wanted to register with this address, which has an account already.',
      'Sign in, or ask for a new password. If it was not you, do nothing: nothing has changed.',
    ],
  }),
  invitation: (data, { product, links }) => {
    const [workspace, inviter] = [plainName(data.workspace), plainName(data.inviter)];
    const place = workspace === undefined ? 'a workspace' : `the workspace "${workspace}"`;
    const role = ROLES.has(String(data.role)) ? ` as ${data.role}` : '';
    return {
      subject: `An invitation to ${product}`,
      lines: [
        inviter === undefined
          ? `You are invited to join ${place}${role}.`
          : `"${inviter}" invites you to join ${place}${role}.`,
        action('Accept it here', links.invitation, data.token),
        `Sign in or register with this address, then accept. It works for ${data.days} days. If you do not know what this is about, do nothing.`,
      ],
    };
  },
};

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const asText = (line: Line): string => (typeof line === 'string' ? line : `${line.label}:\n${line.link}`);

const asHtml = (line: Line): string =>
  typeof line === 'string'
    ? `<p>${escapeHtml(line).replaceAll('\n', '<br>')}</p>`
    : `<p><a href="${escapeHtml(line.link)}">${escapeHtml(line.label)}</a></p>`;

/** Gives a mail of the outbox its words. */
export function render(mail: OutboxMail, words: Words): Mail {
  const { id, kind, recipient, subject, body, data } = mail;
  const template = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  // a notice, and what an older version left, has words of its own
  const draft = template
    ? template(data ?? {}, words)
    : { subject: subject ?? `A message from ${words.product}`, lines: [body ?? ''] };
  return {
    id,
    kind,
    recipient,
    subject: draft.subject,
    text: `${draft.lines.map(asText).join('\n\n')}\n`,
    html: `<!doctype html><html><body>${draft.lines.map(asHtml).join('')}</body></html>`,
  };
}
