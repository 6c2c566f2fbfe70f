import type { Step, StepOptions, StepResult } from './steps.ts';

/** What a step came to, in the order of the list it was given in. */
export type Outcome = StepResult & { name: string; milliseconds: number };

/**
 * Runs steps, `atOnce` of them side by side, and tells `onDone` of each as it ends. A step that throws has failed; the
 * others still run.
 */
export async function runSteps(
  steps: Step[],
  options: StepOptions & { atOnce: number; onDone: (outcome: Outcome) => void },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = steps.entries();
  const work = async (): Promise<void> => {
    for (const [index, step] of waiting) {
      const started = performance.now();
      const result = await runStep(step, options);
      const outcome = { ...result, name: step.name, milliseconds: performance.now() - started };
      outcomes[index] = outcome;
      options.onDone(outcome);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  return outcomes;
}

async function runStep(step: Step, options: StepOptions): Promise<StepResult> {
  try {
    return await step.run(options);
  } catch (error) {
    return { ok: false, output: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** One line for a step, and below it, only when it failed, what it said. */
export function formatOutcome({ ok, name, output, milliseconds }: Outcome): string {
  const line = `${ok ? '✓' : '✗'} ${name} (${(milliseconds / 1000).toFixed(1)} s)`;
  if (ok || output === '') return line;
  return [line, ...output.split('\n').map((text) => (text === '' ? '' : `    ${text}`))].join('\n');
}
