import { FINDINGS, print, say } from '../../../lib/cli.ts';
import { formatBytes } from '../../../lib/progress.ts';
import { recallAll, storedConversations, type Which } from '../../../operations/cold/recall.ts';
import { recorded } from '../../../operations/run.ts';
import { type Choice, demandChoice, SPOKEN, working } from './shared.ts';

export async function recall(
  options: Choice & { workspace?: string; owner?: string; forGood?: boolean },
): Promise<void> {
  const { data, conversation, workspace, owner, json, dryRun, forGood } = options;
  if (!workspace && !owner) demandChoice(options);
  const which: Which = { conversationId: conversation, workspaceId: workspace, ownerId: owner };
  await working(data, async (pool, storage, signal) => {
    if (dryRun) {
      const found = { recalled: 0, bytes: 0 };
      for await (const row of storedConversations(pool, which)) {
        if (row.recalled_at !== null) continue;
        found.recalled += 1;
        found.bytes += Number(row.byte_size);
      }
      if (json) print(JSON.stringify({ dryRun, ...found }));
      else
        print(`${found.recalled} conversations would come back from files of ${formatBytes(found.bytes)}.`);
      return;
    }
    const result = await recorded(pool, 'cold-recall', async () => {
      const { problems, ...figures } = await recallAll(pool, storage, which, {
        forGood: forGood ?? false,
        signal,
        onOne: (n) => n > 0 && n % SPOKEN === 0 && say(`${n} conversations`),
      });
      return {
        outcome: signal.aborted ? ('stopped' as const) : ('succeeded' as const),
        details: { ...figures, problems: problems.length },
        problems,
        ...figures,
      };
    });
    const { recalled, released, bytes, problems } = result;
    if (json) print(JSON.stringify({ dryRun: false, recalled, released, bytes, problems }));
    else {
      print(
        `${recalled} conversations came back from files of ${formatBytes(bytes)}; ${released} files were let go of.`,
      );
      for (const { conversationId, problem } of problems) print(`${conversationId}: ${problem}`);
    }
    if (problems.length > 0) process.exitCode = FINDINGS;
  });
}
