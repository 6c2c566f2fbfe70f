import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';
import { type Bench, compare, median, percentile, type Ratio, type Scale } from './harness.ts';
import { lineChart } from './plot.ts';
import {
  asTenant,
  CLASSES,
  loadSearchData,
  type Query,
  queriesOf,
  SHAPE,
  type Tenant,
} from './search-data.ts';

const ROUNDS: Record<Scale, number> = { small: 3, medium: 5, large: 7 };
const TOP = 10;
const GOAL_RECALL = 0.98;
/** Sizes of ef_search that the raw index is tried with, until its recall is that of ours, and until it meets the goal. */
const EFS = [20, 40, 60, 80, 100, 140, 200, 300, 400, 600, 800, 1000];

const OURS = `select r.chunk_id, s.path from app_public.search(query => '', query_embedding => $1::extensions.halfvec, mode => 'vector', max_results => 10) as s
  cross join unnest(s.results) as r`;
const anchor = (table: string) =>
  `select h.chunk_id from bench.${table} h order by h.embedding operator(extensions.<=>) $1::extensions.halfvec limit ${TOP}`;

/** One index over all tenants, searched without any filter. */
interface Raw {
  name: string;
  ef: number;
  recall: number;
  rounds: { p50: number; p95: number }[];
}

interface Answer {
  ms: number;
  ids: string[];
  path?: string;
}

async function time(client: PoolClient, sql: string, vector: string): Promise<Answer> {
  const start = performance.now();
  const { rows } = await client.query(sql, [vector]);
  const ms = performance.now() - start;
  return { ms, ids: rows.map((row) => row.chunk_id as string), path: rows[0]?.path };
}

/** As a request of each query's tenant. */
async function ask(client: PoolClient, sql: string, queries: Query[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { tenant, vector } of queries) {
    await asTenant(client, tenant);
    answers.push(await time(client, sql, vector));
    await client.query('commit');
  }
  return answers;
}

/** Over all tenants, without any filter: as the owner of the table, who is above its policy. */
async function askRaw(client: PoolClient, table: string, queries: Query[], ef?: number): Promise<Answer[]> {
  await client.query('begin; set local plan_cache_mode = force_custom_plan');
  if (ef) await client.query(`set local hnsw.ef_search = ${ef}; set local enable_seqscan = off`);
  const answers: Answer[] = [];
  for (const { vector } of queries) answers.push(await time(client, anchor(table), vector));
  await client.query('commit');
  return answers;
}

/** Asked twice: what was measured before has filled the buffers with its own. */
async function warmed(work: () => Promise<Answer[]>): Promise<Answer[]> {
  await work();
  return work();
}

function recallOf(answers: Answer[], truth: Answer[]): number {
  let found = 0;
  let wanted = 0;
  for (const [index, { ids }] of answers.entries()) {
    const right = new Set(truth[index]!.ids);
    wanted += right.size;
    found += ids.filter((id) => right.has(id)).length;
  }
  return found / wanted;
}

const shortOf = (answers: Answer[], truth: Answer[]): number =>
  answers.filter(({ ids }, index) => ids.length < truth[index]!.ids.length).length;
const times = (answers: Answer[]): number[] => answers.map((answer) => answer.ms);

async function setExactLimit(database: Database, limit: number): Promise<void> {
  await database
    .pool('owner')
    .query(`update app_private.settings set value = $1 where name = 'search_exact_limit'`, [String(limit)]);
}

/** Median milliseconds of both ways, for tenants of falling size: where the lines cross is where the setting belongs. */
async function curve(
  database: Database,
  client: PoolClient,
  tenants: Tenant[],
): Promise<{ size: number; exact: number; index: number }[]> {
  const points: { size: number; exact: number; index: number }[] = [];
  const { rows } = await database
    .pool('owner')
    .query(`select value from app_private.settings where name = 'search_exact_limit'`);
  const limit = Number(rows[0].value);
  try {
    for (const rank of [0, 1, 2, 3, 5, 8, 13, 21, 34, 55]) {
      const tenant = tenants[rank];
      if (!tenant) continue;
      const queries = await queriesOf(database, [tenant], 15);
      const point = { size: tenant.size, exact: 0, index: 0 };
      for (const way of ['exact', 'index'] as const) {
        await setExactLimit(database, way === 'exact' ? 1_000_000_000 : 0);
        await ask(client, OURS, queries);
        point[way] = median(times(await ask(client, OURS, queries)));
      }
      points.push(point);
    }
  } finally {
    await setExactLimit(database, limit);
  }
  return points;
}

