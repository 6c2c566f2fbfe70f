import { afterAll, beforeAll, expect, it } from 'vitest';
import { removeExpired } from '../../../jobs/remove-expired.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { log } from '../../../lib/log.ts';
import { lockWaiters } from '../../support/locks.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { addContent, addDialogue, indexAll } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser, until } from '../../support/users.ts';

const NOTHING = {
  sessions: 0,
  tokens: 0,
  signIns: 0,
  invitations: 0,
  mails: 0,
  searches: 0,
  exports: 0,
  agentThreads: 0,
  runs: 0,
  spending: 0,
  webhookDeliveries: 0,
  limits: 0,
  conversations: 0,
  messages: 0,
  passages: 0,
};
/** Tables that hold something of a conversation, and its own. */
const CONTENT = [
  'conversations',
  'messages',
  'chunks',
  'message_feedback',
  'message_chunks',
  'tool_calls',
  'generated_images',
  'conversation_shares',
  'conversation_reads',
];

describeReal('what expires', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    [ann, bob] = [
      await registerUser(database, 'ann@example.org'),
      await registerUser(database, 'bob@example.org'),
    ];
  });
  afterAll(() => database?.close());

  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;
  const one = async (text: string, ...values: unknown[]) => (await sql(text, ...values))[0];
  const work = async (text: string, ...values: unknown[]) =>
    (await database.pool('worker').query(text, values)).rows;
  const call = (user: TestUser, text: string, ...values: unknown[]) =>
    asUser(database, user, async (client) => (await client.query(text, values)).rows);
  const run = (signal = new AbortController().signal) =>
    removeExpired.handle({ pool: database.pool('worker'), log, signal } as never, {});

  /** Everything that a conversation holds, as a count per table. */
  const contentOf = async (conversation: string): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const table of CONTENT) {
      const column = table === 'conversations' ? 'id' : 'conversation_id';
      counts[table] = (
        await one(`select count(*)::int as n from app_public.${table} where ${column} = $1`, conversation)
      ).n;
    }
    counts.embeddings = (
      await one(
        `select count(*)::int as n from app_public.embeddings e where e.chunk_id in (select id from app_public.chunks where conversation_id = $1)`,
        conversation,
      )
    ).n;
    return counts;
  };
  const expire = (conversation: string, at = `now() - interval '1 second'`) =>
    sql(
      `update app_public.conversations set is_temporary = true, expires_at = ${at} where id = $1`,
      conversation,
    );
  async function talk(user: TestUser, title = 'talk'): Promise<string> {
    const [{ id }] = await call(user, 'select id from app_public.start_conversation($1)', title);
    await call(user, `select app_public.post_message($1, 'hello')`, id);
    return id;
  }

  it('is sessions whose time is over, and no others', async () => {
    await sql(
      `insert into app_private.user_sessions (user_id, token_hash, expires_at)
      select $1, sha256(n::text::bytea), now() - interval '1 minute' from generate_series(1, 5) as n`,
      ann.id,
    );
    expect(await work('select app_hidden.delete_expired_sessions(3) as n')).toEqual([{ n: 3 }]);
    expect(await run()).toEqual({ ...NOTHING, sessions: 2 });
    expect(await run()).toEqual(NOTHING);
    expect(await one('select count(*)::int as n from app_private.user_sessions')).toEqual({ n: 2 });
  });

  it('is tokens from mails, one by one', async () => {
    await sql(
      `insert into app_private.mail_tokens (token_hash, user_id, kind, email, expires_at) values
        (sha256('v'), $1, 'verification', 'a@example.org', now() - interval '1 minute'),
        (sha256('r'), $1, 'reset', 'a@example.org', now() + interval '1 minute'),
        (sha256('s'), $2, 'reset', 'b@example.org', now() - interval '1 minute')`,
      ann.id,
      bob.id,
    );
    expect(await run()).toEqual({ ...NOTHING, tokens: 2 });
    expect(await run()).toEqual(NOTHING);
    expect(await sql(`select token_hash = sha256('r') as r from app_private.mail_tokens`)).toEqual([
      { r: true },
    ]);
  });

  it('is what is remembered of sign-ins long ago, and no counter that still makes somebody wait', async () => {
    await sql('delete from app_private.sign_in_places');
    await sql(
      `insert into app_private.sign_in_failures (counter, failures, failed_at)
       select 'client:' || encode(sha256(n::text::bytea), 'hex'), 9, now() - n * interval '10 hours' from generate_series(1, 6) as n`,
    );
    await sql(
      `insert into app_private.sign_in_places (user_id, network, client, last_seen_at) values
        ($1, '192.0.2.1', 'curl', now() - interval '181 days'), ($1, '192.0.2.2', 'curl', now() - interval '179 days')`,
      ann.id,
    );
    await sql(
      `insert into app_private.account_notices (id, user_id, kind)
       select app_hidden.uuidv7_floor(now() - n * interval '40 minutes'), $1, 'sign_in' from generate_series(1, 2) as n`,
      ann.id,
    );
    // a wrong password counts half after four hours: after forty it is next to nothing
    expect(await run()).toEqual({ ...NOTHING, signIns: 5 });
    expect(await run()).toEqual(NOTHING);
    expect(await sql('select count(*)::int as n from app_private.sign_in_failures')).toEqual([{ n: 3 }]);
    expect(await sql('select host(network) as network from app_private.sign_in_places')).toEqual([
      { network: '192.0.2.2' },
    ]);
  });

  it('is what was spent in periods long over, and nothing that a quota looks at', async () => {
    await sql('delete from app_private.user_usage_months');
    await sql(
      `insert into app_private.user_usage_months (user_id, period_start, logged_tokens)
       select $1, date_trunc('month', now(), 'UTC') - n * interval '1 month', 1 from unnest(array[0, 1, 25, 28, 40]) as n`,
      ann.id,
    );
    const [{ id: budget }] = await call(ann, `select id from app_public.set_usage_budget('day', 1000000)`);
    await sql(
      `insert into app_hidden.budget_spending (workspace_id, budget_id, period_start, tokens, cost_usd)
       select $1, $2, date_trunc('day', now(), 'UTC') - n * interval '1 day', 1, 0 from unnest(array[0, 799, 801]) as n`,
      ann.workspaceId,
      budget,
    );
    expect(await run()).toEqual({ ...NOTHING, spending: 3 });
    expect(await run()).toEqual(NOTHING);
    expect(await one('select count(*)::int as n from app_hidden.budget_spending')).toEqual({ n: 2 });
  });

  it('is mail that was sent or given up long ago, and never what waits', async () => {
    await sql(`delete from app_private.mail_outbox`);
    await sql(`insert into app_private.mail_outbox (recipient, subject, body, sent_at, attempts, next_attempt_at) values
      ('old@example.org', 'a', null, now() - interval '31 days', 1, now() - interval '31 days'),
      ('new@example.org', 'a', null, now() - interval '29 days', 1, now() - interval '31 days'),
      ('given-up@example.org', 'a', 'token', null, 8, now() - interval '31 days'),
      ('waits@example.org', 'a', 'token', null, 7, now() - interval '31 days')`);
    await sql(`insert into app_private.mail_outbox (recipient, failed_at) values
      ('bounced@example.org', now() - interval '31 days'), ('bounces@example.org', now() - interval '29 days')`);
    expect(await run()).toEqual({ ...NOTHING, mails: 3 });
    expect(await run()).toEqual(NOTHING);
    expect(await sql('select recipient from app_private.mail_outbox order by 1')).toEqual([
      { recipient: 'bounces@example.org' },
      { recipient: 'new@example.org' },
      { recipient: 'waits@example.org' },
    ]);
  });

  it('is invitations that ended long ago, unless a legal hold keeps everything', async () => {
    const [{ id: team }] = await call(ann, `select id from app_public.create_workspace('Team')`);
    const [{ id: held }] = await call(bob, `select id from app_public.create_workspace('Held')`);
    for (const workspace of [team, held]) {
      await sql(
        `insert into app_public.workspace_invitations (workspace_id, email, expires_at, accepted_at) values
           ($1, 'expired@example.org', now() - interval '31 days', null),
           ($1, 'accepted@example.org', now() - interval '40 days', now() - interval '31 days'),
           ($1, 'late@example.org', now() - interval '40 days', now() - interval '29 days'),
           ($1, 'open@example.org', now() - interval '1 day', null)`,
        workspace,
      );
    }
    const left = (workspace: string) =>
      sql(
        'select email::text from app_public.workspace_invitations where workspace_id = $1 order by 1',
        workspace,
      );
    await call({ ...bob, workspaceId: held }, `select app_public.place_legal_hold('court', 'conversations')`);
    const [{ id: hold }] = await call(
      { ...bob, workspaceId: held },
      `select id from app_public.place_legal_hold('court')`,
    );
    expect(await run()).toEqual({ ...NOTHING, invitations: 2 });
    expect((await left(team)).map((row) => row.email)).toEqual(['late@example.org', 'open@example.org']);
    expect((await left(held)).length).toBe(4);
    await call({ ...bob, workspaceId: held }, 'select app_public.release_legal_hold($1)', hold);
    expect(await work('select app_hidden.delete_ended_invitations(1) as n')).toEqual([{ n: 1 }]);
    expect(await run()).toEqual({ ...NOTHING, invitations: 1 });
    expect(await run()).toEqual(NOTHING);
    expect((await left(held)).length).toBe(2);
  });

  it('is the content of temporary conversations, while what they used stays', async () => {
    for (const [user, name] of [
      [ann, 'ann'],
      [bob, 'bob'],
    ] as const)
      await addContent(database, user, name);
    // addContent holds the audit log; that must not matter here
    await indexAll(database);
    const [mine, foreign] = [
      await addDialogue(database, ann, 'ann'),
      await addDialogue(database, bob, 'bob'),
    ];
    await indexAll(database);
    const before = await contentOf(mine.conversation);
    for (const [table, count] of Object.entries(before)) expect(count, table).toBeGreaterThan(0);
    const others = await contentOf(foreign.conversation);
    const usage = () =>
      sql(
        'select id, workspace_id, user_id, action, total_tokens, cost_usd from app_public.usage_logs order by id',
      );
    const used = await usage();
    const lasting = await talk(ann);
    await expire(lasting, `now() + interval '1 hour'`);
    expect(await run()).toEqual(NOTHING);
    await expire(mine.conversation);
    // with the passage that it alone cited
    expect(await run()).toEqual({ ...NOTHING, conversations: 1, messages: before.messages, passages: 1 });
    expect(Object.values(await contentOf(mine.conversation)).every((count) => count === 0)).toBe(true);
    expect(await contentOf(foreign.conversation)).toEqual(others);
    expect((await contentOf(lasting)).messages).toBe(1);
    expect(await usage()).toEqual(used);
    expect(used.length).toBeGreaterThan(0);
    expect(await run()).toEqual(NOTHING);
    // the counts of the index are right
    expect(
      await one(
        `select (select sum(k.chunk_count)::int from app_hidden.chunk_counts k where k.workspace_id = $1) =
           (select count(*)::int from app_public.chunks c where c.workspace_id = $1) as right`,
        ann.workspaceId,
      ),
    ).toEqual({ right: true });
  });

  it.each([null, 'conversations'])('stays under a legal hold on %s, until that is released', async (kind) => {
    const [mine, foreign] = [await talk(ann), await talk(bob)];
    const [{ id: hold }] = await call(ann, `select id from app_public.place_legal_hold('court', $1)`, kind);
    await Promise.all([expire(mine), expire(foreign)]);
    expect(await run()).toEqual({ ...NOTHING, conversations: 1, messages: 1 });
    expect((await contentOf(mine)).messages).toBe(1);
    expect((await contentOf(foreign)).conversations).toBe(0);
    await call(ann, 'select app_public.release_legal_hold($1)', hold);
    expect(await run()).toEqual({ ...NOTHING, conversations: 1, messages: 1 });
  });

  it('stays under a hold that is placed while it is looked for', async () => {
    const mine = await talk(ann);
    await expire(mine);
    let hold = '';
    let removed: Promise<object> | undefined;
    await asUser(database, ann, async (client) => {
      hold = (await client.query(`select id from app_public.place_legal_hold('court')`)).rows[0].id;
      removed = run();
      // it saw no hold, and waits for the lock
      await until(async () => (await lockWaiters(database, 'advisory')).length > 0);
    });
    expect(await removed).toEqual(NOTHING);
    expect((await contentOf(mine)).messages).toBe(1);
    await call(ann, 'select app_public.release_legal_hold($1)', hold);
    expect(await run()).toEqual({ ...NOTHING, conversations: 1, messages: 1 });
  });

  it('goes once when two remove it at once, and waits for nobody who writes in it', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, (_, n) => talk(n % 2 === 0 ? ann : bob)));
    for (const id of ids) await expire(id);
    await sql(
      `insert into app_private.user_sessions (user_id, token_hash, expires_at)
      select $1, sha256(n::text::bytea), now() - interval '1 minute' from generate_series(1, 2000) as n`,
      ann.id,
    );
    const client = await database.pool('owner').connect();
    try {
      await client.query('begin');
      await client.query('select from app_public.conversations where id = $1 for no key update', [ids[0]]);
      const runs = (await Promise.all([run(), run()])) as (typeof NOTHING)[];
      const sum = (kind: keyof typeof NOTHING) => runs.reduce((total, done) => total + done[kind], 0);
      expect([sum('conversations'), sum('messages'), sum('sessions')]).toEqual([29, 29, 2000]);
    } finally {
      await client.query('rollback');
      client.release();
    }
    expect(await run()).toEqual({ ...NOTHING, conversations: 1, messages: 1 });
  });

  it('is looked for every hour', async () => {
    expect(await sql(`select cron from pgboss.schedule where name = 'remove-expired'`)).toEqual([
      { cron: '20 * * * *' },
    ]);
  });

  it('is left alone when the process ends', async () => {
    const id = await talk(ann);
    await expire(id);
    expect(await run(AbortSignal.abort())).toEqual(NOTHING);
    expect((await contentOf(id)).conversations).toBe(1);
  });

  it('is removed by the worker alone, in batches of a size that can be', async () => {
    const functions = [
      'delete_expired_sessions',
      'clear_expired_tokens',
      'delete_old_sign_ins',
      'delete_sent_mail',
      'delete_ended_invitations',
      'delete_expired_conversations',
      'delete_uncited_passages',
    ];
    for (const name of functions) {
      await expect(call(ann, `select app_hidden.${name}()`)).rejects.toMatchObject({ code: '42501' });
      for (const size of [0, -1, 10_001, null])
        expect(await work(`select app_hidden.${name}($1)`, size).catch(errorCode), `${name}(${size})`).toBe(
          'CQ200',
        );
    }
  });
});
