import type { Database } from '../../lib/database.ts';
import { OPERATIONS, type Question } from './api/operations.ts';
import type { Wire } from './api/server.ts';
import {
  type BenchServer,
  type Caller,
  type Cpu,
  cpuNow,
  postmasterOf,
  type Side,
  startServer,
} from './api/servers.ts';
import {
  type Bench,
  type BenchResult,
  compare,
  percentile,
  type Ratio,
  runSql,
  type Scale,
} from './harness.ts';
import { loadChat } from './sample.ts';

const SIZES: Record<Scale, { messages: number; conversations: number; seconds: number; rounds: number }> = {
  small: { messages: 10_000, conversations: 400, seconds: 2, rounds: 3 },
  medium: { messages: 100_000, conversations: 2_000, seconds: 6, rounds: 5 },
  large: { messages: 1_000_000, conversations: 20_000, seconds: 20, rounds: 7 },
};
const WORKSPACES = 60;
const CLIENTS = 32;
/** Requests that are counted, one after the other, after as many that warm up. */
const COUNTED = 30;
/** Requests of each operation before anything is timed: until then a server is still being compiled. */
const WARMING = 1_000;
/** Waits for the database after authentication, at most. */
const TRIPS: Record<string, number> = { page: 1, list: 1, search: 3, post: 1, turn: 1 };
const SIDES = ['ours', 'byHand'] as const;

interface Account extends Caller {
  conversations: string[];
}

/** Per request. */
interface Load {
  perSecond: number;
  p50: number;
  cpu: Cpu;
}

interface Counts extends Wire {
  statements: number;
  nested: number;
  buffers: number;
  wal: number;
}

/** Those who own most, each with a session, and with conversations of all lengths. */
async function accountsOf(database: Database): Promise<Account[]> {
  const { rows } = await database.pool('owner').query<Account>(
    `select (app_private.create_session(o.owner_id)).token, o.workspace_id as workspace, o.conversations
     from (
       select c.owner_id, c.workspace_id, (array_agg(c.id order by c.message_count desc))[1:30] as conversations, sum(c.message_count) as messages
       from app_public.conversations c group by c.owner_id, c.workspace_id order by messages desc limit $1
     ) as o`,
    [CLIENTS],
  );
  return rows;
}

let texts = 0;
function questionOf({ conversations }: Account, n: number): Question {
  texts += 1;
  return {
    conversation: conversations[n % conversations.length]!,
    text: `something strong for the morning, and a word about the kettle ${texts}`,
  };
}

/** Lets all clients ask for so long, each again when it was answered. */
async function load(
  server: BenchServer,
  name: string,
  accounts: Account[],
  { seconds = Infinity, requests = Infinity }: { seconds?: number; requests?: number },
  postmaster: string | undefined,
): Promise<Load> {
  const times: number[] = [];
  const before = cpuNow(server.pid, postmaster);
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const account = accounts[client % accounts.length]!;
      for (let n = client; performance.now() < end && times.length < requests; n++) {
        const begun = performance.now();
        if (await server.ask(name, questionOf(account, n), account)) times.push(performance.now() - begun);
      }
    }),
  );
  const elapsed = performance.now() - start;
  const after = cpuNow(server.pid, postmaster);
  return {
    perSecond: (times.length * 1000) / elapsed,
    p50: percentile(times, 0.5),
    cpu: {
      node: (after.node - before.node) / times.length,
      postgres: (after.postgres - before.postgres) / times.length,
    },
  };
}

/** What a request costs that no other work disturbs; undefined where the server does not count statements. */
async function count(
  database: Database,
  server: BenchServer,
  name: string,
  accounts: Account[],
): Promise<Counts> {
  const admin = database.pool('admin');
  const asking = async () => {
    for (let n = 0; n < COUNTED; n++) {
      const account = accounts[n % accounts.length]!;
      await server.ask(name, questionOf(account, n), account);
    }
  };
  await asking();
  await admin.query('select extensions.pg_stat_statements_reset()');
  const before = await server.wire();
  await asking();
  const after = await server.wire();
  const { rows } = await admin.query(
    `select sum(s.calls) filter (where s.toplevel) as statements, sum(s.calls) filter (where not s.toplevel) as nested,
       sum(s.shared_blks_hit + s.shared_blks_read) filter (where s.toplevel) as buffers, sum(s.wal_bytes) filter (where s.toplevel) as wal
     from extensions.pg_stat_statements as s
     where s.dbid = (select d.oid from pg_database d where d.datname = current_database()) and s.query not like '%pg_stat_statements%'`,
  );
  const each = (value: unknown): number => Number(value ?? 0) / COUNTED;
  return {
    trips: each(after.trips - before.trips),
    checkouts: each(after.checkouts - before.checkouts),
    statements: each(rows[0].statements),
    nested: each(rows[0].nested),
    buffers: each(rows[0].buffers),
    wal: each(rows[0].wal),
  };
}

