import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, inTransaction, serverDatabase } from '../../../lib/database.ts';
import { projectFolder } from '../../../lib/migrations.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { registerUser, type TestUser } from '../../support/users.ts';

/** Of sessions: with summer time on both halves of the earth, and those where the day begins last and first. */
const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Pacific/Pago_Pago',
  'Pacific/Kiritimati',
];

/** A moment, and the first one of its day and of its month. */
const MOMENTS = [
  // the ends of months, and the leap day
  ['2026-01-31T23:59:59.999Z', '2026-01-31', '2026-01-01'],
  ['2026-03-01T00:00:00.000Z', '2026-03-01', '2026-03-01'],
  ['2024-02-29T00:00:00.000Z', '2024-02-29', '2024-02-01'],
  ['2024-02-29T23:59:59.999Z', '2024-02-29', '2024-02-01'],
  ['2023-12-31T23:59:59.999Z', '2023-12-31', '2023-12-01'],
  // hours that there are twice or not at all: New York, Berlin, Lord Howe
  ['2026-03-08T07:30:00.000Z', '2026-03-08', '2026-03-01'],
  ['2026-11-01T05:30:00.000Z', '2026-11-01', '2026-11-01'],
  ['2026-03-29T01:30:00.000Z', '2026-03-29', '2026-03-01'],
  ['2026-10-25T00:30:00.000Z', '2026-10-25', '2026-10-01'],
  ['2026-04-04T15:15:00.000Z', '2026-04-04', '2026-04-01'],
] as const;

/** From a month, so many before. */
const BEFORE = [
  ['2026-03-31T12:00:00Z', 1, '2026-02-01'],
  ['2026-03-01T00:00:00Z', 1, '2026-02-01'],
  ['2026-12-01T00:00:00Z', 1, '2026-11-01'],
  ['2024-03-31T23:59:59Z', 1, '2024-02-01'],
  ['2024-02-29T00:00:00Z', 12, '2023-02-01'],
  ['2026-01-31T00:00:00Z', 2, '2025-11-01'],
  ['2026-04-01T00:00:00Z', 0, '2026-04-01'],
] as const;

const at = (day: string): string => new Date(`${day}T00:00:00Z`).toISOString();

describeReal('days and months', () => {
  let database: Database;
  let ann: TestUser;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
  });
  afterAll(() => database?.close());

  /** As a session in a zone sees it. */
  const inZone = (role: 'owner' | 'worker', zone: string, sql: string, values: unknown[] = []) =>
    inTransaction(database.pool(role), async (client) => {
      await client.query(`select set_config('timezone', $1, true)`, [zone]);
      return (await client.query(sql, values)).rows[0];
    });

  describe.each(ZONES)('are those of UTC in a session in %s', (zone) => {
    it('of budgets, quotas, figures and partitions', async () => {
      for (const [moment, day, month] of MOMENTS) {
        const row = await inZone(
          'owner',
          zone,
          `select app_private.budget_period_start('day', $1) as day, app_private.budget_period_start('month', $1) as month,
             app_private.month_start($1) as start, app_hidden.uuidv7_day(app_hidden.uuidv7_floor($1))::text as of_id`,
          [moment],
        );
        expect(
          [row.day.toISOString(), row.month.toISOString(), row.start.toISOString(), row.of_id],
          moment,
        ).toEqual([at(day), at(month), at(month), day]);
      }
      for (const [moment, months, expected] of BEFORE) {
        const row = await inZone('owner', zone, 'select app_private.month_start($1, $2) as start', [
          moment,
          months,
        ]);
        expect(row.start.toISOString(), `${months} before ${moment}`).toBe(at(expected));
      }
    });

    it('and what ends by itself ends at its moment', async () => {
      const owner = database.pool('owner');
      await owner.query('delete from app_private.user_sessions where user_id = $1', [ann.id]);
      await owner.query(
        `insert into app_private.user_sessions (user_id, token_hash, expires_at)
         select $1, sha256(n::text::bytea), now() + n * interval '1 minute' from unnest(array[-1, 1, 60]) as n`,
        [ann.id],
      );
      expect(await inZone('worker', zone, 'select app_hidden.delete_expired_sessions() as n')).toEqual({
        n: 1,
      });
      const next = await inZone(
        'owner',
        zone,
        `select * from app_private.next_partition('messages', 24, 1000)`,
      );
      expect(next).toEqual(
        await inZone('owner', 'UTC', `select * from app_private.next_partition('messages', 24, 1000)`),
      );
    });
  });

  it('of schedules are those of UTC', async () => {
    const { rows } = await database.pool('owner').query('select distinct timezone from pgboss.schedule');
    expect(rows).toEqual([{ timezone: 'UTC' }]);
  });

  it('are never counted in the zone of the session by a function', () => {
    const folder = join(projectFolder, 'functions');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.sql'),
    );
    const wrong = files.flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .filter((line) => !line.trim().startsWith('--'))
        .filter(
          (line) =>
            // a day, a month of a time with a zone, and months that are added to one or taken from one
            (/date_trunc\('(day|week|month|quarter|year)'/.test(line) &&
              !/'UTC'|::timestamp\)|first_day\)/.test(line)) ||
            (/(interval '\d+ (month|year)|(months|years) =>)/.test(line) &&
              !/'UTC'|m \(month\)|months_ahead/.test(line)),
        )
        .map((line) => `${name}: ${line.trim()}`),
    );
    expect(wrong).toEqual([]);
  });
});
