import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readHead } from '../../files/read-part.ts';
import type { EventItem } from '../../items.ts';
import { limits, type ReadSettings } from '../../options.ts';
import type { SkippedItem } from '../../skipped.ts';
import { readJsonArray } from '../json/read-array.ts';
import { readLists, type SlackChannel, type SlackLists } from './lists.ts';
import { readMessage } from './message.ts';

/** What else lies at the top of an export. */
const EXTRAS =
  /^(?:channels|groups|mpims|dms|users|user_?groups|integration_logs|canvases|huddle_transcripts|lists|file_conversations|org_users)\.json$/;
const DAY = /^\d{4}-\d{2}-\d{2}\.json$/;
/** The comments on a canvas: `FC:<id of the canvas>:<its title>`. */
const CANVAS_FOLDER = /^FC[:_-](F[A-Z0-9]+)(?:[:_-](.*))?$/;
/** Folders that are looked into for a day of Slack. */
const FOLDERS_LOOKED_AT = 50;

export type SlackExport = SlackLists;

/** A file that is one of a channel's days; its export is two folders up. */
export function isSlackDay(absolute: string): boolean {
  return DAY.test(basename(absolute));
}

/** Whether a file at the top of an export is none of its days. */
export function isSlackExtra(name: string): boolean {
  return EXTRAS.test(name);
}

/** Whether a file begins like a list of Slack's messages. */
async function beginsLikeMessages(file: string): Promise<boolean> {
  const head = (await readHead(file)).toString('utf8');
  return (
    /^\ufeff?\s*\[\s*\{/.test(head) &&
    /"ts"\s*:\s*"\d{9,10}\.\d{6}"/.test(head) &&
    /"type"\s*:\s*"message"/.test(head)
  );
}

/** Whether a folder below this one holds a day of Slack. */
async function hasSlackDay(folder: string): Promise<boolean> {
  try {
    const below = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    for (const { name } of below.slice(0, FOLDERS_LOOKED_AT)) {
      const day = (await readdir(join(folder, name))).find((file) => DAY.test(file));
      if (day !== undefined) return await beginsLikeMessages(join(folder, name, day));
    }
  } catch {
    // what cannot be read is reported where it is read
  }
  return false;
}

/**
 * Looks whether a folder is a Slack export: it lists its users and its channels or, where one of these lists is missing, its days are
 * those of Slack.
 * @param label the folder as a person would call it, '' or ending in '/'
 * @param day one of its days, where one is known
 */
export async function readSlackExport(
  folder: string,
  label: string,
  day?: string,
): Promise<SlackExport | null> {
  const lists = await readLists(folder, label);
  const isListed = lists.hasUsers && (lists.channels.size > 0 || lists.problems.length > 0);
  if (isListed || (day === undefined ? await hasSlackDay(folder) : await beginsLikeMessages(day)))
    return lists;
  // A list of something else altogether.
  return null;
}

/** The channel of a folder. One that no list names has nothing but its folder's name, and is shared with nobody. */
function channelOf(folder: string, slack: SlackExport): SlackChannel {
  const known = slack.channels.get(folder);
  if (known !== undefined) return known;
  const [, canvas, title] = CANVAS_FOLDER.exec(folder) ?? [];
  if (canvas !== undefined)
    return { id: canvas, name: slack.names.get(canvas) ?? (title || canvas), kind: 'canvas' };
  return { id: folder, name: folder, kind: 'unlisted' };
}

/** One day of one channel, message by message. */
export async function* readSlackDay(
  file: { absolute: string; label: string },
  slack: SlackExport,
  settings: ReadSettings,
): AsyncGenerator<EventItem | SkippedItem> {
  const channel = channelOf(basename(dirname(file.absolute)), slack);
  const list = { ...file, noun: 'messages', limit: limits.eventBytes, onBytes: settings.onBytes };
  yield* readJsonArray(list, (value, place) => readMessage(value, place, slack, channel, settings.now));
}
