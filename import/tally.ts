import type { LeftOutKind } from './left-out.ts';
import type { SkippedItem, SkipReason } from './skipped.ts';

/** What the writer says about one item. */
export type Outcome = 'imported' | 'updated' | 'unchanged';
export type Counted =
  | 'documents'
  | 'uploads'
  | 'conversations'
  | 'messages'
  | 'files'
  | 'toolCalls'
  | 'feedback'
  | 'memories'
  | 'events';

/** Something that is in the database and cannot be searched: its file could not be read, or its text not be indexed. */
export interface Failure {
  source: string;
  code: string | null;
  reason: string;
}

/** What an earlier import brought from one place, and is not there any more. */
export interface GoneFound {
  name: string;
  /** Their identities, archived unless something keeps them. */
  sources: string[];
  /** How many more are gone that came from another place of the name. */
  elsewhere: number;
  kept: string | null;
}

export interface Tally {
  counts: Record<Counted, Record<Outcome, number>>;
  skipped: Map<SkipReason, { count: number; items: SkippedItem[] }>;
  leftOut: Map<LeftOutKind, { count: number; places: string[] }>;
  failures: Failure[];
  gone: GoneFound[];
}
