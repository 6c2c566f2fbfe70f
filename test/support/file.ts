import type { RunnerTestFile, RunnerTestSuite } from 'vitest';

// Files take turns in one process (test/support/sharing.ts), and what they import is evaluated once for all of them: so what
// belongs to one file begins and ends here.
let current: RunnerTestFile | undefined;
const ends: (() => Promise<void>)[] = [];

/** The test file that runs. */
export const testFile = (): RunnerTestFile | undefined => current;

/** Whether a test of a file, or a suite, has failed. */
export function hasFailed(suite: RunnerTestSuite | RunnerTestFile): boolean {
  if (suite.result?.state === 'fail') return true;
  return suite.tasks.some((task) =>
    task.type === 'suite' ? hasFailed(task) : task.result?.state === 'fail',
  );
}

/** Has something done at the end of the file, when its own hooks have run. */
export function atEndOfFile(work: () => Promise<void>): void {
  ends.push(work);
}

export function beginFile(file: RunnerTestFile): void {
  current = file;
}

export async function endFile(): Promise<void> {
  for (const work of ends.splice(0).reverse()) await work();
}
