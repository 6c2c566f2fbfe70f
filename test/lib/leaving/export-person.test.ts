import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { serverDatabase } from '../../../lib/database.ts';
import { beginExport, exportPerson } from '../../../lib/leaving/export-person.ts';
import { runErasures } from '../../../operations/erasure/run.ts';
import { LONG, sized } from '../../support/limits.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser } from '../../support/users.ts';

/** Of 1,000 messages each. */
const CONVERSATIONS = sized(3, 100);

describeReal('a person with many messages', () => {
  it('is exported in bounded memory, and erased in short transactions', { timeout: LONG }, async () => {
    const database = serverDatabase((await createTestDatabase()).url);
    try {
      const ann = await registerUser(database, 'ann@example.org');
      const owner = database.pool('owner');
      for (let n = 0; n < CONVERSATIONS; n += 1) {
        const id = await asUser(
          database,
          ann,
          async (client) =>
            (await client.query('select id from app_public.start_conversation($1)', [`c${n}`])).rows[0].id,
        );
        await owner.query(
          `insert into app_public.messages (conversation_id, workspace_id, owner_id, author_id, sequence_number, role, content)
           select $1, $2, $3, $3, i, 'user', 'message ' || i || ' ' || repeat(md5(i::text) || ' ', 20) from generate_series(1, 1000) as i`,
          [id, ann.workspaceId, ann.id],
        );
      }
      const ask = async <Row extends object>(sql: string, values: unknown[]) =>
        (await owner.query(sql, values)).rows as Row[];
      const before = process.memoryUsage().rss;
      let peak = before;
      // a target that takes its time
      const target = new Writable({
        write(_piece, _encoding, done) {
          peak = Math.max(peak, process.memoryUsage().rss);
          setImmediate(done);
        },
      });
      const parts = await beginExport({ ask, person: ann.id });
      const manifest = await exportPerson({ ask, person: ann.id, writtenBy: 'test' }, parts, target);
      const messages = manifest.entries.filter(({ name }) => name.startsWith('messages.'));
      expect(messages.reduce((sum, { rows }) => sum + (rows ?? 0), 0)).toBe(CONVERSATIONS * 1000);
      expect(peak - before).toBeLessThan(256 * 1024 ** 2);

      await owner.query(`update app_private.settings set value = '0' where name = 'account_grace_days'`);
      await asUser(database, ann, (client) =>
        client.query(`select app_public.delete_my_account('ann@example.org')`),
      );
      const { rows, finished } = await runErasures(database.pool('worker'), { batch: 500 });
      expect([finished, rows.messages, rows.conversations]).toEqual([1, CONVERSATIONS * 1000, CONVERSATIONS]);
    } finally {
      await database.close();
    }
  });
});
