import type { ToldEvent } from '../told-event.ts';
import type { SlackNames } from './entities.ts';
import { isSlackMessage, readSlackText, slackAuthor, slackTime } from './message.ts';
import { isObject, type Json, words } from './values.ts';

/** Characters of the beginning of a thread that stand in the titles of its replies. */
const THREAD_TITLE = 80;

/** The message of an event: of an export it is the payload, and Slack's API wraps it. */
function messageOf(payload: unknown): Json | null {
  const message = isObject(payload) && isObject(payload.event) ? payload.event : payload;
  if (!isSlackMessage(message)) return null;
  return message.subtype === 'message_changed' && isSlackMessage(message.message) ? message.message : message;
}

function namesOf(metadata: Json): SlackNames {
  const names = Object.entries(isObject(metadata.names) ? metadata.names : {});
  return Object.fromEntries(names.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** What a channel is called: with a sign where it is one, by those who talk where they talk among themselves. */
function placeOf(metadata: Json): string | null {
  const name = words(metadata.channel);
  if (name === '') return null;
  if (metadata.channel_kind === 'canvas') return `canvas ${name}`;
  return metadata.channel_kind === 'direct' || metadata.channel_kind === 'group' ? name : `#${name}`;
}

/** The beginning of a text on one line, without the addresses behind its links. */
function beginning(text: string, most: number): string {
  const line = text
    .replace(/\[([^\]]*)\]\([^)\s]*\)/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= most
    ? line
    : `${line
        .slice(0, most)
        .replace(/\s\S*$/, '')
        .toWellFormed()}…`;
}

/** What a message of Slack says; null of an event that is none. */
export function readSlackEvent(event: ToldEvent, root: ToldEvent | null) {
  const message = event.source === 'slack' ? messageOf(event.payload) : null;
  if (message === null) return null;
  const metadata = isObject(event.metadata) ? event.metadata : {};
  const rootMessage = root === null ? null : messageOf(root.payload);
  const rootText =
    rootMessage === null
      ? ''
      : readSlackText(rootMessage, namesOf(isObject(root?.metadata) ? root.metadata : {}));
  const author = words(metadata.user_name) || slackAuthor(message) || words(message.user) || null;
  const fullName = words(metadata.user_real_name);
  const at = slackTime(message);
  const place = placeOf(metadata);
  const said = [author, at?.toISOString().slice(0, 16).replace('T', ' ')].filter(Boolean).join(', ');
  const title = [place ?? 'Slack', said].filter(Boolean).join(': ');
  return {
    text: readSlackText(message, namesOf(metadata)),
    heading: ['slack', place].filter(Boolean).join(' › '),
    title: rootText === '' ? title : `${title}, in the thread “${beginning(rootText, THREAD_TITLE)}”`,
    speaker: author && fullName && fullName !== author ? `${author} (${fullName})` : author,
    context: rootText === '' ? null : rootText,
    occurredAt: at,
  };
}
