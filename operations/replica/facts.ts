import type { Pool } from 'pg';
import { ColloquyError } from '../../lib/errors.ts';

/** What a primary says of itself before a standby is made. */
export interface PrimaryFacts {
  version: number;
  isStandby: boolean;
  walLevel: string;
  senders: number;
  mostSenders: number;
  slots: number;
  mostSlots: number;
  slotKeep: string;
  slot: { isActive: boolean } | null;
}

const FACTS = `select pg_catalog.current_setting('server_version_num')::int as version,
  pg_catalog.pg_is_in_recovery() as "isStandby",
  pg_catalog.current_setting('wal_level') as "walLevel",
  (select pg_catalog.count(*)::int from pg_catalog.pg_stat_replication) as senders,
  pg_catalog.current_setting('max_wal_senders')::int as "mostSenders",
  (select pg_catalog.count(*)::int from pg_catalog.pg_replication_slots) as slots,
  pg_catalog.current_setting('max_replication_slots')::int as "mostSlots",
  pg_catalog.current_setting('max_slot_wal_keep_size') as "slotKeep",
  (select pg_catalog.json_build_object('isActive', s.active) from pg_catalog.pg_replication_slots s where s.slot_name = $1) as slot`;

export async function primaryFacts(pool: Pool, slot: string): Promise<PrimaryFacts> {
  return (await pool.query<PrimaryFacts>(FACTS, [slot])).rows[0]!;
}

const refused = (message: string, hint: string): ColloquyError =>
  new ColloquyError('CQ670', message, { hint });

/**
 * Whether a standby can be made of it.
 * @returns what should be otherwise, and is no reason to stop
 * @throws ColloquyError CQ670 with the setting that is in the way, CQ673 for a slot that is taken
 */
export function judgePrimary(facts: PrimaryFacts, slot: string): string[] {
  if (facts.isStandby)
    throw refused('This server is a standby itself.', 'Point BACKUP_DATABASE_URL at the primary.');
  if (facts.walLevel === 'minimal')
    throw refused(
      'wal_level is minimal: no standby can follow.',
      'alter system set wal_level = replica; then restart the primary.',
    );
  // pg_basebackup takes two while it copies
  if (facts.senders + 2 > facts.mostSenders)
    throw refused(
      `max_wal_senders is ${facts.mostSenders}, and ${facts.senders} are in use: copying takes two.`,
      `alter system set max_wal_senders = ${facts.senders + 5}; then restart the primary.`,
    );
  if (!facts.slot && facts.slots + 1 > facts.mostSlots)
    throw refused(
      `max_replication_slots is ${facts.mostSlots}, and all are in use.`,
      `Drop one that nobody needs (npm run ops -- replica status), or: alter system set max_replication_slots = ${facts.slots + 5}; then restart the primary.`,
    );
  if (facts.slot)
    throw new ColloquyError(
      'CQ673',
      `There is a replication slot ${slot} already${facts.slot.isActive ? ', and a standby uses it' : ''}.`,
      {
        hint: facts.slot.isActive
          ? 'Give this standby a slot of its own: --slot NAME.'
          : `Give this standby another one (--slot NAME), or, when no standby needs that one any more: select pg_drop_replication_slot('${slot}');`,
      },
    );
  if (facts.slotKeep !== '-1') return [];
  return [
    'max_slot_wal_keep_size is -1: a standby that is gone for long fills the disk of the primary with WAL. Set it, to a tenth of the disk for instance; it needs no restart.',
  ];
}
