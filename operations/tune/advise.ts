import type { Machine } from './machine.ts';

/** A setting that fits the machine, and why. */
export interface Advice {
  /** Of PostgreSQL, of a role (`colloquy_monitor: statement_timeout`), or of app_private.settings. */
  setting: string;
  where: 'server' | 'role' | 'database';
  role?: string;
  /** As PostgreSQL writes it: 4096MB, 15min, on. */
  value: string;
  reason: string;
  /** `least`: more is fine, too. */
  rule: 'exact' | 'least';
}

const clamp = (value: number, least: number, most: number): number =>
  Math.floor(Math.min(Math.max(value, least), Math.max(least, most)));
const mb = (value: number): string => `${value}MB`;

function memory(m: Machine): Advice[] {
  const shared = clamp(m.memoryMb / 4, 32, 32_768);
  // a statement has several sorts and hashes, and not every connection runs one
  const work = clamp((m.memoryMb - shared) / (m.connections * 3), 4, 64);
  const maintenance = clamp(
    Math.max(256, m.vectorBuildMb),
    Math.min(64, m.memoryMb / 16),
    Math.min(m.memoryMb / 8, 8192),
  );
  return [
    {
      setting: 'shared_buffers',
      where: 'server',
      value: mb(shared),
      rule: 'exact',
      reason: 'A quarter of the memory; the rest serves as cache of the operating system and for sorts.',
    },
    {
      setting: 'effective_cache_size',
      where: 'server',
      value: mb(clamp((m.memoryMb * 3) / 4, 64, 1_048_576)),
      rule: 'exact',
      reason: 'What shared buffers and the system together keep: with less, the planner shuns indexes.',
    },
    {
      setting: 'work_mem',
      where: 'server',
      value: mb(work),
      rule: 'exact',
      reason: `${m.connections} connections with three sorts each fit beside the buffers.`,
    },
    {
      setting: 'maintenance_work_mem',
      where: 'server',
      value: mb(maintenance),
      rule: 'least',
      reason: `Restores and builds by hand. The largest vector index wants ${m.vectorBuildMb} MB; without, it takes about five times as long.`,
    },
    {
      setting: 'autovacuum_work_mem',
      where: 'server',
      value: mb(clamp(m.memoryMb / 32, 16, 1024)),
      rule: 'exact',
      reason: 'Each worker of autovacuum takes so much, not maintenance_work_mem.',
    },
    {
      setting: 'embedding_index_memory_mb',
      where: 'database',
      value: String(clamp(maintenance, 16, 8192)),
      rule: 'least',
      reason: 'The same for what workers build.',
    },
  ];
}

function processors(m: Machine): Advice[] {
  return [
    {
      setting: 'max_worker_processes',
      where: 'server',
      value: String(clamp(m.cpus + 4, 8, 128)),
      rule: 'least',
      reason: 'Parallel workers, and some for replication and extensions.',
    },
    {
      setting: 'max_parallel_workers',
      where: 'server',
      value: String(clamp(m.cpus, 2, 64)),
      rule: 'exact',
      reason: `One a processor, ${m.cpus}.`,
    },
    {
      setting: 'max_parallel_workers_per_gather',
      where: 'server',
      value: String(clamp(m.cpus / 4, 0, 4)),
      rule: 'exact',
      reason: 'Requests are short and many: one must not take all processors.',
    },
    {
      setting: 'max_parallel_maintenance_workers',
      where: 'server',
      value: String(clamp(m.cpus / 2, 1, 4)),
      rule: 'exact',
      reason: 'Vector indexes are built in parallel, and requests go on beside.',
    },
    {
      setting: 'io_workers',
      where: 'server',
      value: String(clamp(m.cpus / 2, 3, 16)),
      rule: 'least',
      reason: 'io_method worker reads ahead with these; io_uring is not in every kernel and container.',
    },
  ];
}

function storage(m: Machine): Advice[] {
  const isSsd = m.storage === 'ssd';
  const log = clamp(Math.max(2048, m.databaseMb / 10), 2048, 16_384);
  return [
    {
      setting: 'random_page_cost',
      where: 'server',
      value: isSsd ? '1.1' : '4',
      rule: 'exact',
      reason: isSsd
        ? 'On an SSD a page elsewhere costs hardly more than the next one.'
        : 'A disk has to move its arm.',
    },
    {
      setting: 'effective_io_concurrency',
      where: 'server',
      value: isSsd ? '200' : '16',
      rule: 'exact',
      reason: 'Reads that the storage serves at the same time.',
    },
    {
      setting: 'maintenance_io_concurrency',
      where: 'server',
      value: isSsd ? '200' : '16',
      rule: 'exact',
      reason: 'The same for vacuum and builds.',
    },
    {
      setting: 'max_wal_size',
      where: 'server',
      value: mb(log),
      rule: 'least',
      reason:
        'Checkpoints by time and not by size: an import or the build of an index writes so much in some minutes.',
    },
    {
      setting: 'min_wal_size',
      where: 'server',
      value: mb(clamp(log / 4, 512, 4096)),
      rule: 'least',
      reason: 'Segments that are used again need not be made.',
    },
    {
      setting: 'checkpoint_timeout',
      where: 'server',
      value: '15min',
      rule: 'least',
      reason: 'Fewer full pages in the log; recovery after a crash takes somewhat longer.',
    },
    {
      setting: 'wal_compression',
      where: 'server',
      value: m.hasLz4 ? 'lz4' : 'pglz',
      rule: 'exact',
      reason: 'Full pages take less log, backup and network.',
    },
    {
      setting: 'autovacuum_vacuum_cost_limit',
      where: 'server',
      value: isSsd ? '2000' : '400',
      rule: 'least',
      reason: 'The default of 200 does not keep up with partitions that are written all day.',
    },
  ];
}

