import { print, table } from '../../../lib/cli.ts';
import { formatBytes } from '../../../lib/progress.ts';
import type { Applied } from '../../../operations/retention/apply.ts';
import { KINDS } from '../../../operations/retention/kinds.ts';
import type { Due } from '../../../operations/retention/preview.ts';

const HEAD = ['kind', 'rows', 'size', 'oldest'];

const day = (at: Date | null | undefined): string => at?.toISOString().slice(0, 10) ?? '';

function why({ keepDays, decidedBy }: Due): string {
  if (decidedBy === 'hold') return 'legal hold';
  if (decidedBy === 'nothing') return 'no policy';
  return `${keepDays === null ? 'for ever' : `${keepDays} days`} (${decidedBy})`;
}

/** One workspace: a line a kind, also of what is kept. */
export function printWorkspace(due: Due[]): void {
  const lines = due.map((one) => [
    one.kind,
    String(one.rows),
    formatBytes(one.bytes),
    day(one.oldestAt),
    String(one.partitions ?? ''),
    why(one),
  ]);
  print(table([[...HEAD, 'partitions', 'kept'], ...lines]));
}

/** All workspaces together: a line a kind of which something is due. */
export function printInstallation(due: Due[]): void {
  if (due.length === 0) print('Nothing is due.');
  const lines = KINDS.flatMap((kind) => {
    const some = due.filter((one) => one.kind === kind);
    const sum = (figure: 'rows' | 'bytes'): number => some.reduce((all, one) => all + one[figure], 0);
    const oldest = some.flatMap(({ oldestAt }) => oldestAt ?? []).sort((a, b) => +a - +b)[0];
    return some.length > 0
      ? [[kind, String(sum('rows')), formatBytes(sum('bytes')), day(oldest), String(some.length)]]
      : [];
  });
  if (lines.length > 0) print(table([[...HEAD, 'workspaces'], ...lines]));
}

/** What a run did. */
export function printApplied({ deleted, bytes, workspaces, problems, isDone }: Applied): void {
  const lines = Object.entries(deleted).map(([name, rows]) => [name, String(rows)]);
  print(lines.length > 0 ? table(lines, { numbers: true }) : 'Nothing was deleted.');
  if (lines.length > 0) print(`${formatBytes(bytes)}, in ${workspaces} workspaces.`);
  for (const { workspace, kind, error } of problems)
    print(`${kind} of ${workspace ?? 'no workspace'}: ${error}`);
  if (!isDone) print('The time was up: the next run goes on.');
}
