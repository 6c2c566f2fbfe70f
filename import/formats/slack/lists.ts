import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../../lib/errors.ts';
import { cleanJson } from '../../../lib/storable.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { asArray, asObject, type JsonObject, shortString } from '../json/values.ts';

/** Public ones are read by the whole workspace of Slack; the others by their members, those of canvases by who knows whom. */
type ChannelKind = 'public' | 'private' | 'group' | 'direct' | 'canvas' | 'unlisted';

export interface SlackChannel {
  id: string;
  /** Of direct messages who talks, since they have no name. */
  name: string;
  kind: ChannelKind;
}

export interface SlackUser {
  name: string;
  realName: string | null;
}

export interface SlackLists {
  problems: SkippedItem[];
  /** Folder name to channel: folders are called by the channel's name, direct messages by their id. */
  channels: Map<string, SlackChannel>;
  /** People and bots. */
  users: Map<string, SlackUser>;
  /** What mentions are called, by the ids of people, bots, channels and groups of people. */
  names: Map<string, string>;
  /** Whether the list of users was there. */
  hasUsers: boolean;
}

/** The lists of what an export's folders are: public and private channels, conversations of several and of two. */
const LISTS: [name: string, kind: ChannelKind][] = [
  ['channels.json', 'public'],
  ['groups.json', 'private'],
  ['mpims.json', 'group'],
  ['dms.json', 'direct'],
];
const GROUPS_OF_USERS = ['usergroups.json', 'user_groups.json'];
/** Names of who talks in a conversation that has no name of its own. */
const MOST_MEMBERS = 8;

async function readList(
  folder: string,
  name: string,
  label: string,
): Promise<unknown[] | SkippedItem | null> {
  try {
    const parsed: unknown = JSON.parse(await readFile(join(folder, name), 'utf8'));
    return Array.isArray(parsed)
      ? asArray(cleanJson(parsed))
      : skipped(`${label}${name}`, 'broken_json', 'not a list');
  } catch (error) {
    if (error instanceof SyntaxError) return skipped(`${label}${name}`, 'broken_json', error.message);
    const code = errorCode(error);
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : skipped(`${label}${name}`, 'unreadable', code);
  }
}

function addUser(lists: SlackLists, item: unknown): void {
  const { id, name, real_name, profile } = asObject(item);
  const { display_name, real_name: profileName, bot_id } = asObject(profile);
  const realName = shortString(profileName) ?? shortString(real_name);
  const called = shortString(display_name) ?? realName ?? shortString(name);
  if (called === null) return;
  for (const known of [id, bot_id]) {
    if (typeof known !== 'string' || known === '') continue;
    lists.users.set(known, { name: called, realName });
    lists.names.set(known, called);
  }
}

/** What a conversation without a name is called: by who talks in it. */
function membersOf(item: JsonObject, lists: SlackLists): string | null {
  const members = asArray(item.members).flatMap((id) => lists.users.get(String(id))?.name ?? []);
  const shown = members.slice(0, MOST_MEMBERS).join(', ');
  return shown === '' ? null : members.length > MOST_MEMBERS ? `${shown} …` : shown;
}

/** `mpdm-ann--bob-1` is of Ann and Bob. */
const joined = (_: string, members: string): string => members.split('--').join(', ');

function addChannel(lists: SlackLists, value: unknown, kind: ChannelKind): void {
  const item = asObject(value);
  const id = shortString(item.id);
  const folder = shortString(item.name) ?? id;
  if (id === null || folder === null) return;
  const isTalk = kind === 'group' || kind === 'direct';
  const channel: SlackChannel = {
    id,
    name: (isTalk ? membersOf(item, lists) : null) ?? folder.replace(/^mpdm-(.+?)(?:-\d+)?$/, joined),
    kind: kind === 'public' && item.is_private === true ? 'private' : kind,
  };
  lists.channels.set(folder, channel);
  if (!lists.channels.has(id)) lists.channels.set(id, channel);
  lists.names.set(id, channel.name);
}

/** Reads the lists at the top of a folder, as far as they are there. */
export async function readLists(folder: string, label: string): Promise<SlackLists> {
  // the export of an organisation lists its people at the top, and has each workspace in `teams/<name>`
  const isTeam = basename(dirname(folder)) === 'teams';
  const above = isTeam ? await readLists(dirname(dirname(folder)), label) : null;
  const lists: SlackLists = {
    problems: [],
    channels: new Map(),
    users: new Map(above?.users ?? [['USLACKBOT', { name: 'Slackbot', realName: null }]]),
    names: new Map(above?.names),
    hasUsers: false,
  };
  const read = async (name: string): Promise<unknown[]> => {
    const list = await readList(folder, name, label);
    if (list !== null && 'kind' in list) lists.problems.push(list);
    return Array.isArray(list) ? list : [];
  };
  for (const item of await read('org_users.json')) addUser(lists, item);
  const users = await readList(folder, 'users.json', label);
  lists.hasUsers = users !== null;
  if (users !== null && 'kind' in users) lists.problems.push(users);
  for (const item of Array.isArray(users) ? users : []) addUser(lists, item);
  for (const [name, kind] of LISTS) for (const item of await read(name)) addChannel(lists, item, kind);
  for (const name of GROUPS_OF_USERS) {
    for (const item of await read(name)) {
      const { id, handle, name } = asObject(item);
      const called = shortString(handle) ?? shortString(name);
      if (typeof id === 'string' && called !== null) lists.names.set(id, called);
    }
  }
  const canvases = await readList(folder, 'canvases.json', label);
  for (const item of Array.isArray(canvases) ? canvases : []) {
    const { id, title, name } = asObject(item);
    const called = shortString(title) ?? shortString(name);
    if (typeof id === 'string' && called !== null) lists.names.set(id, called);
  }
  return lists;
}