/** What the rules of the database rely on, and what an operator wants to see afterwards. */
function habits(m: Machine): Advice[] {
  const statements =
    m.preloaded.includes('pg_stat_statements') || !m.hasStatements
      ? []
      : [...m.preloaded, 'pg_stat_statements'];
  return [
    {
      setting: 'max_connections',
      where: 'server',
      value: String(clamp(m.connections, 20, 1000)),
      rule: 'least',
      reason:
        'What the pools of all processes open at most, and ten for operators. Above 1000 take a pooler: docs/pooler.md.',
    },
    {
      setting: 'autovacuum_vacuum_scale_factor',
      where: 'server',
      value: '0.05',
      rule: 'exact',
      reason:
        'Of the large partitions, 20 % are too many dead rows; those of vectors have their own, higher one.',
    },
    {
      setting: 'autovacuum_analyze_scale_factor',
      where: 'server',
      value: '0.02',
      rule: 'exact',
      reason: 'A partition of the month grows all day: its statistics must follow.',
    },
    {
      setting: 'autovacuum_max_workers',
      where: 'server',
      value: String(clamp(m.cpus / 2, 3, 8)),
      rule: 'least',
      reason: 'Many partitions wait for few workers.',
    },
    {
      setting: 'deadlock_timeout',
      where: 'server',
      value: '1s',
      rule: 'least',
      reason: 'Functions that take locks wait 900 ms at most, so that nobody is taken for a deadlock.',
    },
    {
      setting: 'synchronous_commit',
      where: 'server',
      value: 'on',
      rule: 'exact',
      reason: 'What was acknowledged is there after a crash.',
    },
    {
      setting: 'full_page_writes',
      where: 'server',
      value: 'on',
      rule: 'exact',
      reason: 'A page that was half-written cannot be recovered otherwise.',
    },
    {
      setting: 'fsync',
      where: 'server',
      value: 'on',
      rule: 'exact',
      reason: 'Without, a crash of the machine may damage everything.',
    },
    {
      setting: 'track_io_timing',
      where: 'server',
      value: 'on',
      rule: 'exact',
      reason: 'Statistics say how long reads take.',
    },
    {
      setting: 'log_lock_waits',
      where: 'server',
      value: 'on',
      rule: 'exact',
      reason: 'A wait for a lock of more than a second stands in the log.',
    },
    ...(statements.length > 0
      ? [
          {
            setting: 'shared_preload_libraries',
            where: 'server',
            value: statements.join(', '),
            rule: 'exact',
            reason: 'Slow statements are found by pg_stat_statements; what was loaded stays.',
          } as const,
        ]
      : []),
    {
      setting: 'statement_timeout',
      where: 'role',
      role: 'colloquy_authenticator',
      value: '60s',
      rule: 'exact',
      reason: 'The API ends a statement after 30 s by itself; this holds when its process is gone.',
    },
    {
      setting: 'idle_in_transaction_session_timeout',
      where: 'role',
      role: 'colloquy_authenticator',
      value: '60s',
      rule: 'exact',
      reason: 'An open transaction of a request keeps vacuum and rebuilds waiting.',
    },
    {
      setting: 'idle_in_transaction_session_timeout',
      where: 'role',
      role: 'colloquy_worker',
      value: '10min',
      rule: 'exact',
      reason: 'No job waits for anything inside a transaction.',
    },
    {
      setting: 'statement_timeout',
      where: 'role',
      role: 'colloquy_monitor',
      value: '5min',
      rule: 'exact',
      reason: 'A look at the database must not become its load.',
    },
    {
      setting: 'lock_timeout',
      where: 'role',
      role: 'colloquy_monitor',
      value: '5s',
      rule: 'exact',
      reason: 'Who looks waits for nobody.',
    },
  ];
}

/** The settings for a machine, with reasons. The same machine gets the same advice. */
export function advise(machine: Machine): Advice[] {
  return [...memory(machine), ...processors(machine), ...storage(machine), ...habits(machine)];
}
