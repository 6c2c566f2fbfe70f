import type { Summary } from '../../import/summary.ts';
import { formatSeconds } from '../../lib/progress.ts';
import { describeWaiting, type IndexingState } from '../shared/indexing.ts';

/** What there is to say about a run besides its summary. */
export interface RunFacts {
  dryRun: boolean;
  /** It came to its end: neither interrupted nor failed. */
  isWhole: boolean;
  /** Whether it was to wait for the indexing. */
  waited: boolean;
  seconds: number;
  /** Null when it was not asked for. */
  indexing: IndexingState | null;
  /** Nobody else has the database open, so nobody else indexes. */
  isAlone: boolean;
}

/** What happens, or has to happen, until the search finds it all. */
function describeIndexing(state: IndexingState, { isAlone, waited }: RunFacts): string {
  if (state.isComplete) return 'Everything is searchable.';
  const waiting = describeWaiting(state);
  if (waited) return `Not everything is searchable yet: ${waiting} left. A running server goes on with it.`;
  return isAlone
    ? `Still to be indexed: ${waiting}. npm start does it, or this command with --wait.`
    : `Still to be indexed: ${waiting}; searchable when the running server has done it (--wait waits for that).`;
}

export function reportText(summary: Summary, facts: RunFacts): string {
  const { dryRun, isWhole, seconds, indexing } = facts;
  const lines = [summary.render(), ''];
  const time = formatSeconds(seconds);
  if (!isWhole) lines.push(`Stopped after ${time}.`);
  else if (dryRun) lines.push(`Read in ${time}. Nothing was written (--dry-run).`);
  else lines.push(`Done in ${time}.`);
  if (indexing !== null) lines.push(describeIndexing(indexing, facts));
  if (!isWhole && !dryRun)
    lines.push('What was imported is kept. Run the same command again: it goes on from there.');
  return lines.join('\n');
}

export function reportJson(summary: Summary, { dryRun, isWhole, seconds, indexing }: RunFacts): string {
  return JSON.stringify({
    ...summary.toJSON(),
    dryRun,
    isWhole,
    indexing,
    seconds: Math.round(seconds * 1000) / 1000,
  });
}
