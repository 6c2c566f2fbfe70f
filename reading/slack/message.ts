import { readAttachment } from './attachments.ts';
import { readBlocks } from './blocks.ts';
import { readMrkdwn, type SlackNames } from './entities.ts';
import { partsOnce, saidOnce } from './once.ts';
import { isObject, type Json, lines, objects, words } from './values.ts';

/** What Slack notes in a channel by itself: nobody wrote it. A topic or a purpose that was set is none of these. */
const NOTICES = new Set([
  'bot_add',
  'bot_disable',
  'bot_enable',
  'bot_remove',
  'channel_archive',
  'channel_convert_to_private',
  'channel_convert_to_public',
  'channel_join',
  'channel_leave',
  'channel_name',
  'channel_posting_permissions',
  'channel_unarchive',
  'ekm_access_denied',
  'group_archive',
  'group_join',
  'group_leave',
  'group_name',
  'group_unarchive',
  'joiner_notification',
  'joiner_notification_for_inviter',
  'message_deleted',
  'pinned_item',
  'reminder_add',
  'tombstone',
  'unpinned_item',
]);

/** Joins, leaves, deleted messages and the like. */
export function isSlackNotice(message: Json): boolean {
  return typeof message.subtype === 'string' && NOTICES.has(message.subtype);
}

/** Whether an object is a message of Slack, from an export or from its API. */
export function isSlackMessage(value: unknown): value is Json {
  return (
    isObject(value) &&
    /^\d{1,12}\.\d{1,9}$/.test(words(value.ts)) &&
    (value.type === undefined || value.type === 'message' || value.type === 'app_mention')
  );
}

function fileText(file: Json): string {
  const [title, name] = [words(file.title), words(file.name)];
  const called = title && name && title !== name ? `${title} (${name})` : title || name;
  const shown = lines(words(file.plain_text) || words(file.preview), words(file.initial_comment));
  return called && lines(`[file: ${called}]`, shown);
}

/** What a message says, each thing once: its text, its blocks, its attachments and the names of its files. */
export function readSlackText(message: Json, names: SlackNames): string {
  if (isSlackNotice(message)) return '';
  const text = readMrkdwn(typeof message.text === 'string' ? message.text : '', names).trim();
  const own = saidOnce(readBlocks(message.blocks, names), text);
  // a fallback of an attachment is often the text of the message once more
  const attached = objects(message.attachments).map((attachment) => readAttachment(attachment, names));
  return lines(...partsOnce([own, ...attached, ...objects(message.files).map(fileText)]));
}

/** Who wrote a message, as far as it says so itself. */
export function slackAuthor(message: Json): string | null {
  const profile = isObject(message.user_profile) ? message.user_profile : {};
  const bot = isObject(message.bot_profile) ? message.bot_profile : {};
  const names = [profile.display_name, profile.real_name, profile.name, message.username, bot.name];
  return names.map(words).find((name) => name !== '') ?? null;
}

/** When it was written: its time stamp is its identity as well. */
export function slackTime(message: Json): Date | null {
  const at = new Date(Number(words(message.ts)) * 1000);
  return Number.isNaN(at.getTime()) ? null : at;
}
