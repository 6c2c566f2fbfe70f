import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { ConversationItem } from '../../items.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { buildConversation } from '../conversations/build-conversation.ts';
import { modelName, type ReadMessage } from '../conversations/lay-out-messages.ts';
import type { MessageNode } from '../conversations/message-node.ts';
import type { Source } from '../conversations/source-list.ts';
import { followDocuments } from '../conversations/written-documents.ts';
import {
  asObject,
  asString,
  countCleaned,
  isObject,
  type JsonObject,
  present,
  shortString,
} from '../json/values.ts';
import { attachmentsOf } from './attachments.ts';
import { canvasChanges, jsonOf } from './canvas.ts';
import { type MessageContent, readContent } from './content.ts';
import { reportsOf } from './deep-research.ts';
import { type ExportFolder, emptyExportFolder } from './folder.ts';
import { namesOfSources } from './references.ts';
import { toolCallsOf } from './tools.ts';

/** What later marks mean: the results of the searches above a message, the nearest first. */
function sourcesAbove(nodes: MessageNode[]): (node: MessageNode) => (ref: string) => Source | null {
  const listed = new Map<string, Map<string, Source>>();
  const nearest = new Map<string, string>();
  const above = new Map<string, string>();
  for (const node of nodes) {
    const names = node.message === null ? new Map() : namesOfSources(asObject(node.message.metadata));
    const before = node.parent === null ? undefined : nearest.get(node.parent);
    if (names.size > 0) {
      listed.set(node.id, names);
      if (before !== undefined) above.set(node.id, before);
    }
    const here = names.size > 0 ? node.id : before;
    if (here !== undefined) nearest.set(node.id, here);
  }
  return (node) => (ref) => {
    for (let at = nearest.get(node.id); at !== undefined; at = above.get(at)) {
      const source = listed.get(at)?.get(ref);
      if (source !== undefined) return source;
    }
    return null;
  };
}

/** What a call to a tool says for itself when it is JSON: which tool, and which document or picture it is about. */
function callText(message: JsonObject, name: string, versions: JsonObject[]): string | null {
  if (versions.length > 0) return `[canvas: ${versions[0]!.name}]`;
  const payload =
    asString(message.recipient) === null || message.recipient === 'all' ? null : jsonOf(message);
  if (payload === null) return null;
  const prompt = asString(payload.prompt);
  return `[tool: ${name}]${prompt === null ? '' : `\n\n${prompt}`}`;
}

/** What stands in another message. */
const SILENT: MessageContent = { role: 'tool', content: '', thinking: null, metadata: {} };

/** Reads messages of an export that consists of more than conversations. */
function messageReader(nodes: MessageNode[], folder: ExportFolder, currentLeaf: unknown): ReadMessage {
  const reports = reportsOf(nodes);
  const lookUpFrom = sourcesAbove(nodes);
  const canvas = followDocuments(nodes, currentLeaf, canvasChanges);
  return (message, node) => {
    const report = reports.get(node.id);
    const around = { lookUp: lookUpFrom(node), nameOf: folder.nameOf };
    const read = report === null ? SILENT : readContent(report?.message ?? message, around);
    const isAnswer = read.role === 'assistant';
    const toolCalls = isAnswer && report === undefined ? toolCallsOf(message, node) : [];
    const versions = canvas.versionsOf(node.id);
    const call = toolCalls[0] === undefined ? null : callText(message, toolCalls[0].name, versions);
    return {
      ...read,
      content: call ?? read.content,
      metadata: present({
        ...read.metadata,
        deep_research: report ? (report.title ?? true) : null,
        written: versions,
      }),
      time: message.create_time,
      model: isAnswer ? modelName(asObject(message.metadata).model_slug) : null,
      attachments: [...attachmentsOf(message, node.id, folder), ...canvas.attachmentsOf(node.id)],
      toolCalls,
      feedback: folder.feedbackOn(asString(message.id), node.id),
    };
  };
}

/**
 * One element of an export as a conversation.
 * @param label how to name it when it has no id, as `conversations.json #3`
 */
export function readConversation(
  parsed: unknown,
  label: string,
  now: Date,
  folder: ExportFolder = emptyExportFolder(),
): ConversationItem | SkippedItem {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  if (!isObject(value) || !isObject(value.mapping))
    return skipped(label, 'unsupported', 'not a conversation: no "mapping"');
  const id = asString(value.conversation_id) ?? asString(value.id);
  const title = asString(value.title) ?? 'Untitled';
  const { is_archived, is_starred, gizmo_id, conversation_template_id, voice, create_time } = value;
  let read = messageReader([], folder, null);
  return buildConversation(
    {
      id,
      importer: 'chatgpt',
      title,
      place: id === null ? label : `chatgpt:${id} (${title})`,
      mapping: value.mapping,
      prepare: (nodes) => {
        read = messageReader(nodes, folder, value.current_node);
      },
      readMessage: (message, node) => read(message, node),
      createdAt: create_time,
      updatedAt: value.update_time,
      model: modelName(value.default_model_slug),
      currentLeaf: value.current_node,
      metadata: ({ createdAt, own, leftOut }) =>
        present({
          importer: 'chatgpt',
          is_archived: is_archived === true ? true : null,
          is_starred: is_starred === true ? true : null,
          gizmo_id: shortString(gizmo_id),
          conversation_template_id: shortString(conversation_template_id),
          voice: shortString(voice),
          original_create_time:
            createdAt === own
              ? null
              : typeof create_time === 'number'
                ? create_time
                : shortString(create_time),
          empty_messages_left_out: leftOut > 0 ? leftOut : null,
          cleaned: countCleaned(cleaned),
        }),
    },
    now,
  );
}
