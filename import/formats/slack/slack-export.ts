import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../../lib/errors.ts';
import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { EventItem } from '../../items.ts';
import { limits, type ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { readTime } from '../conversations/times.ts';
import { readJsonArray } from '../json/read-array.ts';
import { asArray, asObject, asString, countCleaned, isObject, present, shortString } from '../json/values.ts';

/** The lists of what an export's folders are: public and private channels, conversations of several and of two. */
const LISTS = ['channels.json', 'groups.json', 'mpims.json', 'dms.json'];

/** What else lies at the top of an export. */
const EXTRAS =
  /^(?:channels|groups|mpims|dms|users|integration_logs|canvases|huddle_transcripts|lists|file_conversations|org_users)\.json$/;

export interface SlackExport {
  problems: SkippedItem[];
  /** Folder name to channel: folders are called by the channel's name, direct messages by their id. */
  channels: Map<string, { id: string; name: string }>;
  users: Map<string, string>;
}

/** A file that is one of a channel's days; its export is two folders up. */
export function isSlackDay(absolute: string): boolean {
  return /^\d{4}-\d{2}-\d{2}\.json$/.test(basename(absolute));
}

/** Whether a file at the top of an export holds nothing to import. */
export function isSlackExtra(name: string): boolean {
  return EXTRAS.test(name);
}

async function readJson(
  folder: string,
  name: string,
  label: string,
): Promise<unknown[] | SkippedItem | null> {
  try {
    const parsed: unknown = JSON.parse(await readFile(join(folder, name), 'utf8'));
    return Array.isArray(parsed) ? parsed : skipped(`${label}${name}`, 'broken_json', 'not a list');
  } catch (error) {
    if (error instanceof SyntaxError) return skipped(`${label}${name}`, 'broken_json', error.message);
    const code = errorCode(error);
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : skipped(`${label}${name}`, 'unreadable', code);
  }
}

/**
 * Looks whether a folder is a Slack export: it lists its users and its channels.
 * @param label the folder as a person would call it, '' or ending in '/'
 */
export async function readSlackExport(folder: string, label: string): Promise<SlackExport | null> {
  const users = await readJson(folder, 'users.json', label);
  const lists = await Promise.all(LISTS.map((name) => readJson(folder, name, label)));
  if (users === null || lists.every((list) => list === null)) return null;
  const found: SlackExport = { problems: [], channels: new Map(), users: new Map() };
  for (const list of [users, ...lists]) if (list !== null && 'kind' in list) found.problems.push(list);
  const cleaned = (list: unknown[] | SkippedItem | null): unknown[] =>
    Array.isArray(list) ? asArray(cleanJson(list)) : [];
  for (const item of lists.flatMap(cleaned)) {
    const id = shortString(asObject(item).id);
    const name = shortString(asObject(item).name) ?? id;
    if (id === null || name === null) continue;
    found.channels.set(name, { id, name });
    if (!found.channels.has(id)) found.channels.set(id, { id, name });
  }
  for (const item of cleaned(users)) {
    const { id, name, real_name, profile } = asObject(item);
    const called = shortString(asObject(profile).display_name) ?? shortString(real_name) ?? shortString(name);
    if (typeof id === 'string' && called !== null) found.users.set(id, called);
  }
  // A list of something else altogether.
  return found.channels.size === 0 && found.problems.length === 0 ? null : found;
}

function readMessage(
  parsed: unknown,
  place: string,
  slack: SlackExport,
  channel: { id: string; name: string },
  now: Date,
): EventItem | SkippedItem {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  if (!isObject(value)) return skipped(place, 'unsupported', 'not a message');
  const ts = asString(value.ts);
  const at = ts !== null && /^\d{1,12}(?:\.\d{1,9})?$/.test(ts) ? readTime(ts, now.getTime()) : null;
  if (ts === null || at === null)
    return skipped(place, 'unsupported', `no usable "ts": ${JSON.stringify(value.ts)}`);
  const externalId = `${channel.id}:${ts}`;
  return {
    kind: 'event',
    source: `slack:${externalId}`,
    system: 'slack',
    eventType: shortString(value.type) ?? 'message',
    externalId,
    payload: value,
    metadata: present({
      importer: 'slack',
      channel_id: channel.id,
      channel: channel.name,
      user_name: slack.users.get(asString(value.user) ?? ''),
      occurred_at: new Date(at).toISOString(),
      cleaned: countCleaned(cleaned),
    }),
  };
}

/** One day of one channel, message by message. */
export async function* readSlackDay(
  file: { absolute: string; label: string },
  slack: SlackExport,
  settings: ReadSettings,
): AsyncGenerator<EventItem | SkippedItem> {
  const folder = basename(dirname(file.absolute));
  const channel = slack.channels.get(folder);
  if (channel === undefined) {
    yield skipped(file.label, 'unknown_channel', `"${folder}" is in none of ${LISTS.join(', ')}`);
    return;
  }
  const list = { ...file, noun: 'messages', limit: limits.eventBytes, onBytes: settings.onBytes };
  yield* readJsonArray(list, (value, place) => readMessage(value, place, slack, channel, settings.now));
}
