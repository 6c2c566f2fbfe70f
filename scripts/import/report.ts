import type { Summary } from '../../import/summary.ts';
import { formatSeconds } from '../../lib/progress.ts';
import { describeHold, type IndexingState } from '../shared/indexing.ts';
import type { BroughtState } from './brought.ts';

/** How far what was imported is, and what holds it back. */
export interface Indexed {
  state: BroughtState;
  workspace: IndexingState;
}

/** What there is to say about a run besides its summary. */
export interface RunFacts {
  dryRun: boolean;
  /** It came to its end: neither interrupted nor failed. */
  isWhole: boolean;
  /** Whether it was to wait for the indexing. */
  waited: boolean;
  seconds: number;
  /** Null when it was not asked for. */
  indexing: Indexed | null;
  /** Nobody else has the database open, so nobody else indexes. */
  isAlone: boolean;
}

/** `1,130 of 3,000 by their words, and 45,000 passages by meaning`. */
function describeMissing({ items, waiting, passages, withVector }: BroughtState): string {
  const number = (count: number) => count.toLocaleString('en');
  const vectors = passages - withVector;
  const words = waiting === 0 ? '' : `${number(waiting)} of ${number(items)} by their words`;
  if (vectors === 0) return words;
  return `${words}${words && ', and '}${number(vectors)} passage${vectors === 1 ? '' : 's'} by meaning`;
}

/** What happens, or has to happen, until the search finds it all. */
function describeIndexing({ state, workspace }: Indexed, summary: Summary, facts: RunFacts): string {
  if (state.isComplete) {
    if (summary.isWhole()) return 'Everything is searchable.';
    return state.failures.length === 0
      ? 'What was imported is searchable; what was not is listed above.'
      : `${state.items - state.failures.length} of ${state.items} are searchable as a whole; the others are listed above.`;
  }
  const missing = describeMissing(state);
  const hold = describeHold(workspace);
  if (facts.waited)
    return `Not everything is searchable yet: ${missing}${hold && `, ${hold}`}. A running server goes on with it.`;
  return facts.isAlone
    ? `Still to be found: ${missing}. npm start does it, or this command with --wait.`
    : `Still to be found: ${missing}${hold && `, ${hold}`}; the running server does it (--wait waits for that).`;
}

export function reportText(summary: Summary, facts: RunFacts): string {
  const { dryRun, isWhole, seconds, indexing } = facts;
  const lines = [summary.render(), ''];
  const time = formatSeconds(seconds);
  if (!isWhole) lines.push(`Stopped after ${time}.`);
  else if (dryRun) lines.push(`Read in ${time}. Nothing was written (--dry-run).`);
  else lines.push(`Done in ${time}.`);
  if (indexing !== null) lines.push(describeIndexing(indexing, summary, facts));
  if (!isWhole && !dryRun)
    lines.push('What was imported is kept. Run the same command again: it goes on from there.');
  return lines.join('\n');
}

export function reportJson(summary: Summary, { dryRun, isWhole, seconds, indexing }: RunFacts): string {
  const { failures: _, ...state } = indexing?.state ?? { failures: [] };
  return JSON.stringify({
    ...summary.toJSON(),
    dryRun,
    isWhole,
    indexing: indexing && { ...state, paused: indexing.workspace.paused },
    seconds: Math.round(seconds * 1000) / 1000,
  });
}
