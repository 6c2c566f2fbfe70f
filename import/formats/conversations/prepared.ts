import type { Cleaned } from '../../../lib/storable.ts';
import type {
  AttachmentItem,
  ConversationItem,
  FeedbackItem,
  MessageRole,
  Metadata,
  ToolCallItem,
} from '../../items.ts';
import type { SkippedItem } from '../../skipped.ts';
import { clipped, countCleaned, type JsonObject, present } from '../json/values.ts';
import { buildConversation } from './build-conversation.ts';
import type { MessageParts, ReadMessage } from './lay-out-messages.ts';
import { namesOfCalls } from './tool-call.ts';

/** One message, put together from wherever its format keeps its parts. */
export interface PreparedMessage {
  id: string;
  /** The id of another; one that is not there is replaced by the message before it. */
  parent: string | null;
  role: MessageRole;
  text: string;
  /** What the model thought: kept apart, so that it is never taken for an answer. */
  thinking: string[];
  time: unknown;
  model: string | null;
  toolCalls: ToolCallItem[];
  attachments: AttachmentItem[];
  feedback?: FeedbackItem | null;
  metadata?: JsonObject;
}

/** A conversation whose messages are already taken apart. */
export interface PreparedConversation {
  importer: string;
  /** Null when the export gives none. */
  id: string | null;
  title: string;
  /** How a person finds it when it has no id. */
  place: string;
  createdAt?: unknown;
  updatedAt?: unknown;
  model?: string | null;
  currentLeaf?: unknown;
  messages: PreparedMessage[];
  metadata?: Metadata;
  cleaned: Cleaned;
}

/** Characters of a message's id. */
const LONGEST_ID = 180;

function partsOf(message: PreparedMessage): MessageParts {
  const {
    role,
    text,
    thinking,
    toolCalls,
    attachments,
    time,
    model,
    feedback = null,
    metadata = {},
  } = message;
  const calls = role === 'assistant' ? toolCalls : [];
  // One that consists of files or of tool calls alone: then they are what it says.
  const instead = [...attachments.map(({ name }) => `[file: ${name}]`), namesOfCalls(calls)];
  return {
    role,
    content: text.trim() !== '' ? text : instead.filter((line) => line !== '').join('\n'),
    time,
    model: role === 'assistant' ? model : null,
    metadata,
    thinking: thinking.join('\n\n'),
    attachments,
    toolCalls: calls,
    feedback,
  };
}

/** The messages as `buildConversation` takes them. One that is there twice counts once. */
function treeOf(messages: PreparedMessage[]): {
  mapping: JsonObject;
  readMessage: ReadMessage;
  doubled: number;
} {
  const found = new Map<string, PreparedMessage>();
  for (const message of messages) {
    const id = clipped(message.id, LONGEST_ID);
    if (!found.has(id)) found.set(id, message);
  }
  const mapping: JsonObject = Object.create(null);
  let previous: string | null = null;
  for (const [id, message] of found) {
    const named = message.parent === null ? null : clipped(message.parent, LONGEST_ID);
    const parent = named === null || (found.has(named) && named !== id) ? named : previous;
    mapping[id] = { parent, message: { time: message.time } };
    previous = id;
  }
  const parts = new Map([...found].map(([id, message]) => [id, partsOf(message)]));
  return {
    mapping,
    doubled: messages.length - found.size,
    readMessage: (_, { id }) => parts.get(id) as MessageParts,
  };
}

/** Every branch of a conversation of prepared messages. */
export function buildPrepared(facts: PreparedConversation, now: Date): ConversationItem | SkippedItem {
  const { importer, id, title, place, messages, metadata = {} } = facts;
  const { mapping, readMessage, doubled } = treeOf(messages);
  return buildConversation(
    {
      id,
      importer,
      title,
      place: id === null ? place : `${importer}:${id} (${title})`,
      mapping,
      readMessage,
      createdAt: facts.createdAt,
      updatedAt: facts.updatedAt,
      model: facts.model ?? null,
      currentLeaf: facts.currentLeaf,
      metadata: ({ leftOut }) =>
        present({
          importer,
          ...metadata,
          empty_messages_left_out: leftOut > 0 ? leftOut : null,
          doubled_messages_left_out: doubled > 0 ? doubled : null,
          cleaned: countCleaned(facts.cleaned),
        }),
    },
    now,
  );
}

/** The first words of a text, in one line, for a conversation that has no title. */
export function titleFrom(text: string): string {
  const line = text.slice(0, 1000).replace(/\s+/g, ' ').trim();
  return line.length <= 100 ? line : `${clipped(line, 99)}…`;
}
