import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import {
  crowd,
  leaveWork,
  type Person,
  runAll,
  settle,
  watchWaits,
} from '../../tools/bench/beside-maintenance.ts';
import { LONG, sized } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

/** Milliseconds: a second, and in a run beside other tests what a slow machine makes of it. The bench has the second. */
const MOST_WAIT = sized(5000, 1000);

describeReal('every job of maintenance', () => {
  let database: Database;
  let hostile: Person;
  let people: Person[];

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    [hostile, ...people] = [
      await settle(database, 'hostile@example.org'),
      await settle(database, 'ann@example.org'),
      await settle(database, 'bob@example.org'),
    ];
    // on a slow machine moving rows takes long, and they wait that long
    await database
      .pool('owner')
      .query(`update app_private.settings set value = '150' where name = 'partition_move_rows'`);
    await leaveWork(database, people, { months: sized(3, 24), messages: 160, chunks: sized(300, 5000) });
  });
  afterAll(() => database?.close());

  it('runs beside readers, writers and a hostile importer, of whom none fails or waits for long', {
    timeout: LONG,
  }, async () => {
    let isOver = false;
    const reading = crowd(database, people, hostile, () => isOver, {
      pause: sized(100, 5),
      months: sized(3, 120),
      years: sized(1, 20),
    });
    const watching = watchWaits(database, () => isOver);
    const done = await runAll(database, undefined, {
      'ensure-partitions': { rest: 1 },
      'drop-partitions': { rest: 1 },
    }).finally(() => {
      isOver = true;
    });
    const [met, waits] = await Promise.all([reading, watching]);
    expect(Object.entries(done).filter(([, status]) => status !== 'completed')).toEqual([]);
    expect(met.failures).toEqual([]);
    expect(Math.min(met.pages.length, met.posts.length, met.imports)).toBeGreaterThan(0);
    expect(waits.longest, waits.statement ?? '').toBeLessThan(MOST_WAIT);
    // and each had something to do
    const { rows } = await database.pool('owner').query(
      `select (select count(*)::int from app_partitions.messages_default) as strays,
         (select count(*)::int from app_public.usage_logs l where l.id < app_hidden.uuidv7_floor('2023-01-01Z')) as expired,
         (select count(*)::int from app_public.chunks c where c.tier = 'cold') > 0 as tiered,
         (select count(*)::int from app_public.conversations c where c.storage_tier <> 'hot') > 0 as packed`,
    );
    expect(rows[0]).toMatchObject({ expired: 0, tiered: true });
  });
});
