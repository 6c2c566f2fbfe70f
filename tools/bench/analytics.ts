import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';
import { type Bench, beginAsOwner, compare, median, percentile, runSql } from './harness.ts';
import { CHAT, loadChat } from './sample.ts';

const TENANTS = 50;
const ROUNDS = 7;
const READS = 20;

interface Workspace {
  workspace_id: string;
  user_id: string;
}

/** Questions of a dashboard: ours, and the same asked of the live rows. Over a year, and over the last 30 days. */
const QUESTIONS = [
  {
    name: 'dashboard, a year',
    ours: 'app_public.workspace_dashboard',
    live: 'bench.live_dashboard',
    days: 365,
  },
  {
    name: 'dashboard, 30 days',
    ours: 'app_public.workspace_dashboard',
    live: 'bench.live_dashboard',
    days: 30,
  },
  {
    name: 'summary per day, a year',
    ours: 'app_public.conversation_summary_stats',
    live: 'bench.live_summary',
    days: 365,
  },
  {
    name: 'summary per day, 30 days',
    ours: 'app_public.conversation_summary_stats',
    live: 'bench.live_summary',
    days: 30,
  },
];

/** Milliseconds of one question, as a request asks it. */
async function ask(
  client: PoolClient,
  workspace: Workspace,
  question: string,
  days: number,
): Promise<number> {
  await beginAsOwner(client, workspace);
  const start = performance.now();
  await client.query(
    `select * from ${question}((now() at time zone 'UTC')::date - $1::integer, (now() at time zone 'UTC')::date)`,
    [days],
  );
  const time = performance.now() - start;
  await client.query('commit');
  return time;
}

/** The first computation of everything, as the job does it. Returns its seconds. */
async function computeAll(database: Database): Promise<number> {
  const worker = database.pool('worker');
  await worker.query('select app_hidden.recheck_conversation_analytics()');
  const start = performance.now();
  while (
    (await worker.query('select 1 from app_hidden.compute_conversation_analytics(200)')).rows.length > 0
  );
  return (performance.now() - start) / 1000;
}

/** Reads of the summary while nobody refreshes it, and while it is refreshed again and again. */
async function readersBesideRefresh(
  database: Database,
  client: PoolClient,
  workspace: Workspace,
): Promise<{ ours: number; anchor: number; longest: number; refreshes: number }> {
  const read = () => ask(client, workspace, 'app_public.conversation_summary_stats', 365);
  const alone: number[] = [];
  for (let n = 0; n < READS * 5; n++) alone.push(await read());
  let isReading = true;
  let refreshes = 0;
  const refreshing = (async () => {
    while (isReading) {
      await database.pool('worker').query('select app_hidden.refresh_summary_stats()');
      refreshes += 1;
    }
  })();
  const beside: number[] = [];
  while (beside.length < READS * 5 || refreshes === 0) beside.push(await read());
  isReading = false;
  await refreshing;
  return {
    ours: percentile(beside, 0.95),
    anchor: percentile(alone, 0.95),
    longest: Math.max(...beside),
    refreshes,
  };
}

export const analytics: Bench = {
  about:
    'Questions of a dashboard against the same asked of the live rows; reads while the summary is refreshed',
  async run(database, scale, say) {
    await loadChat(database, { ...CHAT[scale], workspaces: TENANTS }, say);
    await runSql(database, 'analytics_live.sql');
    say('Computing the figures …');
    const seconds = await computeAll(database);
    const worker = database.pool('worker');
    await worker.query('select app_hidden.compute_configuration_performance()');
    await worker.query('select app_hidden.refresh_summary_stats()');
    await database.pool('owner').query('analyze');
    const { rows: facts } = await database.pool('owner').query(
      `select (select count(*)::int from app_public.messages) as messages, (select count(*)::int from app_public.conversation_analytics) as days,
         (select count(*)::int from app_private.conversation_summary_stats) as summaries`,
    );
    // the largest tenant, who has most to add up
    const { rows } = await database
      .pool('owner')
      .query<Workspace & { messages: number }>(
        `select c.workspace_id, (array_agg(c.owner_id))[1] as user_id, sum(c.message_count)::int as messages from app_public.conversations c group by 1 order by 3 desc limit 1`,
      );
    const workspace = rows[0]!;
    const client = await database.pool('authenticator').connect();
    try {
      const series = QUESTIONS.map(() => [] as { ours: number; anchor: number }[]);
      const readers: Awaited<ReturnType<typeof readersBesideRefresh>>[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        for (const [index, { ours, live, days }] of QUESTIONS.entries()) {
          const times: number[] = [];
          for (let n = 0; n < READS; n++) times.push(await ask(client, workspace, ours, days));
          const one = { ours: median(times), anchor: await ask(client, workspace, live, days) };
          // the first round warms up
          if (round > 0) series[index]!.push(one);
        }
        const beside = await readersBesideRefresh(database, client, workspace);
        if (round > 0) {
          readers.push(beside);
          say(`Round ${round} of ${ROUNDS}`);
        }
      }
      return {
        shape: {
          messages: facts[0].messages,
          'conversation days': facts[0].days,
          'rows of the summary': facts[0].summaries,
          'messages of the workspace asked about': workspace.messages,
          rounds: ROUNDS,
        },
        ratios: [
          ...QUESTIONS.map(({ name }, index) =>
            compare(name, series[index]!, {
              unit: 'ms',
              anchorName: 'live aggregate',
              goal: { most: 1 / 200 },
            }),
          ),
          compare('read of the summary, p95', readers, {
            unit: 'ms',
            anchorName: 'the same without a refresh beside it',
          }),
        ],
        notes: [
          `First computation of everything: ${Math.round(facts[0].days / seconds).toLocaleString('en')} conversation days per second.`,
          '',
          `Refreshes beside the reads: ${readers.reduce((sum, one) => sum + one.refreshes, 0)}; longest read ${Math.max(...readers.map((one) => one.longest)).toFixed(1)} ms.`,
        ],
      };
    } finally {
      client.release();
    }
  },
};
