import { table } from '../lib/cli.ts';
import type { ImportItem } from './items.ts';
import type { CountLeftOut, LeftOutKind } from './left-out.ts';
import { damage, type SkippedItem } from './skipped.ts';
import { renderRest } from './summary-lines.ts';
import type { Counted, Failure, GoneFound, Outcome, Tally } from './tally.ts';

const OUTCOMES: Outcome[] = ['imported', 'updated', 'unchanged'];
/** In the order of the report, with their names there. */
const COUNTED: [Counted, string][] = [
  ['documents', 'documents'],
  ['uploads', 'files to read'],
  ['conversations', 'conversations'],
  ['messages', 'messages'],
  ['files', 'attachments'],
  ['toolCalls', 'tool calls'],
  ['feedback', 'feedback'],
  ['memories', 'memories'],
  ['events', 'events'],
];
/** Those that are shown even when there is none. */
const ALWAYS: ReadonlySet<Counted> = new Set<Counted>(['documents', 'conversations', 'messages']);
/** How many names are kept per reason without --verbose. */
const NAMES = 3;

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
  /** Adds what is gone from one place. */
  lose(gone: GoneFound): void;
  /** Adds what could not be made searchable. */
  fail(failures: Failure[]): void;
  /** Whether something was skipped that was meant to be imported, or cannot be searched. */
  isDamaged(): boolean;
  /** Whether all there was is in the database: nothing skipped, left out or failed. */
  isWhole(): boolean;
  render(): string;
  toJSON(): object;
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
      memories: none(),
      events: none(),
    },
    skipped: new Map(),
    leftOut: new Map(),
    failures: [],
    gone: [],
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
    lose(gone) {
      if (gone.sources.length + gone.elsewhere > 0) tally.gone.push(gone);
    },
    fail(failures) {
      tally.failures.push(...failures);
    },
    found() {
      const { documents, uploads, conversations, memories, events } = tally.counts;
      return OUTCOMES.reduce(
        (sum, outcome) =>
          sum +
          documents[outcome] +
          uploads[outcome] +
          conversations[outcome] +
          memories[outcome] +
          events[outcome],
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
      return [
        table([['', ...heads], ...rows], { numbers: true }),
        '',
        ...renderRest(tally, { verbose, dryRun }),
      ].join('\n');
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
