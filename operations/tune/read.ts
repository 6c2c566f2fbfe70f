import type { Pool } from 'pg';
import { env } from '../../lib/env.ts';
import { buildMemory, readIndexes } from '../indexes/facts.ts';
import { type Current, keyOf } from './compare.ts';
import type { Machine } from './machine.ts';

type Querying = Pick<Pool, 'query'>;

/** Every setting of the server, of our roles, and of the database, by key. @param pool  of the monitor */
export async function readSettings(pool: Querying): Promise<Map<string, Current>> {
  const settings = new Map<string, Current>();
  const { rows: server } = await pool.query<Current & { name: string }>(
    'select name, setting, unit, context, pending_restart as "isPending" from pg_catalog.pg_settings',
  );
  for (const row of server) settings.set(keyOf({ where: 'server', setting: row.name }), row);
  const { rows: roles } = await pool.query<{ role: string; config: string }>(`
    select r.rolname as role, unnest(s.setconfig) as config from pg_catalog.pg_db_role_setting s join pg_catalog.pg_roles r on r.oid = s.setrole
    where s.setdatabase = 0 and r.rolname like 'colloquy\\_%'`);
  for (const { role, config } of roles) {
    const [setting = '', value = ''] = config.split(/=(.*)/s);
    settings.set(keyOf({ where: 'role', role, setting }), {
      setting: value,
      unit: null,
      context: 'user',
      isPending: false,
    });
  }
  const { rows } = await pool.query<{ memory: string }>(
    'select memory_mb::text as memory from app_hidden.maintenance_limits()',
  );
  settings.set('database embedding_index_memory_mb', {
    setting: rows[0]!.memory,
    unit: null,
    context: 'user',
    isPending: false,
  });
  return settings;
}

/** Connections that one API, one worker and operators open at most; twice, since processes are replaced one beside the other. */
export const ownConnections = (): number =>
  2 * (env.DATABASE_POOL_SIZE + env.POOL_VISITORS + env.POOL_CREDENTIALS + 2 + env.DATABASE_POOL_SIZE) + 10;

/** What the database says of the machine it needs. @param pool  of the monitor */
export async function readDemands(
  pool: Querying,
): Promise<Omit<Machine, 'memoryMb' | 'cpus' | 'storage' | 'connections'>> {
  const { rows } = await pool.query(`
    select pg_catalog.pg_database_size(current_database())::float8 / 1048576 as size, current_setting('shared_preload_libraries') as preloaded,
      exists (select from pg_catalog.pg_available_extensions where name = 'pg_stat_statements') as statements,
      coalesce((select 'lz4' = any (enumvals) from pg_catalog.pg_settings where name = 'wal_compression'), false) as lz4`);
  const { size, preloaded, statements, lz4 } = rows[0];
  const vectors = (await readIndexes(pool)).filter(({ method }) => method === 'hnsw');
  return {
    vectorBuildMb: Math.max(0, ...vectors.map(buildMemory)),
    databaseMb: Math.ceil(size),
    preloaded: (preloaded as string)
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean),
    hasStatements: statements,
    hasLz4: lz4,
  };
}
