import { reasonToStay } from '../logical/staying-away.ts';
import type { Table } from '../logical/tables.ts';

/** What stays away from a database of which it was a part, and still goes along to another installation. */
const GOES_ALONG = new Set(['app_public.usage_logs']);

/** What does not go to another installation, with the reason; what it has besides comes from what stays away from any database. */
const STAYS: Record<string, string> = {
  'app_private.workspace_quotas': 'what an administrator of the other installation allowed',
  'app_hidden.conversation_archives': 'packed conversations go as their messages, and are packed there again',
  'app_hidden.conversation_archive_parts':
    'packed conversations go as their messages, and are packed there again',
  'app_hidden.conversation_files': 'packed conversations go as their messages, and are packed there again',
  'app_hidden.embedding_failures': 'the other installation tries it with its own models',
  'app_hidden.embedding_refusals': 'the other installation has budgets and models of its own',
  'app_public.webhooks': 'its key stays, and whoever is told is told by one installation',
  'app_public.workspace_exports': 'its archive stays, and is a part of itself otherwise',
  'app_public.webhook_deliveries': 'they go with their webhook',
  'app_hidden.cutting_failures': 'the other installation tries it again',
};

/** Goes along to be read, and into no table: nothing is added to the past of a log. */
export const HISTORY = 'app_public.audit_logs';

/** Comes last: what it covers may not change any more. */
const LAST = new Set(['app_public.legal_holds']);
export const isLast = (table: string): boolean => LAST.has(table);

/** Why the rows of a table do not go along; undefined when they do. */
export function reasonNotToCross(table: string): string | undefined {
  if (GOES_ALONG.has(table)) return undefined;
  return STAYS[table] ?? reasonToStay(table);
}

/** For the tests: each of them is a table. */
export const namedNotToCross = (): string[] => [...Object.keys(STAYS), ...GOES_ALONG, ...LAST, HISTORY];

/** The order of rows in an archive: what is referred to comes first. */
export const inArchiveOrder = (tables: readonly Table[]): Table[] => [
  ...tables.filter(({ name }) => !isLast(name)),
  ...tables.filter(({ name }) => isLast(name)),
];
