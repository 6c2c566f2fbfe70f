import type { PoolClient } from 'pg';
import { type Bench, compare, median, percentile, type Ratio, type Scale } from './harness.ts';
import { asTenant, CLASSES, loadSearchData, type Query, queriesOf, SHAPE } from './search-data.ts';

const ROUNDS: Record<Scale, number> = { small: 3, medium: 5, large: 7 };
const SEARCH = `select s.returned, s.path from app_public.search(query => $1, query_embedding => $2::extensions.halfvec, mode => $3::app_public.search_mode, max_results => 10) as s`;
const MODES = ['vector', 'text', 'hybrid'] as const;

type Mode = (typeof MODES)[number];

/** Each question in all modes, one after the other: what else the machine does meanwhile falls on all of them. */
async function ask(client: PoolClient, queries: Query[]): Promise<Record<Mode, number[]>> {
  const times: Record<Mode, number[]> = { vector: [], text: [], hybrid: [] };
  for (const { tenant, vector, words } of queries) {
    for (const mode of MODES) {
      await asTenant(client, tenant);
      const start = performance.now();
      await client.query(SEARCH, [words, vector, mode]);
      times[mode].push(performance.now() - start);
      await client.query('commit');
    }
  }
  return times;
}

export const hybrid: Bench = {
  about: 'the ten best by meaning and by words, for tenants of all sizes',
  async run(database, scale, say) {
    const shape = SHAPE[scale];
    const tenants = await loadSearchData(database, scale, say);
    const client = await database.pool('authenticator').connect();
    try {
      const ratios: Ratio[] = [];
      const table = ['| class | mode | p50 ms | p95 ms |', '| --- | --- | --- | --- |'];
      for (const [name, choose] of CLASSES) {
        const queries = await queriesOf(database, choose(tenants), shape.queries);
        const series: Record<Mode, { p50: number; p95: number }[]> = {
          vector: [],
          text: [],
          hybrid: [],
        };
        for (let round = 0; round <= ROUNDS[scale]; round++) {
          const times = await ask(client, queries);
          // the first round warms up
          if (round === 0) continue;
          for (const mode of MODES) {
            series[mode].push({ p50: percentile(times[mode], 0.5), p95: percentile(times[mode], 0.95) });
          }
        }
        for (const mode of MODES) {
          const middle = (which: 'p50' | 'p95') => median(series[mode].map((one) => one[which])).toFixed(2);
          table.push(`| ${name} | ${mode} | ${middle('p50')} | ${middle('p95')} |`);
        }
        ratios.push(
          ...(['p50', 'p95'] as const).map((which) =>
            compare(
              `${name}: ${which}`,
              series.hybrid.map((one, index) => ({
                ours: one[which],
                anchor: Math.max(series.vector[index]![which], series.text[index]![which]),
              })),
              {
                unit: 'ms',
                anchorName: 'the slower of the two legs alone',
                ...(which === 'p95' ? { goal: { most: 1.3 } } : {}),
              },
            ),
          ),
        );
        say(`${name} done`);
      }
      return {
        shape: {
          chunks: tenants.reduce((sum, tenant) => sum + tenant.size, 0),
          tenants: tenants.length,
          dimensions: shape.dimensions,
          'queries per class and round': shape.queries,
          rounds: ROUNDS[scale],
        },
        ratios,
        notes: table,
      };
    } finally {
      client.release();
    }
  },
};
