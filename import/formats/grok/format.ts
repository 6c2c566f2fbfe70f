import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { ConversationItem, ImportItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { assetsLeft, assetsOf } from '../conversations/assets.ts';
import { buildConversation } from '../conversations/build-conversation.ts';
import type { ReadMessage } from '../conversations/lay-out-messages.ts';
import type { MessageNode } from '../conversations/message-node.ts';
import { readConversationList } from '../conversations/read-list.ts';
import { followDocuments } from '../conversations/written-documents.ts';
import type { Format, OpenedFile } from '../format.ts';
import {
  asArray,
  asObject,
  asString,
  clipped,
  countCleaned,
  isObject,
  type JsonObject,
  present,
  shortString,
} from '../json/values.ts';
import type { ReadState } from '../read-state.ts';
import { type PlaceOf, readResponse } from './messages.ts';

/** Beside the conversations: a folder for each file, with `content` in it. */
const ASSETS = 'prod-mc-asset-server';

/** Milliseconds in a string in two objects, as the database behind it writes them; or a time as anybody writes it. */
function timeOf(value: unknown): unknown {
  const { $date } = asObject(value);
  const { $numberLong } = asObject($date);
  if (asString($numberLong) !== null) return Number($numberLong) / 1000;
  return $date ?? value;
}

/** The responses as a tree; where they name no parent, each follows the one before it. */
function treeOf(list: unknown[]): JsonObject {
  const mapping: JsonObject = Object.create(null);
  let previous: string | null = null;
  for (const [i, each] of list.entries()) {
    const response = asObject(asObject(each).response ?? each);
    const id = clipped(asString(response._id) ?? asString(response.id) ?? `message-${i + 1}`, 180);
    const parent: string | null =
      response.parent_response_id === undefined ? previous : asString(response.parent_response_id);
    mapping[id] = { parent, message: { ...response, create_time: timeOf(response.create_time) } };
    previous = id;
  }
  return mapping;
}

function messageReader(nodes: MessageNode[], placeOf: PlaceOf): ReadMessage {
  const responses = new Map(
    nodes.map(({ id, message }) => [id, message === null ? null : readResponse(message, id, placeOf)]),
  );
  const written = followDocuments(nodes, nodes.at(-1)?.id, ({ id }) => responses.get(id)?.changes ?? []);
  return (message, node) => {
    const read = responses.get(node.id) ?? readResponse(message, node.id, placeOf);
    const { role, text, thinking, model, metadata, attachments } = read;
    return {
      role,
      content: text,
      thinking,
      time: message.create_time,
      model,
      metadata: present({ ...metadata, written: written.versionsOf(node.id) }),
      attachments: [...attachments, ...written.attachmentsOf(node.id)],
      toolCalls: [],
      feedback: null,
    };
  };
}

function conversationOf(
  parsed: unknown,
  label: string,
  now: Date,
  placeOf: PlaceOf,
): ConversationItem | SkippedItem {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  if (!isObject(value) || !isObject(value.conversation))
    return skipped(label, 'unsupported', 'not a conversation');
  const about = value.conversation;
  const id = asString(about.id) ?? asString(about._id);
  const title = asString(about.title) ?? 'Untitled';
  let read = messageReader([], placeOf);
  return buildConversation(
    {
      id,
      importer: 'grok',
      title,
      place: id === null ? label : `grok:${id} (${title})`,
      mapping: treeOf(asArray(value.responses)),
      prepare: (nodes) => {
        read = messageReader(nodes, placeOf);
      },
      readMessage: (message, node) => read(message, node),
      createdAt: timeOf(about.create_time),
      updatedAt: timeOf(about.modify_time),
      model: null,
      currentLeaf: about.leaf_response_id,
      metadata: ({ leftOut }) =>
        present({
          importer: 'grok',
          summary: clipped(asString(about.summary) ?? '', 10_000),
          is_starred: about.starred === true ? true : null,
          system_prompt: shortString(about.system_prompt_name),
          empty_messages_left_out: leftOut > 0 ? leftOut : null,
          cleaned: countCleaned(cleaned),
        }),
    },
    now,
  );
}

/** Where the conversations begin. */
const CONVERSATIONS = /"conversations"\s*:\s*\[/;

async function* readExport(
  file: OpenedFile,
  settings: ReadSettings,
  state: ReadState,
): AsyncGenerator<ImportItem | SkippedItem> {
  const folder = dirname(file.absolute);
  const ids = new Set(await readdir(join(folder, ASSETS)).catch(() => []));
  const placeOf: PlaceOf = (id) => (ids.has(id) ? `${ASSETS}/${id}/content` : null);
  for (const id of ids) state.claimed.add(join(folder, ASSETS, id, 'content'));
  const taken = new Set<string>();
  for await (const item of readConversationList(
    file,
    settings,
    state,
    (value, place, now) => conversationOf(value, place, now, placeOf),
    CONVERSATIONS,
  )) {
    yield item;
    if (item.kind !== 'conversation') continue;
    for (const { attachments } of item.messages)
      for (const { externalId } of attachments) taken.add(externalId);
    yield* assetsOf(item, folder, settings);
  }
  const left = [...ids]
    .filter((id) => !taken.has(id))
    .map((id) => ({ id, path: `${ASSETS}/${id}/content`, name: id }));
  yield* assetsLeft(left, { folder, importer: 'grok' }, settings);
}

/** An export of Grok: `prod-grok-backend.json`, with the files that were sent beside it. */
export const grok: Format = (file, settings, state) => {
  const text = file.beginning.trimStart();
  const isExport =
    /^(?:\[\s*)?\{/.test(text) &&
    /"conversation"\s*:\s*\{/.test(text) &&
    /"responses"\s*:\s*\[/.test(text) &&
    /"(?:sender|response|modify_time)"\s*:/.test(text);
  return isExport ? readExport(file, settings, state) : null;
};
