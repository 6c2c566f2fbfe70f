import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { ConversationItem } from '../../items.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { buildConversation } from '../conversations/build-conversation.ts';
import { modelName, type ReadMessage } from '../conversations/lay-out-messages.ts';
import { asObject, asString, countCleaned, isObject, present, shortString } from '../json/values.ts';
import { attachmentsOf } from './attachments.ts';
import { readContent } from './content.ts';
import { type ExportFolder, emptyExportFolder } from './folder.ts';
import { toolCallsOf } from './tools.ts';

/** Reads messages of an export that consists of more than conversations. */
function messageReader(folder: ExportFolder): ReadMessage {
  return (message, node) => {
    const read = readContent(message);
    const isAnswer = read.role === 'assistant';
    return {
      ...read,
      time: message.create_time,
      model: isAnswer ? modelName(asObject(message.metadata).model_slug) : null,
      attachments: attachmentsOf(message, node.id, folder),
      toolCalls: isAnswer ? toolCallsOf(message, node) : [],
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
  return buildConversation(
    {
      id,
      importer: 'chatgpt',
      title,
      place: id === null ? label : `chatgpt:${id} (${title})`,
      mapping: value.mapping,
      readMessage: messageReader(folder),
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
