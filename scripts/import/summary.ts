import { type SkippedItem, type SkipReason, skipReasons } from './items.ts';

/** What the writer says about one item. */
export type Outcome = 'imported' | 'updated' | 'unchanged';
export type Counted = 'documents' | 'conversations' | 'messages';

const OUTCOMES: Outcome[] = ['imported', 'updated', 'unchanged'];
const COUNTED: Counted[] = ['documents', 'conversations', 'messages'];
/** How many names are kept per reason without --verbose. */
const NAMES = 3;

export interface Tally {
  counts: Record<Counted, Record<Outcome, number>>;
  skipped: Map<SkipReason, { count: number; items: SkippedItem[] }>;
}

export interface Summary {
  readonly tally: Tally;
  count(what: Counted, outcome: Outcome, number?: number): void;
  skip(item: SkippedItem): void;
  render(): string;
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}

function table(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

function renderSkipped({ skipped }: Tally): string[] {
  const groups = [...skipped].sort(([, a], [, b]) => b.count - a.count);
  const total = groups.reduce((sum, [, group]) => sum + group.count, 0);
  if (total === 0) return ['Nothing was skipped.'];
  const lines = [`Skipped ${total}:`];
  for (const [reason, { count, items }] of groups) {
    lines.push(`  ${count} ${reason} (${skipReasons[reason]})`);
    for (const item of items) lines.push(`    ${printable(item.source)}: ${printable(item.detail)}`);
    if (items.length < count) lines.push(`    … and ${count - items.length} more (--verbose names them all)`);
  }
  return lines;
}

/** Counts what happened and says it at the end. With `verbose` every skipped name is kept, otherwise a few. */
export function createSummary({ verbose = false }: { verbose?: boolean } = {}): Summary {
  const none = () => ({ imported: 0, updated: 0, unchanged: 0 });
  const tally: Tally = {
    counts: { documents: none(), conversations: none(), messages: none() },
    skipped: new Map(),
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
    render() {
      const rows = COUNTED.map((what) => [
        what,
        ...OUTCOMES.map((outcome) => String(tally.counts[what][outcome])),
      ]);
      return [...table([['', ...OUTCOMES], ...rows]), '', ...renderSkipped(tally)].join('\n');
    },
  };
}
