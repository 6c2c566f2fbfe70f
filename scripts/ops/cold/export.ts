import type { Pool } from 'pg';
import { FINDINGS, print, say } from '../../../lib/cli.ts';
import { describeError, errorCode } from '../../../lib/errors.ts';
import { formatBytes } from '../../../lib/progress.ts';
import type { FileStorage } from '../../../lib/storage.ts';
import { type Candidate, candidates, storeConversation } from '../../../operations/cold/store.ts';
import { recorded } from '../../../operations/run.ts';
import { type Choice, demandChoice, SPOKEN, working } from './shared.ts';

/** Candidates that are asked for at once. */
const PAGE = 100;

interface Exported {
  stored: number;
  messages: number;
  fileBytes: number;
  bytesBefore: number;
  waiting: string[];
  problems: { conversationId: string; problem: string }[];
}

async function exportAll(
  pool: Pool,
  storage: FileStorage,
  { conversation, days, dryRun }: Choice & { days?: number },
  signal: AbortSignal,
): Promise<Exported> {
  const done: Exported = { stored: 0, messages: 0, fileBytes: 0, bytesBefore: 0, waiting: [], problems: [] };
  const choice = { conversationId: conversation, coldDays: days ?? (conversation ? 0 : undefined) };
  for (let after: string | null = null; !signal.aborted; ) {
    const page: Candidate[] = await candidates(pool, choice, after, PAGE);
    for (const one of page) {
      if (signal.aborted) break;
      try {
        const stored = dryRun ? undefined : await storeConversation(pool, storage, one);
        if (stored && stored.outcome !== 'stored') done.waiting.push(one.conversationId);
        else {
          done.stored += 1;
          done.messages += one.messages;
          done.fileBytes += stored?.bytes ?? 0;
          done.bytesBefore += stored?.bytesBefore ?? 0;
          if (done.stored % SPOKEN === 0) say(`${done.stored} conversations`);
        }
      } catch (error) {
        if (errorCode(error) === 'CQ507') throw error;
        done.problems.push({ conversationId: one.conversationId, problem: describeError(error) });
      }
    }
    after = page.at(-1)?.conversationId ?? null;
    if (page.length < PAGE) break;
  }
  return done;
}

export async function exportCold(options: Choice & { days?: number }): Promise<void> {
  demandChoice(options);
  const { data, conversation, json, dryRun } = options;
  await working(data, async (pool, storage, signal) => {
    const work = (): Promise<Exported> => exportAll(pool, storage, options, signal);
    const done = dryRun
      ? await work()
      : await recorded(pool, 'cold-export', async () => {
          const { waiting, problems, ...figures } = await work();
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
