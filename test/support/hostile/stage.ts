import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { sized } from '../limits.ts';
import { createTestDatabase } from '../server.ts';
import { type StartedServer, startServer } from '../started.ts';
import { registerUser } from '../users.ts';
import type { Attack } from './attack.ts';
import type { AttackerData, AttackerWord } from './attacker.ts';
import { type HttpClient, httpClient } from './http.ts';
import { measure, type Neighbour, type Window } from './neighbours.ts';

export interface Stage {
  url: string;
  database: Database;
  server: StartedServer;
  client: HttpClient;
  neighbours: Neighbour[];
  close(): Promise<void>;
}

/** What a window may be slower by in any case, in milliseconds, and in medians of a quiet one: a slow machine is no attack. */
const FLOOR = sized(1_500, 300);
const FLOOR_MEDIANS = 30;

/** Pairs of windows, where one says that it is felt. */
const MOST_PAIRS = 5;

const START = 'mutation { startConversation(input: {}) { conversation { id } } }';
const POST =
  'mutation ($id: UUID!) { postMessage(input: { conversationId: $id, content: "The kettle is on." }) { message { id } } }';
const CREATE =
  'mutation ($title: String!) { createDocument(input: { title: $title, content: "How to boil a kettle." }) { document { id } } }';

async function settle(client: HttpClient, token: string): Promise<Neighbour> {
  const { data } = await client.ask(START, {}, token);
  const conversation: string = data.startConversation.conversation.id;
  for (let n = 0; n < 5; n += 1) {
    await client.ask(POST, { id: conversation }, token);
    await client.ask(CREATE, { title: `Page ${n}` }, token);
  }
  return { token, conversation };
}

/** The server as it is shipped, in a process of its own, and a few people who work with it. */
export async function openStage({
  args = ['--api-only'],
  env = {},
}: {
  args?: string[];
  env?: Record<string, string>;
} = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-hostile-'));
  const database = serverDatabase((await createTestDatabase()).url);
  // as costly as an installation has it: the tests' own database has the cheapest
  const hashCost = (value: string) =>
    database
      .pool('owner')
      .query(`update app_private.settings set value = $1 where name = 'password_hash_cost'`, [value]);
  const people = await Promise.all(
    ['ada', 'ben', 'cleo'].map((name) => registerUser(database, `${name}@example.org`)),
  );
  await hashCost('10');
  const server = await startServer(database.url('admin'), folder, {
    args,
    env: { LOG_LEVEL: 'error', ...env },
  });
  const client = httpClient(server.url, '127.0.0.1');
  const neighbours = await Promise.all(people.map(({ token }) => settle(client, token)));
  // plans and caches are warm before anything is measured, and so is the model
  await measure(client, neighbours, { milliseconds: 0, meaning: true });
  return {
    url: server.url,
    database,
    server,
    client,
    neighbours,
    async close() {
      client.close();
      server.child.kill('SIGTERM');
      await server.exit;
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Beside {
  quiet: Window;
  attacked: Window;
  /** What the attacker was told, how often. */
  tally: Record<string, number>;
}

async function beside(stage: Stage, attack: Attack, token: string, milliseconds: number): Promise<Beside> {
  const { neighbours, url } = stage;
  const client = attack.others === 'newcomers' ? httpClient(url, '127.0.0.1', false) : stage.client;
  const window = { milliseconds, meaning: attack.others === 'meaning' };
  const quiet = await measure(client, neighbours, window);
  const data: AttackerData = { url, name: attack.name, token };
  const worker = new Worker(new URL('./attacker.ts', import.meta.url), { workerData: data });
  try {
    await once(worker, 'message');
    const attacked = await measure(client, neighbours, window);
    worker.postMessage('end');
    const [word] = (await once(worker, 'message')) as [AttackerWord];
    return { quiet, attacked, tally: 'tally' in word ? word.tally : {} };
  } finally {
    await worker.terminate();
  }
}

export interface Judgement {
  /** How much slower than quiet the others were, beyond which it is felt; above 1: it was. */
  felt: number;
  failures: string[];
  tally: Record<string, number>;
  words: string;
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;

/** In parts of what is allowed: twice the quiet one, and a little. */
function partsOf(seen: Beside[]): number[] {
  const usual = (figure: 'p50' | 'p95') => median(seen.map(({ quiet }) => quiet[figure]));
  const allowed = 2 * usual('p95') + Math.max(FLOOR, FLOOR_MEDIANS * usual('p50'));
  return seen.map(({ attacked }) => attacked.p95 / allowed);
}

/** Attacks, and judges what the others felt: by one pair of windows, and by the median of more where that is too much. */
export async function judge(
  stage: Stage,
  attack: Attack,
  milliseconds: number,
  pairs = 1,
): Promise<Judgement> {
  const { token } = await registerUser(
    stage.database,
    `${attack.name.replace(/\W+/g, '.')}.${Date.now()}@example.org`,
  );
  const seen: Beside[] = [];
  while (seen.length < pairs || (seen.length < MOST_PAIRS && median(partsOf(seen)) > 1))
    seen.push(await beside(stage, attack, token, milliseconds));
  const tally: Record<string, number> = {};
  for (const [code, count] of seen.flatMap((one) => Object.entries(one.tally)))
    tally[code] = (tally[code] ?? 0) + count;
  const parts = partsOf(seen);
  return {
    felt: median(parts),
    failures: seen.flatMap((one) => [...one.quiet.failures, ...one.attacked.failures]),
    tally,
    words: seen
      .map(
        ({ quiet, attacked }) =>
          `p95 quiet ${quiet.p95.toFixed(0)} ms, beside it ${attacked.p95.toFixed(0)} ms of ${attacked.count}`,
      )
      .join('; '),
  };
}
