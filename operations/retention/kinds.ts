/** What retention deletes, as app_public.retention_kind has it. */
export const KINDS = [
  'raw_events',
  'imported_events',
  'usage_logs',
  'conversation_analytics',
  'files',
  'documents',
  'memory_items',
  'conversations',
  'audit_logs',
] as const;
export type Kind = (typeof KINDS)[number];

/** What a run, or its preview, is about. Without: everything. */
export interface Scope {
  kind?: Kind | undefined;
  workspace?: string | undefined;
}

/** A kind by its name in figures: rawEvents. */
export const figureOf = (kind: string): string =>
  kind.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
