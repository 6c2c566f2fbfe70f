import { isUtf8 } from 'node:buffer';
import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { type Extraction, unreadable, type Warning } from './extraction.ts';
import { readHtml } from './html.ts';
import { readText } from './text.ts';
import { clipTitle } from './titles.ts';

const LIMITS = { maxNestingDepth: 30, maxHeadersSize: 1024 * 1024 };
/** One of these is in every mail. */
const NAMES = /^(?:from|to|cc|subject|date|message-id|received|return-path|delivered-to)$/i;
/** Most mails of one mailbox. */
const MAILS = 20_000;

function people(addresses: Address[] | undefined): string {
  return (addresses ?? [])
    .flatMap(({ name, address, group }) =>
      group
        ? `${name}: ${people(group as Address[])}`
        : name && address && name !== address
          ? `${name} <${address}>`
          : (address ?? name),
    )
    .filter(Boolean)
    .join(', ');
}

function attachmentLine({ filename, mimeType, content }: Attachment): string {
  const bytes = typeof content === 'string' ? content.length : content.byteLength;
  return `- ${filename?.replace(/\s+/g, ' ') || 'without a name'} (${mimeType}, ${bytes} bytes)`;
}

/** What people wrote: the plain text, else the page as text. */
function bodyOf({ text, html }: Email): string {
  const plain = text?.trim() ?? '';
  const body = plain !== '' ? plain : html ? (readHtml(html)?.text ?? '') : '';
  // a line of hyphens below another is a heading in markdown, and a signature here
  return body.replace(/\r\n?/g, '\n').replace(/\n(-{2,}|={2,})[ \t]*(?=\n|$)/g, '\n\n$1');
}

/** A mail as markdown: who wrote to whom and when, what was written, what was attached. */
function mailText(mail: Email): string {
  const attachments = mail.attachments.filter(({ related, filename }) => !related || filename);
  const about = [
    ['From', people(mail.from ? [mail.from] : [])],
    ['To', people(mail.to)],
    ['Cc', people(mail.cc)],
    ['Date', mail.date ?? ''],
  ].filter(([, value]) => value !== '');
  return [
    `# ${clipTitle(mail.subject ?? '') || 'Without a subject'}`,
    about.map(([name, value]) => `${name}: ${value}`).join('\n'),
    bodyOf(mail),
    attachments.length === 0 ? '' : `Attachments:\n${attachments.map(attachmentLine).join('\n')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const EMPTY = { codeLanguage: null, language: null, encoding: null, pages: [] };

async function parsed(bytes: Uint8Array): Promise<Email> {
  try {
    return await PostalMime.parse(bytes, LIMITS);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw unreadable('CQ322', `The mail is damaged: ${String(error).slice(0, 200)}`, error);
  }
}

const unknownIn = ({ subject = '', text = '', html = '' }: Email) =>
  `${subject}${text}${html}`.split('\ufffd').length - 1;

/** Old mails say nothing of their encoding: then it is what their bytes look like. */
async function parse(bytes: Uint8Array): Promise<Email> {
  const mail = await parsed(bytes);
  if (unknownIn(mail) === 0 || isUtf8(bytes)) return mail;
  const read = readText(bytes);
  if ('notText' in read) return mail;
  const again = await parsed(Buffer.from(read.text));
  return unknownIn(again) < unknownIn(mail) ? again : mail;
}

function attachmentWarning(count: number): Warning[] {
  return count === 0
    ? []
    : [{ kind: 'left_out', message: `${count} attachments are named, and their contents left out` }];
}

/** @throws ColloquyError CQ322 for what is no mail */
export async function readMail(bytes: Buffer): Promise<Extraction> {
  const mail = await parse(bytes);
  if (!mail.headers.some(({ key }) => NAMES.test(key)))
    throw unreadable('CQ322', 'The file does not begin as a mail does');
  return {
    ...EMPTY,
    text: mailText(mail),
    contentType: 'markdown',
    title: mail.subject ? clipTitle(mail.subject) : null,
    warnings: attachmentWarning(mail.attachments.length),
  };
}

/** A page that a browser saved with all its parts in one file. */
export async function readMhtml(bytes: Buffer): Promise<Extraction> {
  const mail = await parse(bytes);
  const page = readHtml(mail.html ?? '');
  if (!page) throw unreadable('CQ322', 'The page is nested too deeply');
  return {
    ...EMPTY,
    text: page.text || (mail.text ?? ''),
    contentType: 'markdown',
    title: page.title ?? (mail.subject ? clipTitle(mail.subject) : null),
    warnings: [],
  };
}

/** Where each mail of a mailbox begins and ends: behind a line that begins with "From ", at the top or below an empty one. */
function* mailsOf(bytes: Buffer): Generator<Buffer> {
  const text = bytes.toString('latin1');
  const begin = /(?:^|\r?\n\r?\n)(From \S[^\n]{0,300}\d{4}[^\n]{0,40}\r?\n)/g;
  let from: number | null = null;
  for (let found = begin.exec(text); found !== null; found = begin.exec(text)) {
    if (from !== null) yield bytes.subarray(from, found.index);
    from = begin.lastIndex;
    // the empty line before the next one may end this one
    begin.lastIndex -= 1;
  }
  if (from !== null) yield bytes.subarray(from);
}

/** @throws ColloquyError CQ322 for what is no mailbox, CQ323 for one of too many mails */
export async function readMailbox(bytes: Buffer): Promise<Extraction> {
  const mails: string[] = [];
  let attachments = 0;
  for (const part of mailsOf(bytes)) {
    if (mails.length >= MAILS) throw unreadable('CQ323', `The mailbox has more than ${MAILS} mails`);
    // what such a line is written as inside of a mail
    const mail = await parse(Buffer.from(part.toString('latin1').replace(/^>(>*From )/gm, '$1'), 'latin1'));
    attachments += mail.attachments.length;
    mails.push(mailText(mail));
  }
  if (mails.length === 0) throw unreadable('CQ322', 'The file does not begin as a mailbox does');
  return {
    ...EMPTY,
    text: mails.join('\n\n'),
    contentType: 'markdown',
    title: null,
    warnings: attachmentWarning(attachments),
  };
}
