import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { until } from '../../operations/postmaster.ts';
import { cpuSeconds, statOf } from './proc.ts';

/** What work took of the machine, however busy others kept it. */
export interface Cost {
  /** Seconds of processors. */
  cpu: number;
  /** Bytes that were asked for and handed over by reads and writes, also of pipes and sockets. */
  read: number;
  written: number;
}

/** Of a process and of all that it has started and seen end. */
function costOf(pid: number | 'self'): Cost {
  const io = readFileSync(`/proc/${pid}/io`, 'utf8');
  const bytes = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io)![1]);
  return { cpu: cpuSeconds(statOf(pid), true), read: bytes('rchar'), written: bytes('wchar') };
}

/**
 * Measures work of this process, of programs that it starts, and of sessions of a server that begin and end meanwhile. Linux counts what
 * a process took for its parent when it ends.
 * @param admin  of a server on this machine, whose processes this user may look at
 */
export async function measured<T>(admin: Pool, work: () => Promise<T>): Promise<{ cost: Cost; result: T }> {
  const { rows } = await admin.query<{ pid: number }>(
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`,
  );
  const { pid } = rows[0]!;
  const both = (): Cost[] => [costOf('self'), costOf(pid)];
  const before = both();
  const result = await work();
  const ended = `select not exists (select from pg_stat_activity where backend_type = 'walsender') as yes`;
  await until(async () => (await admin.query(ended)).rows[0].yes === true, 10_000);
  const after = both();
  const sum = (name: keyof Cost): number =>
    after.reduce((total, one, at) => total + one[name] - before[at]![name], 0);
  return { cost: { cpu: sum('cpu'), read: sum('read'), written: sum('written') }, result };
}
