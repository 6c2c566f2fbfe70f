import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { EventItem } from '../../items.ts';
import { limits, type ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { readTime } from '../conversations/times.ts';
import type { Format, OpenedFile } from '../format.ts';
import { readJsonArray } from '../json/read-array.ts';
import { asObject, asString, countCleaned, isObject, present, shortString } from '../json/values.ts';

interface Channel {
  id: string;
  name: string | null;
  guild: string | null;
}

/** What a person wrote; everything else is a notice of Discord's own. */
const WRITTEN = new Set(['Default', 'Reply', 'ThreadStarterMessage', '0', '19']);

function eventOf(parsed: unknown, place: string, channel: Channel, now: Date): EventItem | SkippedItem {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  if (!isObject(value)) return skipped(place, 'unsupported', 'not a message');
  const id = asString(value.id);
  const at = readTime(value.timestamp, now.getTime());
  if (id === null || at === null)
    return skipped(place, 'unsupported', 'a message without an id or a usable time');
  const type = asString(value.type) ?? 'Default';
  if (!WRITTEN.has(type)) return skipped(place, 'empty', `a notice of Discord's own: ${type}`);
  const author = asObject(value.author);
  const externalId = `${channel.id}:${id}`;
  return {
    kind: 'event',
    source: `discord:${externalId}`,
    system: 'discord',
    eventType: 'message',
    externalId,
    payload: value,
    metadata: present({
      importer: 'discord',
      channel_id: channel.id,
      channel: channel.name,
      guild: channel.guild,
      user_name: shortString(author.nickname) ?? shortString(author.name),
      occurred_at: new Date(at).toISOString(),
      cleaned: countCleaned(cleaned),
    }),
  };
}

/** Where the messages begin, behind what the file says of their channel. */
const MESSAGES = /^[\s\S]*?"messages"\s*:\s*\[/;

async function* readChannel(
  { absolute, label }: OpenedFile,
  channel: Channel,
  settings: ReadSettings,
): AsyncGenerator<EventItem | SkippedItem> {
  const list = {
    absolute,
    label,
    noun: 'messages',
    limit: limits.eventBytes,
    onBytes: settings.onBytes,
    within: MESSAGES,
  };
  yield* readJsonArray(list, (value, place) => eventOf(value, place, channel, settings.now));
}

/** A channel that DiscordChatExporter wrote as JSON. */
export const discord: Format = (file, settings) => {
  const head = MESSAGES.exec(file.beginning)?.[0];
  if (head === undefined || !/^\s*\{\s*"guild"\s*:/.test(head)) return null;
  try {
    const { guild, channel } = JSON.parse(`${head}]}`);
    const id = asString(asObject(channel).id);
    if (id === null) return null;
    const names = { id, name: shortString(asObject(channel).name), guild: shortString(asObject(guild).name) };
    return readChannel(file, names, settings);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
};
