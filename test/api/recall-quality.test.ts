import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { openLocal } from '../../models/local/local.ts';
import { describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';
import { register, startTestApi, type TestApi } from './support.ts';

/** Memories of one person, and questions with the numbers, from 1, of the memories that answer them. */
interface MemorySet {
  title: string;
  language: string;
  memories: string[];
  questions: { text: string; evidence: number[] }[];
}

const folder = new URL('../fixtures/retrieval/memories/', import.meta.url);

/** Share of the questions one of whose memories is among the first five: what holds, less two questions of the set. */
const FLOORS = { '01-household': 0.75, '02-team': 0.85, '03-verein': 0.75 };

describeReal('recall', () => {
  let api: TestApi;
  let worker: Worker;
  const local = openLocal();

  beforeAll(async () => {
    api = await startTestApi({ embedQuery: async (text) => (await local.embed([text])).vectors[0]! });
    worker = await startWorker({ pool: api.database.pool('worker'), pollingIntervalSeconds: 0.5 });
  });
  afterAll(async () => {
    await worker?.stop();
    await api?.close();
    await local.close();
  });

  it.each(Object.entries(FLOORS))('finds the memory that answers, in %s', async (name, floor) => {
    const set: MemorySet = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
    const user = await register(api, `${name}@example.org`);
    const ask = async (query: string, variables: object) => {
      const reply = await api.ask(query, variables, { token: user.token });
      expect(reply.errors).toEqual([]);
      return reply.data;
    };
    await ask(
      'mutation ($language: TextSearchLanguage!) { setWorkspaceLanguage(input: { textSearchLanguage: $language }) { clientMutationId } }',
      { language: set.language.toUpperCase() },
    );
    for (const content of set.memories)
      await ask(
        'mutation ($content: String!) { remember(input: { content: $content }) { clientMutationId } }',
        {
          content,
        },
      );
    const progress = () => ask('{ indexingProgress { isComplete chunks } }', {});
    await until(async () => {
      const { indexingProgress } = await progress();
      return indexingProgress.isComplete && Number(indexingProgress.chunks) === set.memories.length;
    });
    let hits = 0;
    const missed: string[] = [];
    for (const { text, evidence } of set.questions) {
      const { recall } = await ask(
        'query ($text: String!) { recall(query: $text, maxResults: 5) { memories { content } } }',
        { text },
      );
      const found: string[] = recall.memories.map((memory: { content: string }) => memory.content);
      if (evidence.some((number) => found.includes(set.memories[number - 1]!))) hits += 1;
      else missed.push(text);
    }
    const share = hits / set.questions.length;
    expect(share, `missed: ${missed.join(' | ')}`).toBeGreaterThanOrEqual(floor);
  });
});
