import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { z } from 'zod';
import { ColloquyError } from '../../../lib/errors.ts';
import { bm25, type Terms } from './bm25.ts';
import { type Client, MODES, RequestError } from './client.ts';
import { questionTerms } from './documents.ts';
import { termsOf } from './lexemes.ts';
import { type Estimate, estimate } from './metrics.ts';

const dialogueSchema = z.object({
  title: z.string().min(1),
  language: z.string().default('english'),
  turns: z
    .array(
      z.object({
        speaker: z.string(),
        role: z.enum(['user', 'assistant', 'system', 'tool']),
        at: z.string(),
        text: z.string(),
      }),
    )
    .min(1),
  /** Evidence: the numbers of the turns that hold the answer, from 1. */
  questions: z
    .array(z.object({ text: z.string(), evidence: z.array(z.number().int().min(1)).min(1) }))
    .min(1),
});
export type Dialogue = z.infer<typeof dialogueSchema>;

export const DEPTHS = [5, 10, 20] as const;

export interface DialogueReport {
  dialogues: number;
  turns: number;
  questions: number;
  figures: {
    name: string;
    /** Share of the turns with the answer that is among the first 5, 10, 20 results, as mean over the questions. */
    shares: Record<`@${(typeof DEPTHS)[number]}`, Estimate>;
    zeroResults: number;
    failed: number;
    reason?: string;
  }[];
}

/** Reads every dialogue of a folder, in the order of their names. */
export function readDialogues(folder: string): Dialogue[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
  return names.map((name) => {
    const path = join(folder, name);
    const fail = (why: string): never => {
      throw new ColloquyError('CQ050', `${path} cannot be read: ${why}.`, {
        hint: 'docs/search-quality.md has the form of a dialogue.',
      });
    };
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      return fail((error as Error).message);
    }
    const parsed = dialogueSchema.safeParse(value);
    if (!parsed.success) return fail(z.prettifyError(parsed.error));
    const { turns, questions } = parsed.data;
    const far = questions.find(({ evidence }) => evidence.some((turn) => turn > turns.length));
    if (far) return fail(`"${far.text}" names a turn that is not there`);
    return parsed.data;
  });
}

interface Page {
  nodes: { id: string; sequenceNumber: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
}

/** Imports a dialogue as one line of messages. Returns the number of each turn by the id of its message. */
export async function importDialogue(client: Client, dialogue: Dialogue): Promise<Map<string, number>> {
  await client.setLanguage(dialogue.language);
  let before = 0;
  const messages = dialogue.turns.map(({ speaker, role, at, text }, index) => {
    // each later than the one it answers
    before = Math.max(Date.parse(at), before + 1);
    return {
      externalId: `turn-${index + 1}`,
      ...(index > 0 ? { parentExternalId: `turn-${index}` } : {}),
      role,
      content: text,
      createdAt: new Date(before).toISOString(),
      metadata: { speaker },
    };
  });
  const { importConversation } = await client.ask<{ importConversation: { importResult: { id: string } } }>(
    `mutation ($payload: JSON!) { importConversation(input: { payload: $payload }) { importResult { id } } }`,
    { payload: { source: 'dialogue', title: dialogue.title, messages } },
  );
  const { id } = importConversation.importResult;
  const turnOf = new Map<string, number>();
  let after: string | null = null;
  do {
    const reply: { conversation: { messages: Page } } = await client.ask(
      `query ($id: UUID!, $after: Cursor) {
         conversation(id: $id) {
           messages(first: 1000, after: $after) { nodes { id sequenceNumber } pageInfo { hasNextPage endCursor } }
         }
       }`,
      { id, after },
    );
    const { nodes, pageInfo } = reply.conversation.messages;
    for (const message of nodes) turnOf.set(message.id, Number(message.sequenceNumber));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return turnOf;
}

/** Each turn with the words of the two before and the two after it: half of those next to it, a quarter of the others. */
export function withNeighbours(turns: readonly Terms[]): Terms[] {
  return turns.map((terms, place) => {
    const all = new Map(terms);
    for (const [distance, weight] of [
      [1, 0.5],
      [2, 0.25],
    ] as const) {
      for (const neighbour of [turns[place - distance], turns[place + distance]]) {
        for (const [term, count] of neighbour ?? []) all.set(term, (all.get(term) ?? 0) + weight * count);
      }
    }
    return all;
  });
}

/** Each dialogue is a workspace of its own, so that a question can find only what was said there. */
export async function measureDialogues(
  dialogues: readonly Dialogue[],
  clientOf: (index: number) => Promise<Client>,
  pool: Pool,
  say: (text: string) => void,
): Promise<DialogueReport> {
  const names = [...MODES, 'BM25 over single turns', 'BM25 over turns with two neighbours'];
  const results = names.map((name) => ({
    name,
    ranked: [] as number[][],
    failed: 0,
    reason: undefined as string | undefined,
  }));
  const evidence: number[][] = [];
  const imported: { client: Client; turnOf: Map<string, number> }[] = [];
  for (const [index, dialogue] of dialogues.entries()) {
    const client = await clientOf(index);
    imported.push({ client, turnOf: await importDialogue(client, dialogue) });
  }
  for (const [index, dialogue] of dialogues.entries()) {
    const { client, turnOf } = imported[index]!;
    await client.untilIndexed('vectors');
    const turns = await termsOf(
      pool,
      dialogue.turns.map(({ text }) => ({ text, language: dialogue.language })),
    );
    const anchors = [turns, withNeighbours(turns)].map((texts) =>
      bm25(new Map(texts.map((terms, place) => [String(place + 1), terms]))),
    );
    const asked = await questionTerms(
      pool,
      dialogue.questions.map(({ text }) => text),
      [dialogue.language],
    );
    for (const [place, question] of dialogue.questions.entries()) {
      evidence.push(question.evidence);
      for (const [number, mode] of MODES.entries()) {
        const result = results[number]!;
        try {
          const found = await client.search(question.text, mode, 'MESSAGE');
          result.ranked.push(found.map(({ messageId }) => turnOf.get(messageId ?? '') ?? 0));
        } catch (error) {
          if (!(error instanceof RequestError)) throw error;
          result.ranked.push([]);
          result.failed += 1;
          result.reason ??= error.message;
        }
      }
      for (const [number, anchor] of anchors.entries())
        results[MODES.length + number]!.ranked.push(anchor(asked[place]!).map(([id]) => Number(id)));
    }
    say(`${dialogue.title}: ${dialogue.questions.length} questions asked`);
  }
  const share = (ranked: number[], wanted: number[], depth: number): number => {
    const first = new Set(ranked.slice(0, depth));
    return wanted.filter((turn) => first.has(turn)).length / wanted.length;
  };
  return {
    dialogues: dialogues.length,
    turns: dialogues.reduce((sum, { turns }) => sum + turns.length, 0),
    questions: evidence.length,
    figures: results.map(({ name, ranked, failed, reason }) => {
      const of = (depth: number): Estimate =>
        estimate(ranked.map((turns, index) => share(turns, evidence[index]!, depth)));
      return {
        name,
        shares: { '@5': of(5), '@10': of(10), '@20': of(20) },
        zeroResults: ranked.filter((turns) => turns.length === 0).length,
        failed,
        ...(reason ? { reason } : {}),
      };
    }),
  };
}
