import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';
import { runSql, type Scale } from './harness.ts';

/** How much there is at each scale; the largest tenant has about an eighth of it. */
export const SHAPE: Record<Scale, { chunks: number; tenants: number; dimensions: number; queries: number }> =
  {
    small: { chunks: 40_000, tenants: 400, dimensions: 128, queries: 40 },
    medium: { chunks: 200_000, tenants: 2_000, dimensions: 128, queries: 60 },
    large: { chunks: 1_000_000, tenants: 2_000, dimensions: 256, queries: 100 },
  };
/** Few and wide: within narrow themes of some hundred points every index is right. */
const CENTRES = 40;
/** Real embeddings vary in far fewer directions than they have dimensions. */
const RANK = 64;
const BATCH = 2_000;

export interface Tenant {
  workspace_id: string;
  user_id: string;
  rank: number;
  size: number;
}

/** A generator of the same numbers at every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normalNumbers(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Unit vectors around themes: points of a low rank, carried over by one random map, with a little noise. */
export function vectorsAround(dimensions: number, seed = 1): (centre: number) => number[] {
  const ofMap = normalNumbers(randomNumbers(42));
  const normal = normalNumbers(randomNumbers(seed));
  const list = (length: number) => Array.from({ length }, ofMap);
  const map = Array.from({ length: dimensions }, () => list(RANK));
  const centres = Array.from({ length: CENTRES }, () => list(RANK));
  return (centre) => {
    const at = centres[centre % CENTRES]!.map((x) => x + 0.8 * normal());
    const vector = map.map((row) => row.reduce((sum, x, index) => sum + x * at[index]!, normal()));
    const length = Math.hypot(...vector);
    return vector.map((x) => x / length);
  };
}

/** Fills the database: tenants, chunks, clustered vectors, the index and the anchors. */
export async function loadSearchData(
  database: Database,
  scale: Scale,
  say: (text: string) => void,
): Promise<Tenant[]> {
  const { chunks, tenants, dimensions } = SHAPE[scale];
  say(`Loading ${chunks.toLocaleString('en')} chunks of ${tenants.toLocaleString('en')} tenants …`);
  await runSql(database, 'words.sql');
  await runSql(database, 'search_seed.sql', { chunks, tenants, dimensions, centres: CENTRES });
  const owner = database.pool('owner');
  const { rows: versions } = await owner.query(
    `select id from app_public.embedding_versions where name = 'bench'`,
  );
  const { rows } = await owner.query<{ id: string; workspace_id: string; centre: number }>(
    `select id, workspace_id, (metadata ->> 'centre')::int as centre from app_public.chunks order by id`,
  );
  say('Loading their vectors …');
  await owner.query('alter table app_public.embeddings disable trigger user');
  const vectorOf = vectorsAround(dimensions);
  for (let start = 0; start < rows.length; start += BATCH) {
    const batch = rows.slice(start, start + BATCH);
    await owner.query(
      `insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
       select $1, workspace_id, chunk_id, vector::extensions.halfvec from unnest($2::uuid[], $3::uuid[], $4::text[]) as given (workspace_id, chunk_id, vector)`,
      [
        versions[0].id,
        batch.map((row) => row.workspace_id),
        batch.map((row) => row.id),
        batch.map((row) => `[${vectorOf(row.centre).map((x) => x.toFixed(5))}]`),
      ],
    );
  }
  say('Building indexes …');
  await runSql(database, 'search_anchors.sql', { dimensions });
  return (await owner.query<Tenant>('select * from bench.tenants order by rank')).rows;
}

/** Which tenants stand for a class, by their rank. */
export const CLASSES: [string, (tenants: Tenant[]) => Tenant[]][] = [
  ['giant', (tenants) => tenants.slice(0, 1)],
  ['big', (tenants) => tenants.slice(1, 4)],
  ['middle', (tenants) => tenants.slice(9, 19)],
  ['small', (tenants) => tenants.slice(79, 99)],
  ['tiny', (tenants) => tenants.slice(-20)],
];

export interface Query {
  tenant: Tenant;
  vector: string;
  words: string;
}

/** Questions about what a tenant has: the theme of one of its chunks, and two of that chunk's rarer words. */
export async function queriesOf(database: Database, tenants: Tenant[], count: number): Promise<Query[]> {
  const { rows } = await database.pool('owner').query<{
    workspace_id: string;
    centre: number;
    dimensions: number;
    content: string;
  }>(
    `select e.workspace_id, (c.metadata ->> 'centre')::int as centre, extensions.vector_dims(e.embedding) as dimensions, c.content
     from unnest($1::uuid[], $2::int[]) as t (workspace_id, wanted)
     cross join lateral (
       select h.* from bench.exact h where h.workspace_id = t.workspace_id order by md5(h.chunk_id::text) limit t.wanted
     ) as e
     join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id`,
    [tenants.map((tenant) => tenant.workspace_id), tenants.map(() => Math.ceil(count / tenants.length))],
  );
  const vectorOf = vectorsAround(rows[0]!.dimensions, 7);
  return rows.slice(0, count).map((row) => ({
    tenant: tenants.find((tenant) => tenant.workspace_id === row.workspace_id)!,
    vector: `[${vectorOf(row.centre).map((x) => x.toFixed(5))}]`,
    words: row.content.split(' ').slice(-2).join(' or '),
  }));
}

/** As a request of the tenant: a transaction, its role and its claims. */
export async function asTenant(client: PoolClient, tenant: Tenant): Promise<void> {
  await client.query(
    `begin; set local role colloquy_user; set local plan_cache_mode = force_custom_plan;
     select set_config('colloquy.user_id', '${tenant.user_id}', true), set_config('colloquy.workspace_id', '${tenant.workspace_id}', true),
       set_config('colloquy.member_role', 'owner', true)`,
  );
}
