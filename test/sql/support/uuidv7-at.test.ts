import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';

describeReal('ids of a given time', () => {
  let database: Database;
  const one = async (sql: string, ...values: unknown[]) =>
    (await database.pool('owner').query(sql, values)).rows[0];

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await database?.close();
  });

  it('are UUIDs of version 7 that carry it, at or after the least one of its millisecond', async () => {
    const row = await one(
      `select uuid_extract_version(id) as version, uuid_extract_timestamp(id) as at, app_hidden.uuidv7_day(id)::text as day,
         id >= app_hidden.uuidv7_floor(t) and id < app_hidden.uuidv7_floor(t + interval '1 millisecond') as is_within
       from (select t, app_hidden.uuidv7_at(t) as id from (values ($1::timestamptz)) as v (t)) as made`,
      '2024-02-29T23:59:59.999Z',
    );
    expect(row).toEqual({
      version: 7,
      at: new Date('2024-02-29T23:59:59.999Z'),
      day: '2024-02-29',
      is_within: true,
    });
  });

  it('are the same for the same seed alone', async () => {
    const row = await one(
      `select app_hidden.uuidv7_at(t, 'a') = app_hidden.uuidv7_at(t, 'a') as same,
         app_hidden.uuidv7_at(t, 'a') = app_hidden.uuidv7_at(t, 'b') as other, app_hidden.uuidv7_at(t) = app_hidden.uuidv7_at(t) as random
       from (values (now())) as v (t)`,
    );
    expect(row).toEqual({ same: true, other: false, random: false });
  });
});
