import { FINDINGS, print, say } from '../../../lib/cli.ts';
import { formatBytes } from '../../../lib/progress.ts';
import { type StoredAll, storeAll } from '../../../operations/cold/store-all.ts';
import { recorded } from '../../../operations/run.ts';
import { type Choice, demandChoice, SPOKEN, working } from './shared.ts';

export async function exportCold(options: Choice & { days?: number }): Promise<void> {
  demandChoice(options);
  const { data, conversation, json, dryRun, days } = options;
  const choice = { conversationId: conversation, coldDays: days ?? (conversation ? 0 : undefined) };
  await working(data, async (pool, storage, signal) => {
    const work = (): Promise<StoredAll> =>
      storeAll(pool, storage, choice, {
        isTimeUp: () => signal.aborted,
        dryRun,
        onStored: (soFar) => soFar % SPOKEN === 0 && say(`${soFar} conversations`),
      });
    const done = dryRun
      ? await work()
      : await recorded(pool, 'cold-export', async () => {
          const { waiting, problems, isDone: _, ...figures } = await work();
          return {
            outcome: signal.aborted ? ('stopped' as const) : ('succeeded' as const),
            details: { ...figures, waiting: waiting.length, problems: problems.length },
            waiting,
            problems,
            ...figures,
          };
        });
    const { stored, messages, fileBytes, bytesBefore, waiting, problems } = done;
    if (json) {
      const report = { stored, messages, fileBytes, bytesBefore, waiting, problems };
      print(JSON.stringify({ dryRun: dryRun === true, ...report }));
    } else {
      print(
        dryRun
          ? `${stored} conversations with ${messages} messages would be put into files.`
          : `${stored} conversations with ${messages} messages are in files of ${formatBytes(fileBytes)}, and took ${formatBytes(bytesBefore)} before.`,
      );
      if (waiting.length > 0) print(`In use, for the next run: ${waiting.join(', ')}`);
      for (const { conversationId, problem } of problems) print(`${conversationId}: ${problem}`);
      if (conversation && stored + waiting.length + problems.length === 0)
        print('It is not cold, is in a file already, or is not there: npm run ops -- cold status');
    }
    if (problems.length > 0) process.exitCode = FINDINGS;
  });
}
