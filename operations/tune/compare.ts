import pg from 'pg';
import type { Advice } from './advise.ts';

/** A setting as the server has it. */
export interface Current {
  setting: string;
  unit: string | null;
  /** postmaster: a change waits for a restart. */
  context: string;
  isPending: boolean;
}

export interface Compared extends Advice {
  now: string | undefined;
  state: 'fits' | 'differs' | 'waits for a restart' | 'unknown';
  needsRestart: boolean;
  sql: string;
}

const BYTES: Record<string, number> = { B: 1, kB: 1024, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };
const MILLISECONDS: Record<string, number> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A value with its unit as a number that can be compared; the text itself where it is none. */
export function comparable(value: string, unit: string | null = null): number | string {
  const [, digits, own] = /^(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(value.trim()) ?? [];
  if (digits === undefined) return value.trim().replaceAll(/["\s]/g, '').toLowerCase();
  const [, times = '1', name = ''] = own ? [undefined, '1', own] : (/^(\d*)(\w*)$/.exec(unit ?? '') ?? []);
  return Number(digits) * Number(times || 1) * (BYTES[name] ?? MILLISECONDS[name] ?? 1);
}

function fits({ value, rule }: Advice, now: string, unit: string | null): boolean {
  const [wanted, is] = [comparable(value), comparable(now, unit)];
  if (rule === 'least' && typeof wanted === 'number' && typeof is === 'number') return is >= wanted;
  return wanted === is;
}

/** The lists of libraries are lists: each is quoted by itself. */
const literal = ({ setting, value }: Advice): string =>
  setting === 'shared_preload_libraries'
    ? value.split(', ').map(pg.escapeLiteral).join(', ')
    : pg.escapeLiteral(value);

function statement(advice: Advice): string {
  const { where, setting, role, value } = advice;
  if (where === 'role') return `alter role ${role} set ${setting} = ${literal(advice)};`;
  if (where === 'database')
    return `update app_private.settings set value = ${pg.escapeLiteral(value)} where name = ${pg.escapeLiteral(setting)};`;
  return `alter system set ${setting} = ${literal(advice)};`;
}

/** The key of a setting among those that are there. */
export const keyOf = ({ where, role, setting }: Pick<Advice, 'where' | 'role' | 'setting'>): string =>
  [where, role, setting].filter(Boolean).join(' ');

/** Sets what is beside what should be. */
export function compareSettings(
  advice: readonly Advice[],
  current: ReadonlyMap<string, Current>,
): Compared[] {
  return advice.map((one) => {
    const is = current.get(keyOf(one));
    const needsRestart = is?.context === 'postmaster';
    const base = {
      ...one,
      now: is ? `${is.setting}${is.unit && /^\d+$/.test(is.setting) ? ` ${is.unit}` : ''}` : undefined,
      needsRestart,
      sql: statement(one),
    };
    if (!is) return { ...base, state: one.where === 'role' ? 'differs' : 'unknown' };
    if (fits(one, is.setting, is.unit)) return { ...base, state: 'fits' };
    return { ...base, state: is.isPending ? 'waits for a restart' : 'differs' };
  });
}
