import { type ConversationItem, nameOf } from '../../items.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';

/** A conversation that was read before in this run is skipped: another file has it too. */
export function onlyOnce(
  item: ConversationItem | SkippedItem,
  label: string,
  { items }: { items: Set<string> },
): ConversationItem | SkippedItem {
  if (item.kind === 'skipped') return item;
  if (items.has(item.source)) return skipped(nameOf(item), 'duplicate', `a second time in ${label}`);
  items.add(item.source);
  return item;
}
