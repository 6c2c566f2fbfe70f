import type { Pool } from 'pg';
import { describeError, errorCode } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { type Choice, candidates, storeConversation } from './store.ts';

/** What a run put into files. */
export interface StoredAll {
  stored: number;
  messages: number;
  fileBytes: number;
  bytesBefore: number;
  /** Conversations that somebody has in hand, or that a hold came to: for a later run. */
  waiting: string[];
  problems: { conversationId: string; problem: string }[];
  /** Whether all were looked at; else the next run goes on. */
  isDone: boolean;
}

interface Run {
  isTimeUp(): boolean;
  /** Only says what would be done. */
  dryRun?: boolean | undefined;
  onStored?(soFar: number): void;
  onProblem?(conversationId: string, problem: string): void;
}

/** Candidates that are asked for at once: each is read again when its turn comes. */
const PAGE = 100;

/**
 * Puts what is cold into files, one conversation after the other. What fails is left and told, and the others go on; without room nothing would.
 * @param pool  of colloquy_worker
 * @throws ColloquyError CQ507 the storage has no room
 */
export async function storeAll(
  pool: Pool,
  storage: FileStorage,
  choice: Choice,
  { isTimeUp, dryRun = false, onStored, onProblem }: Run,
): Promise<StoredAll> {
  const done: StoredAll = {
    stored: 0,
    messages: 0,
    fileBytes: 0,
    bytesBefore: 0,
    waiting: [],
    problems: [],
    isDone: false,
  };
  for (let after: string | null = null; !isTimeUp(); ) {
    const page = await candidates(pool, choice, after, PAGE);
    for (const one of page) {
      if (isTimeUp()) return done;
      try {
        const stored = dryRun ? undefined : await storeConversation(pool, storage, one);
        if (stored && stored.outcome !== 'stored') {
          done.waiting.push(one.conversationId);
          continue;
        }
        done.stored += 1;
        done.messages += one.messages;
        done.fileBytes += stored?.bytes ?? 0;
        done.bytesBefore += stored?.bytesBefore ?? 0;
        onStored?.(done.stored);
      } catch (error) {
        if (errorCode(error) === 'CQ507') throw error;
        const problem = { conversationId: one.conversationId, problem: describeError(error) };
        done.problems.push(problem);
        onProblem?.(problem.conversationId, problem.problem);
      }
    }
    if (page.length < PAGE) return { ...done, isDone: true };
    after = page.at(-1)!.conversationId;
  }
  return done;
}
