import { isUuid } from '../lib/uuid.ts';
import { DEFAULT_PAGE_SIZE } from './limits/values.ts';
import { keysOf, type PageArguments } from './page-arguments.ts';
import { bounded } from './plugins/pages.ts';

/** The conversations that a page of the newest can be made of. */
export interface ConversationPage {
  /** Time of the last message, and id, of the conversation before the page. */
  at: string | null;
  id: string | null;
  size: number;
}

/** How a time stands in a cursor: as PostgreSQL writes it. */
const TIME = /^\d{4,6}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d(?::?\d\d)?$/;
/** Orders that are by the time of the last message, the newest first; equal times by id, backwards. */
const NEWEST = [
  ['LAST_MESSAGE_AT_DESC', 'PRIMARY_KEY_DESC'],
  ['LAST_MESSAGE_AT_DESC', 'ID_DESC'],
];

function placeOf(cursor: string | null | undefined): { at: string; id: string } | null {
  const [at, id] = keysOf(cursor);
  return typeof at === 'string' && TIME.test(at) && isUuid(id) ? { at, id } : null;
}

/** The page that is asked for, and one conversation more, which tells whether there is another; null where it is no page of the newest. */
export function newestPageOf(
  ...[first, last, after, before, orderBy, filter]: PageArguments
): ConversationPage | null {
  if (filter != null || last != null || before != null || !orderBy) return null;
  if (!NEWEST.some((order) => orderBy.every((one, n) => one === order[n]))) return null;
  const place = placeOf(after);
  // what is no cursor of this order, PostGraphile refuses
  if (orderBy.length === 0 || (after != null && !place)) return null;
  return { at: place?.at ?? null, id: place?.id ?? null, size: bounded(first ?? DEFAULT_PAGE_SIZE) + 1 };
}
