import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser } from '../../support/users.ts';

describeReal('settings of the database', () => {
  let database: Database;
  const setting = (name: string) =>
    database.pool('owner').query('select app_hidden.setting($1) as value', [name]);

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await database?.close();
  });

  it('are read as they are at the moment, and never guessed', async () => {
    await database
      .pool('owner')
      .query(`update app_private.settings set value = '31' where name = 'session_days'`);
    expect((await setting('session_days')).rows[0].value).toBe('31');
    await expect(setting('no_such_setting')).rejects.toMatchObject({ code: 'CQ002' });
  });

  it('are read by no request', async () => {
    const ann = await registerUser(database, 'ann@example.org');
    for (const sql of [`select app_hidden.setting('session_days')`, 'select * from app_private.settings']) {
      await expect(asUser(database, ann, (client) => client.query(sql))).rejects.toMatchObject({
        code: '42501',
      });
    }
  });
});
