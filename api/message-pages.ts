import { isUuid } from '../lib/uuid.ts';
import { DEFAULT_PAGE_SIZE } from './limits/values.ts';
import { keysOf, type PageArguments } from './page-arguments.ts';
import { bounded } from './plugins/pages.ts';

/** The messages that a page can be made of. */
export interface MessagePage {
  /** Ids of the messages before the first and after the last. */
  after: string | null;
  before: string | null;
  size: number;
  /** From which end they are counted. */
  newestFirst: boolean;
}

/** Orders that are the order of ids, and whether it is backwards. */
const DESCENDING = new Map<unknown, boolean>([
  ['PRIMARY_KEY_ASC', false],
  ['PRIMARY_KEY_DESC', true],
  ['ID_ASC', false],
  ['ID_DESC', true],
]);

/** The id that a cursor of such an order holds. PostGraphile refuses what is no cursor of its order. */
function idOf(cursor: string | null | undefined): string | null {
  const [id] = keysOf(cursor);
  return isUuid(id) ? id : null;
}

/** The page that is asked for, and one message more, which tells whether there is another; null where it is no page of ids. */
export function pageOf(...[first, last, after, before, orderBy, filter]: PageArguments): MessagePage | null {
  const descending = orderBy?.length === 1 ? DESCENDING.get(orderBy[0]) : undefined;
  if (filter != null || descending === undefined) return null;
  const [above, below] = descending ? [before, after] : [after, before];
  return {
    after: idOf(above),
    before: idOf(below),
    size: bounded(first ?? last ?? DEFAULT_PAGE_SIZE) + 1,
    newestFirst: (first == null && last != null) !== descending,
  };
}
