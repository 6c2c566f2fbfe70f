import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import { isSlackNotice, slackAuthor } from '../../../reading/slack/message.ts';
import type { EventItem, Metadata } from '../../items.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { readTime } from '../conversations/times.ts';
import {
  asArray,
  asObject,
  asSize,
  asString,
  clipped,
  countCleaned,
  isObject,
  type JsonObject,
  present,
  shortString,
} from '../json/values.ts';
import type { SlackChannel, SlackLists } from './lists.ts';

const STAMP = /^\d{1,12}(?:\.\d{1,9})?$/;
/** What opens every file of the workspace of Slack to whoever has it: an export puts it behind each address. */
const TOKEN = /([?&])t=xox[a-z]-[^&\s"'<>|]*/gi;
/** Where a message names somebody or something by an id. */
const MENTIONS = /<[@#]([A-Z0-9]+)|subteam\^([A-Z0-9]+)|"(?:user_id|channel_id|usergroup_id)":"([A-Z0-9]+)"/g;
const MOST_NAMES = 200;
const MOST_FILES = 100;

function withoutTokens(value: JsonObject): JsonObject {
  const text = JSON.stringify(value);
  const clean = text.replace(TOKEN, '$1');
  return clean === text ? value : asObject(JSON.parse(clean));
}

/** What the ids in a message stand for, so that it can be read without the lists of its export. */
function namesIn(payload: JsonObject, lists: SlackLists): Record<string, string> | null {
  const names: Record<string, string> = {};
  for (const [, ...ids] of JSON.stringify(payload).matchAll(MENTIONS)) {
    const id = ids.find((one) => one !== undefined)!;
    const name = lists.names.get(id);
    if (name !== undefined) names[id] = name;
    if (Object.keys(names).length >= MOST_NAMES) break;
  }
  return Object.keys(names).length === 0 ? null : names;
}

/** The files of a message, described as the attachments of other messages are: their bytes are not in an export. */
function filesOf(payload: JsonObject): Metadata[] {
  return asArray(payload.files)
    .map(asObject)
    .filter((file) => asString(file.name) !== null || asString(file.title) !== null)
    .slice(0, MOST_FILES)
    .map((file) =>
      present({
        external_id: shortString(file.id),
        name: clipped(asString(file.name) ?? asString(file.title)!, 200),
        mime_type: shortString(file.mimetype),
        size: asSize(file.size),
        bytes: 'missing',
      }),
    );
}

/** A message of an export as an event: its payload is what the export says, but for tokens. */
export function readMessage(
  parsed: unknown,
  place: string,
  lists: SlackLists,
  channel: SlackChannel,
  now: Date,
): EventItem | SkippedItem {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  if (!isObject(value)) return skipped(place, 'unsupported', 'not a message');
  const ts = asString(value.ts);
  const at = ts !== null && STAMP.test(ts) ? readTime(ts, now.getTime()) : null;
  if (ts === null || at === null)
    return skipped(place, 'unsupported', `no usable "ts": ${JSON.stringify(value.ts)}`);
  if (isSlackNotice(value)) return skipped(place, 'notice', String(value.subtype));
  const thread = asString(value.thread_ts);
  const author = lists.users.get(asString(value.user) ?? asString(value.bot_id) ?? '');
  const externalId = `${channel.id}:${ts}`;
  return {
    kind: 'event',
    source: `slack:${externalId}`,
    system: 'slack',
    eventType: shortString(value.type) ?? 'message',
    externalId,
    payload: withoutTokens(value),
    isPrivate: channel.kind !== 'public',
    metadata: present({
      importer: 'slack',
      channel_id: channel.id,
      channel: channel.name,
      channel_kind: channel.kind,
      user_name: author?.name ?? shortString(slackAuthor(value)),
      user_real_name: author?.realName === author?.name ? null : author?.realName,
      thread: thread !== null && STAMP.test(thread) && thread !== ts ? `${channel.id}:${thread}` : null,
      names: namesIn(value, lists),
      attachments: filesOf(value),
      occurred_at: new Date(at).toISOString(),
      cleaned: countCleaned(cleaned),
    }),
  };
}
