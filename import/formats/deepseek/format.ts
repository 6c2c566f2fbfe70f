import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { ConversationItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { onlyOnce } from '../conversations/only-once.ts';
import { buildPrepared } from '../conversations/prepared.ts';
import type { Format, OpenedFile } from '../format.ts';
import { readJsonArray } from '../json/read-array.ts';
import { asString, isObject } from '../json/values.ts';
import type { ReadState } from '../read-state.ts';
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

async function* readExport(
  { absolute, label }: OpenedFile,
  settings: ReadSettings,
  state: ReadState,
): AsyncGenerator<ConversationItem | SkippedItem> {
  const list = {
    absolute,
    label,
    noun: 'conversations',
    limit: settings.maxConversationBytes,
    onBytes: settings.onBytes,
  };
  for await (const item of readJsonArray(list, (value, place) => conversationOf(value, place, settings.now)))
    yield onlyOnce(item, label, state);
}

/** An export of DeepSeek: a tree as ChatGPT has it, whose messages are fragments. */
export const deepseek: Format = (file, settings, state) => {
  const text = file.beginning.trimStart();
  const isExport =
    /^(?:\[\s*)?\{/.test(text) &&
    /"mapping"\s*:\s*\{/.test(text) &&
    /"inserted_at"\s*:/.test(text) &&
    !/"create_time"\s*:/.test(text);
  return isExport ? readExport(file, settings, state) : null;
};
