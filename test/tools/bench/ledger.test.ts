import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { compareWith, Ledger, MARK } from '../../../tools/bench/chaos/ledger.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

describeReal('the ledger of writes', () => {
  let database: Database;
  let ann: TestUser;
  const ledger = new Ledger();
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
  });
  afterAll(() => database?.close());

  const call = async (sql: string, ...values: unknown[]): Promise<string> =>
    (await asUser(database, ann, (client) => client.query(sql, values))).rows[0].id;
  const compare = () => compareWith(ledger, database.pool('admin'));
  const sql = (text: string, ...values: unknown[]) => database.pool('admin').query(text, values);

  it('is content with what is there once, acknowledged or not', async () => {
    const conversation = await call(`select id from app_public.start_conversation(title => 'Chaos')`);
    for (const [n, isAcknowledged] of [true, true, false].entries()) {
      const mark = `${MARK} ${n}`;
      ledger.asked('message', mark);
      const id = await call(
        'select id from app_public.post_message(conversation_id => $1, content => $2)',
        conversation,
        mark,
      );
      if (isAcknowledged) ledger.acknowledged(mark, id);
    }
    ledger.asked('document', `${MARK} never made`);
    expect(await compare()).toEqual({ acknowledged: 2, unacknowledged: 1, violations: [] });
  });

  it('finds what is there twice, or was never asked for', async () => {
    const document = (content: string) =>
      call(`select id from app_public.create_document(title => 'Chaos', content => $1)`, content);
    ledger.asked('document', `${MARK} twice`);
    ledger.acknowledged(`${MARK} twice`, await document(`${MARK} twice`));
    const second = await document(`${MARK} twice`);
    const stray = await document(`${MARK} stray`);
    expect((await compare()).violations).toEqual([
      `the document "${MARK} twice" is there 2 times`,
      `"${MARK} stray" was never asked for`,
    ]);
    await sql('delete from app_public.documents where id = any ($1)', [second, stray]);
    expect((await compare()).violations).toEqual([]);
  });

  it('finds what is lost, and the gap that it leaves', async () => {
    await sql(
      "begin; set local session_replication_role = replica; delete from app_public.messages where content = 'chaos 1'; commit",
    );
    expect((await compare()).violations).toEqual([
      expect.stringMatching(/^the message "chaos 1" was acknowledged as .* and is lost$/),
      expect.stringMatching(/^the messages of conversation .* are not numbered from 1 without a gap$/),
    ]);
  });
});
