import type { ConversationItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import type { SkippedItem } from '../../skipped.ts';
import type { OpenedFile } from '../format.ts';
import { readJsonArray } from '../json/read-array.ts';
import type { ReadState } from '../read-state.ts';
import { onlyOnce } from './only-once.ts';

/**
 * Reads a file with one conversation, or with a list of them, each of them once.
 * @param conversationOf  what an entry is; the place is how it is named to a person
 * @param within  where the list begins when it lies inside an object, as of JsonArrayFile
 */
export async function* readConversationList(
  { absolute, label }: OpenedFile,
  settings: ReadSettings,
  state: ReadState,
  conversationOf: (value: unknown, place: string, now: Date) => ConversationItem | SkippedItem,
  within?: RegExp,
): AsyncGenerator<ConversationItem | SkippedItem> {
  const list = {
    absolute,
    label,
    noun: 'conversations',
    limit: settings.maxConversationBytes,
    onBytes: settings.onBytes,
    ...(within && { within }),
  };
  for await (const item of readJsonArray(list, (value, place) => conversationOf(value, place, settings.now)))
    yield onlyOnce(item, label, state);
}