const shown = (value: number): string =>
  value >= 10 ? value.toFixed(0) : value.toFixed(1).replace('.0', '');

function countsTable(counts: Record<string, Record<Side, Counts>>): string {
  const columns = ['trips', 'checkouts', 'statements', 'nested', 'buffers', 'wal'] as const;
  const lines = Object.entries(counts).map(([name, of]) => {
    const cells = columns.map((column) => `${shown(of.ours[column])} (${shown(of.byHand[column])})`);
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  return [
    'Of one request, authentication included, and by hand in brackets:',
    '',
    '| | round trips | connections taken | statements | statements in functions | buffers | bytes of WAL |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

function cpuTable(rounds: Record<string, Record<Side, Load[]>>): string {
  const middle = (loads: Load[], of: 'node' | 'postgres') =>
    percentile(
      loads.map(({ cpu }) => cpu[of]),
      0.5,
    ).toFixed(2);
  const lines = Object.entries(rounds).map(
    ([name, { ours, byHand }]) =>
      `| ${name} | ${middle(ours, 'node')} (${middle(byHand, 'node')}) | ${middle(ours, 'postgres')} (${middle(byHand, 'postgres')}) |`,
  );
  return [
    'Milliseconds of processor time of one request:',
    '',
    '| | node | PostgreSQL |',
    '| --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

function ratiosOf(name: string, rounds: Record<Side, Load[]>, counts: Record<Side, Counts>): Ratio[] {
  const pairs = (of: (load: Load) => number) =>
    rounds.ours.map((load, n) => ({ ours: of(load), anchor: of(rounds.byHand[n]!) }));
  const anchorName = 'by hand';
  return [
    compare(
      `${name}, requests/s`,
      pairs((one) => one.perSecond),
      { unit: '/s', anchorName, goal: { least: 0.8 } },
    ),
    compare(
      `${name}, p50`,
      pairs((one) => one.p50),
      { unit: 'ms', anchorName },
    ),
    compare(
      `${name}, processor time`,
      pairs(({ cpu }) => cpu.node + cpu.postgres),
      { unit: 'ms', anchorName, goal: { most: 1.3 } },
    ),
    compare(
      `${name}, round trips after authentication`,
      [{ ours: counts.ours.trips - 1, anchor: TRIPS[name]! }],
      {
        unit: '',
        anchorName: 'at most',
        goal: { most: 1 },
      },
    ),
    compare(`${name}, connections taken`, [{ ours: counts.ours.checkouts, anchor: 1 }], {
      unit: '',
      anchorName: 'at most',
      goal: { most: 1 },
    }),
  ];
}

async function run(database: Database, scale: Scale, say: (text: string) => void): Promise<BenchResult> {
  const { messages, conversations, seconds, rounds: roundsOfScale } = SIZES[scale];
  await database.pool('admin').query('create extension pg_stat_statements schema extensions');
  await loadChat(database, { messages, conversations, workspaces: WORKSPACES }, say);
  await runSql(database, 'api_seed.sql');
  await database.pool('owner').query('vacuum analyze');
  const accounts = await accountsOf(database);
  const postmaster = await postmasterOf(database);
  const servers = {
    ours: await startServer('ours', database),
    byHand: await startServer('byHand', database),
  };
  const names = Object.keys(OPERATIONS);
  const counts: Record<string, Record<Side, Counts>> = {};
  const rounds: Record<string, Record<Side, Load[]>> = {};
  try {
    for (const name of names) {
      const of = (side: Side) => count(database, servers[side], name, accounts);
      counts[name] = { ours: await of('ours'), byHand: await of('byHand') };
      rounds[name] = { ours: [], byHand: [] };
    }
    say(countsTable(counts));
    for (let round = 0; round <= roundsOfScale; round++) {
      for (const name of names) {
        for (const side of SIDES) {
          const one = await load(
            servers[side],
            name,
            accounts,
            round === 0 ? { requests: WARMING } : { seconds },
            postmaster,
          );
          // the first round warms up
          if (round > 0) rounds[name]![side].push(one);
        }
      }
      if (round > 0) say(`Round ${round} of ${roundsOfScale}`);
    }
  } finally {
    await Promise.all(SIDES.map((side) => servers[side].stop()));
  }
  return {
    shape: {
      messages,
      conversations,
      workspaces: WORKSPACES,
      clients: CLIENTS,
      'seconds per series': seconds,
      rounds: roundsOfScale,
    },
    ratios: names.flatMap((name) => ratiosOf(name, rounds[name]!, counts[name]!)),
    notes: [countsTable(counts), cpuTable(rounds)],
  };
}

export const api: Bench = {
  about: `what a chat application asks of the API, by ${CLIENTS} clients over HTTP, beside a server for it that was written by hand`,
  settings: {
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.track': 'all',
    autovacuum: 'off',
  },
  run,
};
