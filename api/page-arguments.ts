/** What a page of a list is asked for with, in this order. */
export const PAGE_ARGUMENTS = ['first', 'last', 'after', 'before', 'orderBy', 'filter'] as const;

/** Their values. */
export type PageArguments = [
  first: number | null | undefined,
  last: number | null | undefined,
  after: string | null | undefined,
  before: string | null | undefined,
  orderBy: readonly unknown[] | null | undefined,
  filter: object | null | undefined,
];

/** What a cursor of an order holds behind the name of the order; nothing of one that was not made here. */
export function keysOf(cursor: string | null | undefined): unknown[] {
  if (cursor == null) return [];
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64').toString('utf8'));
    return Array.isArray(keys) ? keys.slice(1) : [];
  } catch {
    return [];
  }
}
