import type { Pool } from 'pg';

/** What a client asked to be written, and what it was told. */
interface Write {
  kind: 'message' | 'document';
  /** The whole content, so that it is counted by what is there, not by what the API says. */
  mark: string;
  /** The id that the API acknowledged. */
  id?: string;
}

/** Every write that was asked for. */
export class Ledger {
  readonly writes = new Map<string, Write>();

  asked(kind: Write['kind'], mark: string): void {
    this.writes.set(mark, { kind, mark });
  }

  acknowledged(mark: string, id: string): void {
    this.writes.get(mark)!.id = id;
  }

  get acknowledgedCount(): number {
    return [...this.writes.values()].filter((write) => write.id !== undefined).length;
  }
}

/** How all marks begin. */
export const MARK = 'chaos';

const ROWS = `
  select 'message' as kind, m.content as mark, m.id::text as id from app_public.messages m where starts_with(m.content, $1)
  union all
  select 'document', d.content, d.id::text from app_public.documents d where starts_with(d.content, $1)`;

const GAPS = `
  select m.conversation_id::text as id from app_public.messages m
  group by m.conversation_id
  having min(m.sequence_number) <> 1 or max(m.sequence_number) <> count(*) or count(distinct m.sequence_number) <> count(*)`;

export interface Compared {
  acknowledged: number;
  /** Asked for and never acknowledged, but there: allowed, once. */
  unacknowledged: number;
  violations: string[];
}

/** Compares what was acknowledged with what a database has. */
export async function compareWith(ledger: Ledger, pool: Pool): Promise<Compared> {
  const { rows } = await pool.query<{ kind: string; mark: string; id: string }>(ROWS, [MARK]);
  const found = Map.groupBy(rows, (row) => row.mark);
  const violations: string[] = [];
  for (const { kind, mark, id } of ledger.writes.values()) {
    const there = found.get(mark) ?? [];
    if (there.length > 1) violations.push(`the ${kind} "${mark}" is there ${there.length} times`);
    if (id !== undefined && !there.some((row) => row.id === id)) {
      violations.push(
        `the ${kind} "${mark}" was acknowledged as ${id}, and is ${there.length > 0 ? 'another' : 'lost'}`,
      );
    }
  }
  for (const mark of found.keys())
    if (!ledger.writes.has(mark)) violations.push(`"${mark}" was never asked for`);
  const { rows: gaps } = await pool.query<{ id: string }>(GAPS);
  for (const { id } of gaps)
    violations.push(`the messages of conversation ${id} are not numbered from 1 without a gap`);
  const acknowledged = ledger.acknowledgedCount;
  const known = [...ledger.writes.values()].filter((write) => found.has(write.mark)).length;
  return { acknowledged, unacknowledged: known - acknowledged, violations };
}
