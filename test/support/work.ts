import type { Database } from '../../lib/database.ts';

/** Runs before the plans of a connection stay as they are: five are made for their values. */
const WARM = 8;

/** What the database did for a statement, by table: scans begun, rows added, rows changed or removed. */
export type Work = Record<string, [scans: number, added: number, changed: number]>;

/**
 * The work of one statement of a visitor for each of several values, over one connection; nothing of it stays. A count tells
 * more surely than a clock whether two requests can be told apart, and is the same on a busy machine.
 */
export async function workFor(
  database: Database,
  sql: string,
  values: unknown[][],
  claims: Record<string, string> = {},
): Promise<Work[]> {
  const client = await database.pool('owner').connect();
  const count = async (): Promise<Work> => {
    const { rows } = await client.query(
      `select relname, seq_scan + coalesce(idx_scan, 0) as scans, n_tup_ins as added, n_tup_upd + n_tup_del as changed
       from pg_stat_xact_all_tables where schemaname in ('app_public', 'app_private', 'app_partitions', 'pgboss')`,
    );
    return Object.fromEntries(
      rows.map((row) => [row.relname, [Number(row.scans), Number(row.added), Number(row.changed)]]),
    );
  };
  const measure = async (given: unknown[]): Promise<Work> => {
    await client.query('begin');
    try {
      for (const [name, value] of Object.entries(claims))
        await client.query('select set_config($1, $2, true)', [name, value]);
      const before = await count();
      await client.query('set local role colloquy_visitor');
      await client.query(sql, given);
      await client.query('reset role');
      const after = Object.entries(await count());
      return Object.fromEntries(
        after
          .map(([table, now]) => [table, now.map((n, index) => n - (before[table]?.[index] ?? 0))] as const)
          .filter(([, counts]) => counts.some((n) => n > 0)),
      ) as Work;
    } finally {
      await client.query('rollback');
    }
  };
  try {
    for (let run = 0; run < WARM; run++) for (const given of values) await measure(given);
    const work: Work[] = [];
    for (const given of values) work.push(await measure(given));
    return work;
  } finally {
    client.release();
  }
}

/** Rows that were added, to all tables. */
export const added = (work: Work | undefined): number =>
  Object.values(work ?? {}).reduce((sum, [, rows]) => sum + rows, 0);

/**
 * How long two things take that must not be told apart, in pairs, each first in turn. For a report: on a busy machine no time
 * is a proof, but that every pair tells the same is a finding.
 */
export async function timePairs(
  pairs: number,
  known: () => Promise<unknown>,
  unknown: () => Promise<unknown>,
): Promise<{ known: number; unknown: number; slower: number }> {
  const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
  const time = async (of: 'known' | 'unknown'): Promise<void> => {
    const started = performance.now();
    await (of === 'known' ? known() : unknown());
    times[of].push(performance.now() - started);
  };
  for (let pair = 0; pair < pairs; pair++) {
    for (const of of pair % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const))
      await time(of);
  }
  const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(pairs / 2)]!;
  return {
    known: median(times.known),
    unknown: median(times.unknown),
    slower: times.known.filter((value, pair) => value > times.unknown[pair]!).length,
  };
}