export const search: Bench = {
  about: 'the ten nearest of a tenant by the real function, for tenants of all sizes',
  async run(database, scale, say) {
    const shape = SHAPE[scale];
    const tenants = await loadSearchData(database, scale, say);
    const client = await database.pool('authenticator').connect();
    const owner = await database.pool('owner').connect();
    await owner.query('set search_path = pg_catalog, extensions');
    try {
      const classes = new Map<string, Query[]>();
      for (const [name, choose] of CLASSES)
        classes.set(name, await queriesOf(database, choose(tenants), shape.queries));
      const everybody = [...classes.values()].flat().filter((_, index) => index % 3 === 0);

      say('Comparing exactly …');
      const truth = new Map<string, Answer[]>();
      for (const [name, queries] of classes) truth.set(name, await ask(client, anchor('exact'), queries));
      const rawTruth = await askRaw(owner, 'exact', everybody);
      let least = 1;
      for (const [name, queries] of classes)
        least = Math.min(least, recallOf(await ask(client, OURS, queries), truth.get(name)!));
      const raws: Raw[] = [];
      for (const [name, wanted] of [
        ['c', Math.min(least, 0.995)],
        ['c2', GOAL_RECALL],
      ] as const) {
        const raw: Raw = { name, ef: 0, recall: 0, rounds: [] };
        for (raw.ef of EFS) {
          raw.recall = recallOf(await askRaw(owner, 'hnsw', everybody, raw.ef), rawTruth);
          if (raw.recall >= wanted) break;
        }
        if (raw.ef !== raws[0]?.ef) raws.push(raw);
      }

      const STRATEGIES = ['ours', 'hnsw', 'ivfflat', 'exact'] as const;
      const all = new Map<string, Answer[][]>();
      const series = new Map<string, { p50: number; p95: number }[]>();
      for (let round = 0; round <= ROUNDS[scale]; round++) {
        for (const raw of raws) {
          const taken = times(await warmed(() => askRaw(owner, 'hnsw', everybody, raw.ef)));
          if (round > 0) raw.rounds.push({ p50: percentile(taken, 0.5), p95: percentile(taken, 0.95) });
        }
        for (const [name, queries] of classes) {
          for (const strategy of STRATEGIES) {
            const sql = strategy === 'ours' ? OURS : anchor(strategy);
            const answers = await warmed(() => ask(client, sql, queries));
            // the first round warms up
            if (round === 0) continue;
            const key = `${name} ${strategy}`;
            series.set(key, [
              ...(series.get(key) ?? []),
              { p50: percentile(times(answers), 0.5), p95: percentile(times(answers), 0.95) },
            ]);
            all.set(key, [...(all.get(key) ?? []), answers]);
          }
        }
        if (round > 0) say(`Round ${round} of ${ROUNDS[scale]}`);
      }

      const ratios: Ratio[] = [];
      const table = [
        '| class | chunks | path | strategy | recall@10 | p50 ms | p95 ms | short returns |',
        '| --- | --- | --- | --- | --- | --- | --- | --- |',
      ];
      const title = {
        ours: '**search()**',
        hnsw: '(a) one HNSW index + policy, defaults',
        ivfflat: '(b) one ivfflat index + policy, defaults',
        exact: '(d) exact, index of the tenant',
      };
      for (const [name, queries] of classes) {
        const sizes = queries.map((query) => query.tenant.size);
        for (const strategy of STRATEGIES) {
          const key = `${name} ${strategy}`;
          const rounds = all.get(key)!;
          const recalls = rounds.map((answers) => recallOf(answers, truth.get(name)!));
          const shorts = rounds.map((answers) => shortOf(answers, truth.get(name)!));
          const middle = (which: 'p50' | 'p95') => median(series.get(key)!.map((one) => one[which]));
          table.push(
            `| ${name} | ${Math.min(...sizes).toLocaleString('en')}–${Math.max(...sizes).toLocaleString('en')} | ${strategy === 'ours' ? [...new Set(rounds.flat().map((answer) => answer.path))].join(', ') : ''} | ${title[strategy]} | ${median(recalls).toFixed(3)} | ${middle('p50').toFixed(2)} | ${middle('p95').toFixed(2)} | ${median(shorts)} of ${queries.length} |`,
          );
          if (strategy !== 'ours') continue;
          ratios.push({
            ...compare(
              `${name}: recall@10`,
              recalls.map((recall) => ({ ours: recall, anchor: 1 })),
              { unit: '', anchorName: 'exact' },
            ),
            goal: { least: GOAL_RECALL },
          });
          ratios.push({
            ...compare(
              `${name}: short returns`,
              shorts.map((short) => ({ ours: short, anchor: queries.length })),
              { unit: '', anchorName: 'queries' },
            ),
            goal: { most: 0 },
          });
        }
        for (const raw of raws) {
          ratios.push(
            ...(['p50', 'p95'] as const).map((which) =>
              compare(
                `${name}: ${which}`,
                series
                  .get(`${name} ours`)!
                  .map((one, index) => ({ ours: one[which], anchor: raw.rounds[index]![which] })),
                {
                  unit: 'ms',
                  anchorName: `(${raw.name}) raw unfiltered HNSW, ef_search ${raw.ef}, recall ${raw.recall.toFixed(3)}`,
                  ...(which === 'p95' && raw.name === 'c' ? { goal: { most: 1 } } : {}),
                },
              ),
            ),
          );
        }
      }
      for (const raw of raws)
        table.push(
          `| all | ${shape.chunks.toLocaleString('en')} | | (${raw.name}) one HNSW index, no filter, ef_search ${raw.ef} | ${raw.recall.toFixed(3)} | ${median(raw.rounds.map((one) => one.p50)).toFixed(2)} | ${median(raw.rounds.map((one) => one.p95)).toFixed(2)} | 0 |`,
        );

      say('Measuring where exact and index cross …');
      const points = await curve(database, client, tenants);
      return {
        shape: {
          chunks: tenants.reduce((sum, tenant) => sum + tenant.size, 0),
          tenants: tenants.length,
          dimensions: shape.dimensions,
          'queries per class and round': shape.queries,
          rounds: ROUNDS[scale],
        },
        ratios,
        notes: [
          ...table,
          '',
          'Exact and index, by the size of the tenant (median ms):',
          '',
          '| chunks | exact | index |',
          '| --- | --- | --- |',
          ...points.map(
            (point) =>
              `| ${point.size.toLocaleString('en')} | ${point.exact.toFixed(2)} | ${point.index.toFixed(2)} |`,
          ),
        ],
        plot: lineChart({
          title: 'search() of one tenant: exact and by index',
          x: 'chunks of the tenant',
          y: 'median ms',
          lines: (['exact', 'index'] as const).map((way) => ({
            name: way,
            points: points.map((point) => [point.size, point[way]] as [number, number]),
          })),
        }),
      };
    } finally {
      client.release();
      owner.release();
    }
  },
};
