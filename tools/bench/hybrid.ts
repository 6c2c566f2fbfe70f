import type { PoolClient } from 'pg';
import { type Bench, compare, median, percentile, type Ratio, runSql, type Scale } from './harness.ts';
import { asTenant, CLASSES, loadSearchData, type Query, queriesOf, SHAPE } from './search-data.ts';

const ROUNDS: Record<Scale, number> = { small: 3, medium: 5, large: 7 };
const SEARCH = `select s.returned, s.path from app_public.search(query => $1, query_embedding => $2::extensions.halfvec, mode => $3::app_public.search_mode, max_results => 10) as s`;
/** By hand: the nearest by pgvector, the best by ts_rank of what has any of the words, fused by reciprocal rank. */
const BY_HAND = `
  with nearest as (
    select h.chunk_id, row_number() over (order by h.distance) as place
    from (
      select v.chunk_id, v.embedding operator(extensions.<=>) $2::extensions.halfvec as distance
      from bench.hnsw v order by v.embedding operator(extensions.<=>) $2::extensions.halfvec limit 20
    ) as h
  ),
  matching as (
    select m.chunk_id, row_number() over (order by m.rank desc) as place
    from (
      select p.chunk_id, ts_rank(p.words, q) as rank
      from bench.passages p, websearch_to_tsquery('pg_catalog.english', $1) as q
      where p.words @@ q order by rank desc limit 20
    ) as m
  )
  select f.chunk_id, p.content, f.score
  from (
    select b.chunk_id, sum(1.0 / (60 + b.place)) as score
    from (table nearest union all table matching) as b group by b.chunk_id order by score desc limit 10
  ) as f
  join bench.passages p on p.chunk_id = f.chunk_id
  order by f.score desc`;
const MODES = ['vector', 'text', 'hybrid'] as const;
const WAYS = [...MODES, 'by hand'] as const;

type Way = (typeof WAYS)[number];

/** Each question in all ways, one after the other: what else the machine does meanwhile falls on all of them. */
async function ask(client: PoolClient, queries: Query[]): Promise<Record<Way, number[]>> {
  const times: Record<Way, number[]> = { vector: [], text: [], hybrid: [], 'by hand': [] };
  for (const { tenant, vector, words } of queries) {
    for (const way of WAYS) {
      await asTenant(client, tenant);
      const start = performance.now();
      if (way === 'by hand') await client.query(BY_HAND, [words, vector]);
      else await client.query(SEARCH, [words, vector, way]);
      times[way].push(performance.now() - start);
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
    await runSql(database, 'hybrid_anchor.sql');
    const client = await database.pool('authenticator').connect();
    try {
      const ratios: Ratio[] = [];
      const table = ['| class | way | p50 ms | p95 ms |', '| --- | --- | --- | --- |'];
      for (const [name, choose] of CLASSES) {
        const queries = await queriesOf(database, choose(tenants), shape.queries);
        const series: Record<Way, { p50: number; p95: number }[]> = {
          vector: [],
          text: [],
          hybrid: [],
          'by hand': [],
        };
        for (let round = 0; round <= ROUNDS[scale]; round++) {
          const times = await ask(client, queries);
          // the first round warms up
          if (round === 0) continue;
          for (const way of WAYS) {
            series[way].push({ p50: percentile(times[way], 0.5), p95: percentile(times[way], 0.95) });
          }
        }
        for (const way of WAYS) {
          const middle = (which: 'p50' | 'p95') => median(series[way].map((one) => one[which])).toFixed(2);
          table.push(`| ${name} | ${way} | ${middle('p50')} | ${middle('p95')} |`);
        }
        ratios.push(
          ...(['p50', 'p95'] as const).map((which) =>
            compare(
              `${name}: ${which}`,
              series.hybrid.map((one, index) => ({
                ours: one[which],
                anchor: series['by hand'][index]![which],
              })),
              {
                unit: 'ms',
                anchorName: 'two legs by hand',
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
