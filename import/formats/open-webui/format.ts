import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { ConversationItem, FeedbackItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { modelName } from '../conversations/lay-out-messages.ts';
import { buildPrepared, type PreparedMessage } from '../conversations/prepared.ts';
import { readConversationList } from '../conversations/read-list.ts';
import { sourcesOf } from '../conversations/source-list.ts';
import type { Format } from '../format.ts';
import {
  asArray,
  asObject,
  asString,
  clipped,
  isObject,
  type JsonObject,
  present,
  shortString,
} from '../json/values.ts';
import { attachmentsOf, citationsOf, readAnswer } from './content.ts';

/** The thumb that was given to an answer, and why. */
function feedbackOf(annotation: unknown): FeedbackItem | null {
  const { rating, comment, reason } = asObject(annotation);
  const thumb = Number(rating);
  if (rating === null || !(thumb === 1 || thumb === -1)) return null;
  const words = [asString(comment), shortString(reason)].filter((text) => text !== null).join('\n\n');
  return {
    type: thumb === 1 ? 'positive' : 'negative',
    comment: words === '' ? null : clipped(words, limits.commentCharacters),
    givenAt: null,
  };
}

function messageOf(message: JsonObject, id: string, parent: string | null): PreparedMessage {
  const role = message.role === 'assistant' || message.role === 'user' ? message.role : 'system';
  const content = typeof message.content === 'string' ? message.content : '';
  const isAnswer = role === 'assistant';
  const parts = isAnswer
    ? readAnswer(content, message.output)
    : { text: content, thinking: [], toolCalls: [] };
  const failure = asString(asObject(message.error).content) ?? asString(message.error);
  return {
    ...parts,
    id,
    parent,
    role: parts.text === '' && failure !== null ? 'system' : role,
    text: parts.text === '' && failure !== null ? failure : parts.text,
    time: message.timestamp,
    model: isAnswer ? modelName(message.model ?? message.modelName) : null,
    attachments: attachmentsOf(message.files, id),
    feedback: isAnswer ? feedbackOf(message.annotation) : null,
    metadata: present({ ...sourcesOf(citationsOf(message.sources ?? message.citations)), error: failure }),
  };
}

/** The tree of a chat; of before there was one, its list. */
function messagesOf(chat: JsonObject): PreparedMessage[] {
  const tree = Object.entries(asObject(asObject(chat.history).messages));
  if (tree.length > 0)
    return tree
      .filter(([, message]) => isObject(message))
      .map(([id, message]) => messageOf(asObject(message), id, asString(asObject(message).parentId)));
  const list: PreparedMessage[] = [];
  for (const [i, message] of asArray(chat.messages).filter(isObject).entries()) {
    const previous = list.at(-1)?.id ?? null;
    const parent = message.parentId === undefined ? previous : asString(message.parentId);
    list.push(messageOf(message, asString(message.id) ?? `message-${i + 1}`, parent));
  }
  return list;
}

function conversationOf(parsed: unknown, place: string, now: Date): ConversationItem | SkippedItem {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  // One chat is exported with or without what is kept about it.
  const chat = isObject(value) && isObject(value.chat) ? value.chat : value;
  if (!isObject(value) || !isObject(chat)) return skipped(place, 'unsupported', 'not a chat');
  return buildPrepared(
    {
      importer: 'open-webui',
      id: asString(value.id) ?? asString(chat.id),
      title: asString(value.title) ?? asString(chat.title) ?? 'Untitled',
      place,
      createdAt: value.created_at ?? chat.timestamp,
      updatedAt: value.updated_at,
      model: modelName(asArray(chat.models)[0]),
      currentLeaf: asObject(chat.history).currentId,
      messages: messagesOf(chat),
      metadata: {
        is_archived: value.archived === true ? true : null,
        is_starred: value.pinned === true ? true : null,
        tags: asArray(asObject(value.meta).tags ?? chat.tags)
          .map(shortString)
          .filter((name) => name !== null),
        system: clipped(asString(chat.system) ?? asString(asObject(chat.params).system) ?? '', 10_000),
      },
      cleaned,
    },
    now,
  );
}

const CHAT =
  /"chat"\s*:\s*\{[\s\S]*"(?:history|messages)"\s*:|"history"\s*:\s*\{\s*"(?:messages|currentId)"\s*:/;

/** An export of Open WebUI: one chat, or a list of all. */
export const openWebui: Format = (file, settings, state) => {
  const text = file.beginning.trimStart();
  const isChats =
    /^(?:\[\s*)?\{/.test(text) &&
    CHAT.test(text) &&
    /"(?:childrenIds|currentId|parentId|models)"\s*:/.test(text);
  return isChats ? readConversationList(file, settings, state, conversationOf) : null;
};
