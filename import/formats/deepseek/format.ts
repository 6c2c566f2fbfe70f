import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { ConversationItem } from '../../items.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { buildPrepared } from '../conversations/prepared.ts';
import { readConversationList } from '../conversations/read-list.ts';
import type { Format } from '../format.ts';
import { asString, isObject } from '../json/values.ts';
import { readMessages } from './messages.ts';

function conversationOf(parsed: unknown, place: string, now: Date): ConversationItem | SkippedItem {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  if (!isObject(value) || !isObject(value.mapping))
    return skipped(place, 'unsupported', 'not a conversation: no "mapping"');
  return buildPrepared(
    {
      importer: 'deepseek',
      id: asString(value.id),
      title: asString(value.title) ?? 'Untitled',
      place,
      createdAt: value.inserted_at,
      updatedAt: value.updated_at,
      messages: readMessages(value.mapping),
      cleaned,
    },
    now,
  );
}

/** An export of DeepSeek: a tree as ChatGPT has it, whose messages are fragments. */
export const deepseek: Format = (file, settings, state) => {
  const text = file.beginning.trimStart();
  const isExport =
    /^(?:\[\s*)?\{/.test(text) &&
    /"mapping"\s*:\s*\{/.test(text) &&
    /"inserted_at"\s*:/.test(text) &&
    !/"create_time"\s*:/.test(text);
  return isExport ? readConversationList(file, settings, state, conversationOf) : null;
};
