import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { AttachmentItem, ConversationItem, MessageRole } from '../../items.ts';
import { limits } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { buildConversation } from '../conversations/build-conversation.ts';
import { modelName, type ReadMessage } from '../conversations/lay-out-messages.ts';
import type { MessageNode } from '../conversations/message-node.ts';
import { type Source, sourcesOf } from '../conversations/source-list.ts';
import { followDocuments } from '../conversations/written-documents.ts';
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
import { readBlocks } from './content.ts';

const ROLES: Record<string, MessageRole> = { human: 'user', user: 'user', assistant: 'assistant' };

/** What the first message names as its parent: an id that nothing has. */
const NOTHING = /^0{8}-0{4}-[04]0{3}-[08]0{3}-0{12}$/;

/** `attachments` come with the text that was read from them, `files` with nothing but a name. */
function attachmentsOf(message: JsonObject, id: string): AttachmentItem[] {
  const list = [
    ...asArray(message.attachments).map((item, i) => ({
      item: asObject(item),
      fallback: `${id}/attachment-${i + 1}`,
    })),
    ...asArray(message.files).map((item, i) => ({ item: asObject(item), fallback: `${id}/file-${i + 1}` })),
  ];
  const found = new Map<string, AttachmentItem>();
  for (const { item, fallback } of list) {
    const { file_name, file_size, file_type, file_kind, extracted_content } = item;
    const externalId = clipped(
      asString(item.id) ?? asString(item.file_uuid) ?? fallback,
      limits.attachmentIdCharacters,
    );
    const text = asString(extracted_content);
    const bytes = text === null ? 0 : Buffer.byteLength(text);
    const tooLong = bytes > limits.documentBytes;
    if (found.has(externalId)) continue;
    found.set(externalId, {
      externalId,
      name: clipped(asString(file_name) ?? (text === null ? 'file' : 'pasted text'), 255),
      mimeType: shortString(file_type) ?? shortString(file_kind),
      size: asSize(file_size),
      bytes: 'missing',
      text: tooLong ? null : text,
      metadata: tooLong ? { text_left_out: bytes } : {},
    });
  }
  return [...found.values()];
}

/** A message may consist of files, of what it wrote or of tool calls alone: then they are what it says. */
function contentOf(
  text: string,
  attachments: AttachmentItem[],
  tools: string[],
  versions: JsonObject[],
): string {
  if (text !== '') return text;
  const written = new Map(versions.map(({ document, name }) => [document, name]));
  return [
    ...attachments.map(({ name }) => `[file: ${name}]`),
    ...[...written].map(([id, name]) => `[${String(id).startsWith('file/') ? 'file' : 'artifact'}: ${name}]`),
    ...(written.size > 0 ? [] : tools.map((name) => `[tool: ${name}]`)),
  ].join('\n');
}

/** The leaf that was open; where the export does not say, the last message. */
function leafOf(value: JsonObject, nodes: MessageNode[]): unknown {
  return asString(value.current_leaf_message_uuid) ?? nodes.at(-1)?.id;
}

/** A title that another message of the conversation has for the same page. */
function titled(sources: Source[], titles: Map<string | null, string | null>): Source[] {
  return sources.map(({ title, url }) => ({ title: title ?? titles.get(url) ?? null, url }));
}

function messageReader(nodes: MessageNode[], currentLeaf: unknown): ReadMessage {
  const blocks = new Map(nodes.map(({ id, message }) => [id, message === null ? null : readBlocks(message)]));
  const written = followDocuments(nodes, currentLeaf, ({ id }) => blocks.get(id)?.changes ?? []);
  const titles = new Map(
    [...blocks.values()].flatMap((each) => each?.found ?? []).map(({ url, title }) => [url, title]),
  );
  return (message, node) => {
    const { text, thinking, unread, cited, found, toolCalls } = blocks.get(node.id) ?? readBlocks(message);
    const attachments = attachmentsOf(message, node.id);
    const versions = written.versionsOf(node.id);
    const sender = asString(message.sender) ?? '';
    const role = Object.hasOwn(ROLES, sender) ? ROLES[sender]! : 'system';
    const isAnswer = role === 'assistant';
    return {
      role,
      content: contentOf(text, attachments, isAnswer ? toolCalls.map(({ name }) => name) : [], versions),
      thinking,
      time: message.created_at,
      model: isAnswer ? modelName(message.model) : null,
      metadata: present({
        original_role: role === 'system' ? sender : null,
        unread_parts: unread,
        ...sourcesOf(titled(cited, titles), found),
        written: versions,
      }),
      attachments: [...attachments, ...written.attachmentsOf(node.id)],
      toolCalls: isAnswer ? toolCalls : [],
      feedback: null,
    };
  };
}

/**
 * The messages as a tree. Where the export names no parents, each message follows the one before it. One that is there
 * twice counts once; another one with the same id gets an id of its own.
 */
function treeOf(list: unknown[]): { mapping: JsonObject; doubled: number } {
  const mapping: JsonObject = Object.create(null);
  const texts = new Map<string, string>();
  let previous: string | null = null;
  let doubled = 0;
  for (const [i, message] of list.filter(isObject).entries()) {
    const given = clipped(asString(message.uuid) ?? `message-${i + 1}`, 180);
    const text = JSON.stringify(message);
    let id = given;
    for (let copy = 2; texts.has(id) && texts.get(id) !== text; copy++) id = `${given}~${copy}`;
    if (texts.has(id)) {
      doubled++;
      continue;
    }
    texts.set(id, text);
    const named = asString(message.parent_message_uuid);
    const parent: string | null =
      message.parent_message_uuid === undefined
        ? previous
        : named === null || NOTHING.test(named)
          ? null
          : named;
    mapping[id] = { parent, message };
    previous = id;
  }
  return { mapping, doubled };
}

/**
 * One element of a Claude export as a conversation.
 * @param label how to name it when it has no id, as `conversations.json #3`
 */
export function readConversation(parsed: unknown, label: string, now: Date): ConversationItem | SkippedItem {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  if (!isObject(value) || !Array.isArray(value.chat_messages))
    return skipped(label, 'unsupported', 'not a conversation: no "chat_messages"');
  const id = asString(value.uuid);
  const title = asString(value.name) ?? 'Untitled';
  const { mapping, doubled } = treeOf(value.chat_messages);
  const { created_at } = value;
  let read = messageReader([], null);
  return buildConversation(
    {
      id,
      importer: 'claude',
      title,
      place: id === null ? label : `claude:${id} (${title})`,
      mapping,
      prepare: (nodes) => {
        read = messageReader(nodes, leafOf(value, nodes));
      },
      readMessage: (message, node) => read(message, node),
      createdAt: created_at,
      updatedAt: value.updated_at,
      model: modelName(value.model),
      currentLeaf: value.current_leaf_message_uuid,
      metadata: ({ createdAt, own, leftOut }) =>
        present({
          importer: 'claude',
          summary: clipped(asString(value.summary) ?? '', 10_000),
          is_starred: value.is_starred === true ? true : null,
          project: shortString(asObject(value.project).name),
          original_create_time: createdAt === own ? null : shortString(created_at),
          empty_messages_left_out: leftOut > 0 ? leftOut : null,
          doubled_messages_left_out: doubled > 0 ? doubled : null,
          cleaned: countCleaned(cleaned),
        }),
    },
    now,
  );
}
