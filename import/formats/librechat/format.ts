import { readFile } from 'node:fs/promises';
import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import { readText } from '../../../reading/text.ts';
import type { ConversationItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { modelName } from '../conversations/lay-out-messages.ts';
import { onlyOnce } from '../conversations/only-once.ts';
import { buildPrepared } from '../conversations/prepared.ts';
import type { Format, OpenedFile } from '../format.ts';
import {
  asArray,
  asObject,
  asString,
  clipped,
  isObject,
  type JsonObject,
  shortString,
} from '../json/values.ts';
import type { ReadState } from '../read-state.ts';
import { readMessages } from './messages.ts';

/** A message nests its answers, so a long conversation is deep: each message is cleaned by itself, without them. */
function flatten(value: JsonObject): { message: JsonObject; parent: string | null }[] {
  const found: { message: JsonObject; parent: string | null }[] = [];
  const { messages } = value;
  // A tree exported from a message of its own begins with that one.
  const top = asArray(value.messagesTree ?? (isObject(messages) ? [messages] : messages));
  const open = top
    .filter(isObject)
    .map((message) => ({ message, parent: null as string | null }))
    .reverse();
  let previous: string | null = null;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { children, ...message } = at.message;
    const id = asString(message.messageId);
    const named =
      message.parentMessageId === undefined ? (at.parent ?? previous) : asString(message.parentMessageId);
    found.push({ message, parent: named });
    previous = id;
    open.push(
      ...asArray(children)
        .filter(isObject)
        .map((child) => ({ message: child, parent: id }))
        .reverse(),
    );
  }
  return found;
}

function conversationOf(value: JsonObject, place: string, now: Date): ConversationItem | SkippedItem {
  const cleaned = nothingCleaned();
  const flat = flatten(value).map(({ message, parent }) => ({
    message: asObject(cleanJson(message, { cleaned, maxDepth: 200 })),
    parent,
  }));
  const { messages, messagesTree, ...rest } = value;
  const about = asObject(cleanJson(rest, { cleaned, maxDepth: 200 }));
  const options = asObject(about.options);
  return buildPrepared(
    {
      importer: 'librechat',
      id: asString(about.conversationId),
      title: asString(about.title) ?? 'Untitled',
      place,
      createdAt: about.createdAt,
      updatedAt: about.updatedAt,
      model: modelName(options.model),
      messages: readMessages(flat),
      metadata: {
        endpoint: shortString(about.endpoint),
        tags: asArray(about.tags)
          .map(shortString)
          .filter((name) => name !== null),
        system: clipped(asString(options.promptPrefix) ?? asString(options.system) ?? '', 10_000),
      },
      cleaned,
    },
    now,
  );
}

async function* readExport(
  { absolute, label, size }: OpenedFile,
  settings: ReadSettings,
  state: ReadState,
): AsyncGenerator<ConversationItem | SkippedItem> {
  if (size > settings.maxConversationBytes) {
    yield skipped(label, 'too_large', `one conversation of ${size} bytes`);
    return;
  }
  const read = readText(await readFile(absolute));
  let parsed: unknown;
  try {
    parsed = JSON.parse('text' in read ? read.text : '');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    yield skipped(label, 'broken_json', error.message);
    return;
  }
  for (const [i, value] of [parsed].flat().filter(isObject).entries()) {
    const place = Array.isArray(parsed) ? `${label} #${i + 1}` : label;
    try {
      yield onlyOnce(conversationOf(value, place, settings.now), label, state);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      yield skipped(place, 'broken_json', error.message);
    }
  }
}

/** A conversation exported from LibreChat, flat or as a tree. */
export const librechat: Format = (file, settings, state) => {
  const text = file.beginning.trimStart();
  const isExport =
    /^(?:\[\s*)?\{/.test(text) &&
    /"conversationId"\s*:/.test(text) &&
    /"(?:messagesTree|messages)"\s*:\s*[[{]/.test(text) &&
    /"(?:messageId|isCreatedByUser|exportAt)"\s*:/.test(text);
  return isExport ? readExport(file, settings, state) : null;
};
