import type { Program } from './programs.ts';

/** What pg_control says of a data folder. */
export interface Control {
  systemIdentifier: string;
  segmentSize: number;
  /** Settings that a server needs at least as large as the one had that wrote the log. */
  settings: Record<string, string>;
}

const NEEDED = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_xacts',
  'max_locks_per_xact',
] as const;
const SETTING: Partial<Record<(typeof NEEDED)[number], string>> = {
  max_prepared_xacts: 'max_prepared_transactions',
  max_locks_per_xact: 'max_locks_per_transaction',
};

export async function readControl(run: Program, data: string): Promise<Control> {
  const { stdout } = await run('pg_controldata', ['-D', data]);
  const value = (label: string): string => new RegExp(`^${label}:\\s*(\\S+)`, 'm').exec(stdout)?.[1] ?? '';
  return {
    systemIdentifier: value('Database system identifier'),
    segmentSize: Number(value('Bytes per WAL segment')),
    settings: Object.fromEntries(NEEDED.map((name) => [SETTING[name] ?? name, value(`${name} setting`)])),
  };
}
