import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';

/** How far the build of an index is. */
export interface BuildProgress {
  phase: string;
  /** 0 to 1 within the phase; undefined where the phase has no measure. */
  share: number | undefined;
}

/** Who keeps a rebuild waiting. What it asks is a tenant's business, and is not told. */
export interface Blocker {
  pid: number;
  login: string | null;
  application: string | null;
  state: string | null;
  /** Seconds since its transaction began. */
  age: number | null;
  queryStart: Date | null;
}

const PROGRESS = `
  select p.phase, case when p.blocks_total > 0 then p.blocks_done::float8 / p.blocks_total
    when p.tuples_total > 0 then p.tuples_done::float8 / p.tuples_total end as share
  from pg_catalog.pg_stat_progress_create_index p where p.pid = $1`;

const BLOCKERS = `
  select b.pid, a.usename as login, a.application_name as application, a.state, extract(epoch from now() - a.xact_start)::float8 as age,
    a.query_start as "queryStart"
  from unnest(pg_catalog.pg_blocking_pids($1)) as b (pid)
  left join pg_catalog.pg_stat_activity a on a.pid = b.pid
  order by a.xact_start`;

export interface Watching {
  onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Told once for each that blocks for longer than `bound` milliseconds. */
  onBlocked?: ((blocker: Blocker) => void) | undefined;
  bound: number;
}

/** Between two looks, in milliseconds, at the most: a blocker is seen several times before it is told. */
const LOOK = 500;

/** Looks after a build on another connection until the signal; what cannot be seen is not told. */
export async function watchBuild(
  pool: Pool,
  pid: number,
  { onProgress, onBlocked, bound }: Watching,
  signal: AbortSignal,
): Promise<void> {
  const since = new Map<number, number>();
  const told = new Set<number>();
  const look = Math.min(LOOK, bound / 4);
  while (!signal.aborted) {
    await delay(look, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const [{ rows: progress }, { rows: blockers }] = await Promise.all([
      pool.query<{ phase: string | null; share: number | null }>(PROGRESS, [pid]),
      pool.query<Blocker>(BLOCKERS, [pid]),
    ]);
    if (progress[0]?.phase) onProgress?.({ phase: progress[0].phase, share: progress[0].share ?? undefined });
    for (const pid of since.keys()) if (!blockers.some((one) => one.pid === pid)) since.delete(pid);
    for (const blocker of blockers) {
      const first = since.get(blocker.pid) ?? Date.now();
      since.set(blocker.pid, first);
      if (Date.now() - first < bound || told.has(blocker.pid)) continue;
      told.add(blocker.pid);
      onBlocked?.(blocker);
    }
  }
}

/** A blocker in one line, and how it is ended. */
export function describeBlocker({ pid, login, application, state, age, queryStart }: Blocker): string {
  const facts = [
    login ?? 'a login that may not be seen',
    application ? `application "${application}"` : undefined,
    state ?? undefined,
    age === null ? undefined : `transaction open for ${Math.round(age)} s`,
    queryStart ? `last statement began ${queryStart.toISOString()}` : undefined,
  ];
  return `Process ${pid} of the server keeps it waiting (${facts.filter(Boolean).join(', ')}). To end it: select pg_terminate_backend(${pid});`;
}
