import { table } from '../lib/cli.ts';
import type { ImportItem } from './items.ts';
import { type CountLeftOut, type LeftOutKind, leftOutKinds } from './left-out.ts';
import { damage, type SkippedItem, type SkipReason, skipReasons } from './skipped.ts';

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
  | 'events';

const OUTCOMES: Outcome[] = ['imported', 'updated', 'unchanged'];
/** In the order of the report, with their names there. */
const COUNTED: [Counted, string][] = [
  ['documents', 'documents'],
  ['uploads', 'PDF and DOCX'],
  ['conversations', 'conversations'],
  ['messages', 'messages'],
  ['files', 'attachments'],
  ['toolCalls', 'tool calls'],
  ['feedback', 'feedback'],
  ['events', 'events'],
];
/** Those that are shown even when there is none. */
const ALWAYS: ReadonlySet<Counted> = new Set<Counted>(['documents', 'conversations', 'messages']);
/** How many names are kept per reason without --verbose. */
const NAMES = 3;
/** And how many of what cannot be searched: each has a reason of its own. */
const FAILURES = 20;

/** Something that is in the database and cannot be searched: its file could not be read, or its text not be indexed. */
export interface Failure {
  source: string;
  code: string | null;
  reason: string;
}

export interface Tally {
  counts: Record<Counted, Record<Outcome, number>>;
  skipped: Map<SkipReason, { count: number; items: SkippedItem[] }>;
  leftOut: Map<LeftOutKind, { count: number; places: string[] }>;
  failures: Failure[];
}

export interface Summary {
  readonly tally: Tally;
  count(what: Counted, outcome: Outcome, number?: number): void;
  skip(item: SkippedItem): void;
  /** Counts what belongs to no item. */
  leaveOut: CountLeftOut;
  /** Counts what an item says that it lost. */
  leaveOutOf(item: ImportItem): void;
  /** How many documents, files, conversations and events were dealt with. */
  found(): number;
  /** Adds what could not be made searchable. */
  fail(failures: Failure[]): void;
  /** Whether something was skipped that was meant to be imported, or cannot be searched. */
  isDamaged(): boolean;
  /** Whether all there was is in the database: nothing skipped, left out or failed. */
  isWhole(): boolean;
  render(): string;
  toJSON(): object;
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}

function renderSkipped({ skipped }: Tally): string[] {
  const groups = [...skipped].sort(([, a], [, b]) => b.count - a.count);
  const total = groups.reduce((sum, [, group]) => sum + group.count, 0);
  if (total === 0) return [];
  const lines = [`Skipped ${total}:`];
  for (const [reason, { count, items }] of groups) {
    lines.push(`  ${count} ${reason} (${skipReasons[reason]})`);
    for (const item of items) lines.push(`    ${printable(item.source)}: ${printable(item.detail)}`);
    if (items.length < count) lines.push(`    … and ${count - items.length} more (--verbose names them all)`);
  }
  return lines;
}

function renderFailures({ failures }: Tally, verbose: boolean): string[] {
  if (failures.length === 0) return [];
  const shown = verbose ? failures : failures.slice(0, FAILURES);
  const lines = [`Cannot be searched ${failures.length}:`];
  for (const { source, code, reason } of shown)
    lines.push(`  ${printable(source)}: ${printable(reason)}${code === null ? '' : ` (${code})`}`);
  if (shown.length < failures.length)
    lines.push(`  … and ${failures.length - shown.length} more (--verbose names them all)`);
  return lines;
}

function renderLeftOut({ leftOut }: Tally): string[] {
  if (leftOut.size === 0) return [];
  const lines = ['Left out of what was read:'];
  for (const [kind, { count, places }] of [...leftOut].sort(([, a], [, b]) => b.count - a.count)) {
    lines.push(`  ${count} ${kind} (${leftOutKinds[kind]})`);
    for (const place of places) lines.push(`    ${printable(place)}`);
  }
  return lines;
}

/**
 * Counts what happened and says it at the end.
 * @param options.verbose keep the name of everything skipped, not of a few
 * @param options.dryRun  nothing is written: there is only what was found
 */
export function createSummary({
  verbose = false,
  dryRun = false,
}: {
  verbose?: boolean;
  dryRun?: boolean;
} = {}): Summary {
  const shown: Outcome[] = dryRun ? ['imported'] : OUTCOMES;
  const none = () => ({ imported: 0, updated: 0, unchanged: 0 });
  const tally: Tally = {
    counts: {
      documents: none(),
      uploads: none(),
      conversations: none(),
      messages: none(),
      files: none(),
      toolCalls: none(),
      feedback: none(),
      events: none(),
    },
    skipped: new Map(),
    leftOut: new Map(),
    failures: [],
  };
  const leaveOut: CountLeftOut = (kind, count = 1, where) => {
    if (count <= 0) return;
    const group = tally.leftOut.get(kind) ?? { count: 0, places: [] };
    group.count += count;
    if (where !== undefined && (verbose || group.places.length < NAMES)) group.places.push(where);
    tally.leftOut.set(kind, group);
  };
  return {
    tally,
    count(what, outcome, number = 1) {
      tally.counts[what][outcome] += number;
    },
    skip(item) {
      const group = tally.skipped.get(item.reason) ?? { count: 0, items: [] };
      group.count++;
      if (verbose || group.items.length < NAMES) group.items.push(item);
      tally.skipped.set(item.reason, group);
    },
    leaveOut,
    leaveOutOf({ leftOut = {}, source }) {
      for (const [kind, count] of Object.entries(leftOut))
        leaveOut(kind as LeftOutKind, count, verbose ? source : undefined);
    },
    fail(failures) {
      tally.failures.push(...failures);
    },
    found() {
      const { documents, uploads, conversations, events } = tally.counts;
      return OUTCOMES.reduce(
        (sum, outcome) =>
          sum + documents[outcome] + uploads[outcome] + conversations[outcome] + events[outcome],
        0,
      );
    },
    isDamaged() {
      return tally.failures.length > 0 || [...tally.skipped.keys()].some((reason) => damage.has(reason));
    },
    isWhole() {
      return tally.failures.length + tally.skipped.size + tally.leftOut.size === 0;
    },
    render() {
      const rows = COUNTED.filter(
        ([what]) => ALWAYS.has(what) || OUTCOMES.some((outcome) => tally.counts[what][outcome] > 0),
      ).map(([what, name]) => [name, ...shown.map((outcome) => String(tally.counts[what][outcome]))]);
      const heads = dryRun ? ['found'] : shown;
      const passedOver = [
        ...renderFailures(tally, verbose),
        ...renderSkipped(tally),
        ...renderLeftOut(tally),
      ];
      if (passedOver.length === 0) passedOver.push('Nothing was skipped, and nothing left out.');
      return [table([['', ...heads], ...rows], { numbers: true }), '', ...passedOver].join('\n');
    },
    toJSON() {
      const skipped = [...tally.skipped].map(([reason, { count, items }]) => ({
        reason,
        count,
        items: items.map(({ source, detail }) => ({ source, detail })),
      }));
      const found = COUNTED.map(([what]) => [what, tally.counts[what].imported]);
      const leftOut = [...tally.leftOut].map(([kind, group]) => ({ kind, ...group }));
      return {
        ...(dryRun ? { found: Object.fromEntries(found) } : tally.counts),
        skipped,
        leftOut,
        failed: tally.failures,
      };
    },
  };
}
