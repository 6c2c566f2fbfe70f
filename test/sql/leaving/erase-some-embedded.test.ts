import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../../lib/database.ts';
import { erasureFolder } from '../../../operations/erasure/list.ts';
import { runErasures } from '../../../operations/erasure/run.ts';
import { createEmbedded } from '../../support/embedded.ts';
import { LONG } from '../../support/limits.ts';
import { asUser, registerUser } from '../../support/users.ts';

let folder: string;
let database: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colloquy-erase-embedded-'));
  database = await createEmbedded(join(folder, 'data'));
}, LONG);
afterAll(async () => {
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

it('a person is erased from an embedded database, too', async () => {
  await database
    .pool('owner')
    .query(`update app_private.settings set value = '0' where name = 'account_grace_days'`);
  const petra = await registerUser(database, 'petra@example.org');
  await asUser(database, petra, async (client) => {
    const { rows } = await client.query(`select id from app_public.start_conversation('hers')`);
    await client.query('select app_public.post_message($1, $2)', [rows[0].id, 'her words']);
    await client.query('select app_public.delete_my_account($1)', ['petra@example.org']);
  });
  const run = await runErasures(database.pool('worker'), { stores: [erasureFolder(folder)] });
  expect(run).toMatchObject({ finished: 1, isWaiting: false });
  const { rows } = await database
    .pool('owner')
    .query(
      'select (select count(*) from app_public.users)::int as users, (select count(*) from app_public.messages)::int as messages',
    );
  expect(rows).toEqual([{ users: 0, messages: 0 }]);
  expect(await erasureFolder(folder).read()).toHaveLength(2);

  // a further run looks at the names alone: it opens none of them, and writes none again
  const kept = erasureFolder(folder);
  const touched: string[] = [];
  const watched = {
    ...kept,
    read: async () => {
      touched.push('read');
      return [];
    },
    write: async () => {
      touched.push('write');
    },
  };
  await runErasures(database.pool('worker'), { stores: [watched] });
  expect(touched).toEqual([]);
  // what is new is written, and nothing else
  await rm(join(folder, 'erasures', (await kept.names())[0]!));
  await runErasures(database.pool('worker'), { stores: [watched] });
  expect(touched).toEqual(['write']);
});
