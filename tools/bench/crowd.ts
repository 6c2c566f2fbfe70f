import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, loginUrl } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { type HttpClient, httpClient } from '../../test/support/hostile/http.ts';
import { makeLogins, memoryOf, type Program, startPrograms } from './chaos/processes.ts';
import { type Bench, type BenchResult, compare, percentile, type Scale } from './harness.ts';

/** Connected clients, and seconds. The first few are the anchor of the many. */
const SIZES: Record<Scale, { clients: number; seconds: number }> = {
  small: { clients: 100, seconds: 20 },
  medium: { clients: 400, seconds: 120 },
  large: { clients: 1_000, seconds: 600 },
};
const FEW = { clients: 50, seconds: 20 };
/** Each of an account of its own, in a workspace of its own. */
const TENANTS = 100;
/** 127.0.0.1 and up, as if people sat at so many machines. */
const ADDRESSES = 50;
/** Milliseconds between an answer and the next request, on average. */
const THOUGHT = 2_000;
const PATIENCE = 120_000;
const GOAL = 20;
const GROWTH = 1.3;

const addressOf = (n: number): string => `127.0.0.${2 + (n % ADDRESSES)}`;

interface Tally {
  times: number[];
  /** 429 and 503 with Retry-After, by code. */
  refused: Record<string, number>;
  /** Anything else that is no answer. */
  errors: Record<string, number>;
}

interface Tenant {
  token: string;
  conversationId: string;
}

/** What people do, by how often of ten. */
function nextRequest({ conversationId }: Tenant): [string, object] {
  const dice = Math.random() * 10;
  if (dice < 4)
    return [
      `query ($id: UUID!) { conversation(id: $id) { title messages(last: 20) { nodes { content } } } }`,
      { id: conversationId },
    ];
  if (dice < 6) return ['{ currentUser { email } }', {}];
  if (dice < 7.5)
    return [
      `mutation ($id: UUID!, $content: String!) { postMessage(input: { conversationId: $id, content: $content }) { message { id } } }`,
      { id: conversationId, content: `a thought about kettles ${Math.random()}` },
    ];
  if (dice < 9) return ['{ search(query: "what about the kettles", mode: TEXT) { returned } }', {}];
  return ['{ documents(first: 10) { nodes { title } } }', {}];
}

async function live(client: HttpClient, tenant: Tenant, tally: Tally, signal: AbortSignal): Promise<void> {
  const count = (where: Record<string, number>, what: string): void => {
    where[what] = (where[what] ?? 0) + 1;
  };
  while (!signal.aborted) {
    await delay(Math.random() * 2 * THOUGHT, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const [query, variables] = nextRequest(tenant);
    const begun = performance.now();
    const { status, code, headers } = await client.send({
      body: { query, variables },
      token: tenant.token,
      leaveAfter: PATIENCE,
    });
    if (code === '200') tally.times.push(performance.now() - begun);
    else if ((status === 429 || status === 503) && headers['retry-after']) count(tally.refused, code);
    else count(tally.errors, code);
  }
}

/** Lets so many live for so long. */
async function crowdOf(url: string, tenants: Tenant[], clients: number, seconds: number): Promise<Tally> {
  const tally: Tally = { times: [], refused: {}, errors: {} };
  const signal = AbortSignal.timeout(seconds * 1000);
  await Promise.all(
    Array.from({ length: clients }, async (_, n) => {
      const client = httpClient(url, addressOf(n));
      await live(client, tenants[n % tenants.length]!, tally, signal);
      client.close();
    }),
  );
  return tally;
}

async function register(url: string): Promise<Tenant[]> {
  return Promise.all(
    Array.from({ length: TENANTS }, async (_, n) => {
      const client = httpClient(url, addressOf(n));
      const made = await client.ask(
        `mutation ($email: String!) { register(input: { email: $email, password: "correct horse battery" }) { authentication { token } } }`,
        { email: `crowd${n}@example.org` },
      );
      const token: string | undefined = made.data?.register?.authentication.token;
      const begun = await client.ask(
        'mutation { startConversation(input: {}) { conversation { id } } }',
        {},
        token,
      );
      client.close();
      const conversationId: string | undefined = begun.data?.startConversation?.conversation.id;
      if (!token || !conversationId)
        throw new ColloquyError('CQ023', `No account could be made: ${made.code}, ${begun.code}`);
      return { token, conversationId };
    }),
  );
}

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0);
const list = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ') || 'none';

async function run(database: Database, scale: Scale, say: (text: string) => void): Promise<BenchResult> {
  const { clients, seconds } = SIZES[scale];
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-crowd-'));
  await database
    .pool('admin')
    .query(`update app_private.settings set value = '4' where name = 'password_hash_cost'`);
  let programs: Program[] = [];
  try {
    const adminUrl = database.url('admin');
    const passwords = await makeLogins(adminUrl, folder);
    const as = (login: string): string => loginUrl(adminUrl, login, passwords[login]!);
    const { url, all } = await startPrograms(
      { authenticator: as('colloquy_authenticator'), worker: as('colloquy_worker') },
      folder,
    );
    programs = all;
    const tenants = await register(url);
    say(`${FEW.clients} clients for ${FEW.seconds} s …`);
    const few = await crowdOf(url, tenants, FEW.clients, FEW.seconds);
    const samples = programs.map(({ memory }) => memory.length);
    say(`${clients} clients for ${seconds} s …`);
    const many = await crowdOf(url, tenants, clients, seconds);
    const ended = programs.flatMap((program) => program.ended() ?? []);
    const memory = programs.map((program, n) => ({
      name: program.name,
      ...memoryOf(program.memory.slice(samples[n])),
    }));
    return {
      shape: { clients, seconds, tenants: TENANTS, addresses: ADDRESSES, 'ms between requests': THOUGHT },
      ratios: [
        compare(
          `p95 of what was admitted, ${clients} clients`,
          [{ ours: percentile(many.times, 0.95), anchor: percentile(few.times, 0.95) }],
          { unit: 'ms', anchorName: `${FEW.clients} clients`, goal: { most: GOAL } },
        ),
        compare(
          'errors but 429 and 503 with Retry-After, and processes that ended',
          [{ ours: sum(many.errors) + sum(few.errors) + ended.length, anchor: 1 }],
          {
            unit: '',
            anchorName: 'none may be',
            goal: { most: 0 },
          },
        ),
        ...memory.map(({ name, before, after }) =>
          compare(`memory of the ${name}, last quarter`, [{ ours: after, anchor: before }], {
            unit: 'MB',
            anchorName: 'second quarter',
            goal: { most: GROWTH },
          }),
        ),
      ],
      notes: [
        `${many.times.length} requests were answered by ${clients} clients, ${few.times.length} by ${FEW.clients}.`,
        `Refused with Retry-After: ${list(many.refused)}. Errors: ${list(many.errors)}.`,
      ],
    };
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

export const crowd: Bench = {
  about:
    'Many connected clients of a hundred tenants, beside fifty of them: latency, errors and memory of API and worker',
  run,
};
