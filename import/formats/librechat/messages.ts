import type { AttachmentItem, FeedbackItem, ToolCallItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { modelName } from '../conversations/lay-out-messages.ts';
import type { PreparedMessage } from '../conversations/prepared.ts';
import { splitThinking } from '../conversations/thinking.ts';
import { answerCall, openCall, parsedArguments } from '../conversations/tool-call.ts';
import {
  asArray,
  asObject,
  asSize,
  asString,
  clipped,
  isObject,
  type JsonObject,
  present,
  shortString,
} from '../json/values.ts';

/** What the first message names as its parent. */
const NOTHING = '00000000-0000-0000-0000-000000000000';

function textIn(part: unknown): string {
  const { text } = asObject(part);
  return asString(text) ?? asString(asObject(text).value) ?? '';
}

/** A call is kept in one of several forms: LibreChat's own, that of assistants' functions, that of their tools. */
function callOf(part: JsonObject, position: number): ToolCallItem {
  const call = asObject(part.tool_call ?? part);
  const inner = asObject(call.function ?? call[asString(call.type) ?? '']);
  const name = asString(call.name) ?? asString(inner.name) ?? asString(call.type);
  const made = openCall(name, parsedArguments(call.args ?? inner.arguments ?? inner.input), {
    turn: position,
    position: 1,
  });
  const output = call.output ?? inner.output ?? inner.outputs;
  if (output !== undefined && output !== null)
    answerCall(made, typeof output === 'string' ? output : JSON.stringify(output), false);
  return made;
}

function attachmentsOf(message: JsonObject, id: string): AttachmentItem[] {
  const found = new Map<string, AttachmentItem>();
  for (const [i, file] of [...asArray(message.files), ...asArray(message.attachments)]
    .filter(isObject)
    .entries()) {
    const externalId = clipped(
      asString(file.file_id) ?? `${id}/file-${i + 1}`,
      limits.attachmentIdCharacters,
    );
    found.set(externalId, {
      externalId,
      name: clipped(asString(file.filename) ?? 'file', 255),
      mimeType: shortString(file.type),
      size: asSize(file.bytes),
      bytes: 'missing',
      text: asString(file.text),
      metadata: present({ width: asSize(file.width), height: asSize(file.height) }),
    });
  }
  return [...found.values()];
}

function feedbackOf(feedback: unknown): FeedbackItem | null {
  const { rating, text, tag } = asObject(feedback);
  const type = rating === 'thumbsUp' ? 'positive' : rating === 'thumbsDown' ? 'negative' : null;
  if (type === null) return null;
  const words = [asString(text), shortString(tag) ?? shortString(asObject(tag).key)]
    .filter((each) => each !== null)
    .join('\n\n');
  return { type, comment: words === '' ? null : clipped(words, limits.commentCharacters), givenAt: null };
}

function messageOf(message: JsonObject, parent: string | null, position: number): PreparedMessage {
  const id = asString(message.messageId) ?? `message-${position}`;
  const role = message.isCreatedByUser === true || message.sender === 'User' ? 'user' : 'assistant';
  const content = asArray(message.content).filter(isObject);
  const isError = message.error === true;
  const said = content
    .filter(({ type }) => type === 'text' || type === 'error')
    .map(textIn)
    .filter((text) => text !== '');
  const split = splitThinking(said.length > 0 ? said.join('\n\n') : (asString(message.text) ?? ''));
  const thoughts = content
    .filter(({ type }) => type === 'think' || type === 'reasoning')
    .map(
      ({ think, reasoning }) =>
        asString(think) ?? asString(asObject(think).value) ?? asString(reasoning) ?? '',
    );
  return {
    id,
    parent: parent === NOTHING ? null : parent,
    // What went wrong is no answer.
    role: isError ? 'system' : role,
    text: split.text.trim(),
    thinking: [...thoughts, ...split.thinking].filter((text) => text !== ''),
    time: message.createdAt,
    model: role === 'assistant' ? modelName(message.model) : null,
    toolCalls: content.filter(({ type }) => type === 'tool_call').map((part, i) => callOf(part, i + 1)),
    attachments: attachmentsOf(message, id),
    feedback: role === 'assistant' && !isError ? feedbackOf(message.feedback) : null,
    metadata: present({
      error: isError ? true : null,
      unfinished: message.unfinished === true ? true : null,
    }),
  };
}

/** The messages of an export, with the parent that each one has. */
export function readMessages(list: { message: JsonObject; parent: string | null }[]): PreparedMessage[] {
  return list.map(({ message, parent }, i) => messageOf(message, parent, i + 1));
}
