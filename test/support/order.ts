import { readFileSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { roomOf } from './sharing.ts';

/** What takes seconds: tests that say so, then processes, servers and whole databases. */
const SLOW = [
  /\bLONG\b/,
  /\b(spawn|execFile|ops|migrate|startTestApi|startWorker|createEmbedded|copyEmbedded|openOwnServer|scratchServer|openProvider)\(/,
];

/** Begins with the files that take long, so that no worker is left alone with one at the end of the run. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const text = readFileSync(moduleId, 'utf8');
      const found = SLOW.findIndex((pattern) => pattern.test(text));
      return found < 0 ? SLOW.length : found;
    };
    const ranks = new Map(sorted.map((file) => [file, rank(file)] as const));
    // within a rank by room: they share a process
    return sorted.toSorted(
      (a, b) => ranks.get(a)! - ranks.get(b)! || roomOf(a.moduleId).localeCompare(roomOf(b.moduleId)),
    );
  }
}
