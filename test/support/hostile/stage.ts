import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createEmbedded } from '../embedded.ts';
import { sized } from '../limits.ts';
import { createTestDatabase } from '../server.ts';
import { type StartedServer, startServer } from '../started.ts';
import { registerUser, type TestUser } from '../users.ts';
import type { Attack } from './attack.ts';
import type { AttackerData, AttackerWord } from './attacker.ts';
import { type HttpClient, httpClient } from './http.ts';
import { measure, type Neighbour, type Window } from './neighbours.ts';

export interface Stage {
  url: string;
  server: StartedServer;
  client: HttpClient;
  neighbours: Neighbour[];
  /** The token of somebody new, who attacks. */
  attacker(name: string): Promise<string>;
  close(): Promise<void>;
}

/** What a window may be slower by in any case, in milliseconds, and in medians of a quiet one: a slow machine is no attack. */
const FLOOR = sized(1_500, 300);
const FLOOR_MEDIANS = 30;

/** Pairs of windows, where one says that it is felt. */
const MOST_PAIRS = 5;

const mailName = (attack: string): string => attack.replace(/\W+/g, '.');

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

const NEIGHBOURS = ['ada', 'ben', 'cleo'];

/** Whoever works with it, and the attackers, in a database as costly as an installation has it: the tests' own has the cheapest passwords. */
async function registerAll(database: Database, names: readonly string[]): Promise<TestUser[]> {
  const people: TestUser[] = [];
  for (const name of names) people.push(await registerUser(database, `${name}@example.org`));
  await database
    .pool('owner')
    .query(`update app_private.settings set value = '10' where name = 'password_hash_cost'`);
  return people;
}

/** The server is up, and so are plans and caches before anything is measured. */
async function enter(server: StartedServer, people: readonly TestUser[]) {
  const client = httpClient(server.url, '127.0.0.1');
  const neighbours = await Promise.all(people.map(({ token }) => settle(client, token)));
  await measure(client, neighbours, { milliseconds: 0, meaning: true });
  return { url: server.url, server, client, neighbours };
}

/** The embedded database with its server, API and worker in one process and one session. Who attacks is known from the start. */
export async function openEmbeddedStage(attackers: readonly string[]): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-hostile-'));
  const database = await createEmbedded(folder);
  const people = await registerAll(database, [...NEIGHBOURS, ...attackers.map(mailName)]).finally(() =>
    database.close(),
  );
  const server = await startServer('', folder, { env: { LOG_LEVEL: 'error' } });
  const entered = await enter(server, people.slice(0, NEIGHBOURS.length));
  return {
    ...entered,
    attacker: async (name) => people[NEIGHBOURS.length + attackers.indexOf(name)]!.token,
    async close() {
      entered.client.close();
      server.child.kill('SIGTERM');
      await server.exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
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
  const people = await registerAll(database, NEIGHBOURS);
  const server = await startServer(database.url('admin'), folder, {
    args,
    env: { LOG_LEVEL: 'error', ...env },
  });
  const entered = await enter(server, people);
  return {
    ...entered,
    attacker: async (name) =>
      (await registerUser(database, `${mailName(name)}.${Date.now()}@example.org`)).token,
    async close() {
      entered.client.close();
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
  most = MOST_PAIRS,
): Promise<Judgement> {
  const token = await stage.attacker(attack.name);
  const seen: Beside[] = [];
  while (seen.length < pairs || (seen.length < most && median(partsOf(seen)) > 1))
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
