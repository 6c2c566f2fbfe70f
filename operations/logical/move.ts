import { type Database, inTransaction } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { migrateDatabase, migrationStatus, type QueueDefinition } from '../../lib/migrations.ts';
import { demandEmpty } from './empty.ts';
import { completeLoad, type LoadEvents, type Loaded, loadRows } from './load.ts';
import { readingAll } from './source.ts';

export interface MoveOptions extends LoadEvents {
  queues: QueueDefinition[];
  /** Also applies migrations/current/, for tests. */
  inHand?: boolean;
  onStep?: (step: string, share: number) => void;
}

/** What says where a database is: the target is where it is. */
const OF_THE_PLACE = ['app_private.database_identity'];

/** What would be moved. */
export interface MovePlan {
  tables: { name: string; rows: number }[];
  bytes: number;
}

/**
 * What a move would do, with nothing changed on either side.
 * @throws ColloquyError CQ012 to CQ014 for a server that cannot carry it, CQ680 when the target holds something
 */
export async function planMove(source: Database): Promise<MovePlan> {
  return readingAll(source.pool('backup'), async (all) => {
    const tables: MovePlan['tables'] = [];
    for (const table of all.tables.filter(({ name }) => !OF_THE_PLACE.includes(name))) {
      const { rows } = await all.client.query(`select count(*)::int as count from ${table.name}`);
      tables.push({ name: table.name, rows: rows[0].count });
    }
    const { rows } = await all.client.query('select pg_database_size(current_database())::text as size');
    return { tables, bytes: Number(rows[0].size) };
  });
}

async function demandCurrent(source: Database): Promise<void> {
  const { pending, pendingFunctions } = await migrationStatus(source.pool('owner'));
  if (pending.length + pendingFunctions.length === 0) return;
  throw new ColloquyError('CQ032', `${source.name} has not been prepared for this version.`, {
    hint: 'Run npm run migrate first, then this again.',
  });
}

/**
 * Moves a database into another one, which is empty: the tables are made there by the migrations, the rows are copied in one transaction
 * and compared, then indexes are built. Interrupted at any point, the source is untouched, and the same call begins again.
 * @throws ColloquyError CQ680 when the target holds something, CQ683 when the rows differ afterwards
 */
export async function moveDatabase(
  source: Database,
  target: Database,
  options: MoveOptions,
): Promise<Loaded> {
  await demandCurrent(source);
  await demandEmpty(target);
  await migrateDatabase(target, options.queues, { inHand: options.inHand ?? false });
  await demandEmpty(target);
  return readingAll(source.pool('backup'), async (all) => {
    const loaded = await loadRows(target, all, { ...options, leave: OF_THE_PLACE });
    await completeLoad(target, all, options.onStep);
    await inTransaction(target.pool('owner'), (client) =>
      client.query(`select app_private.log_event('database.moved', null, null, 'database', null, null, $1)`, [
        { rows: loaded.rows, from: source.kind },
      ]),
    );
    return loaded;
  });
}
