import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Purpose } from '../../lib/connections/purposes.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { Gate, gated } from '../../lib/gate.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { registerUser, type TestUser, until } from '../support/users.ts';
import { codeOf, PASSWORD, type Reply, startTestApi, type TestApi } from './support.ts';

const SIGN_IN = `mutation { signIn(input: { email: "ann@example.org", password: "${PASSWORD}" }) { authentication { userId } } }`;
const PATIENCE = 60_000;

/** Holds what has a row of a table as long as it wants, so that who needs the row keeps a connection. */
async function holding(database: Database, sql: string): Promise<() => Promise<void>> {
  const client = await database.pool('owner').connect();
  await client.query('begin');
  await client.query(sql);
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

describeReal('the connections of requests', () => {
  let database: Database;
  let api: TestApi;
  let ann: TestUser;
  const gates = new Map<Purpose, Gate>();
  const pools = new Map<Purpose, pg.Pool>();

  /** Pools as lib/database.ts makes them, with sizes and times of the test's own. */
  function pool(purpose: Purpose = 'requests'): pg.Pool {
    const size = {
      requests: 2,
      visitors: 1,
      credentials: 1,
      limits: 1,
      subscriptions: 1,
      standby: 1,
      listen: 1,
    }[purpose];
    const gate = gates.get(purpose) ?? new Gate({ name: purpose, size, waiting: 6, patience: PATIENCE });
    gates.set(purpose, gate);
    const known = pools.get(purpose);
    if (known) return known;
    const made = new pg.Pool({ connectionString: database.url('authenticator'), max: size });
    made.on('error', () => {});
    pools.set(purpose, gated(made, gate));
    return made;
  }

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    api = await startTestApi({ database: { ...database, pool: (_role, purpose) => pool(purpose) } });
  });
  afterAll(async () => {
    await api?.close();
    for (const one of pools.values()) await one.end();
  });

  it('are others for passwords, for visitors and for those who are signed in', async () => {
    const release = await holding(
      database,
      `select from app_public.users where email = 'ann@example.org' for update`,
    );
    let signingIn: Promise<Reply>[] = [];
    let verifying: Promise<Reply> | undefined;
    try {
      // as many of one address as there is room for, in use and in half of the queue; the next is told so at once, as a whole
      signingIn = Array.from({ length: 4 }, () => api.ask(SIGN_IN));
      await until(async () => gates.get('credentials')!.waiting === 3);
      const refused = await api.ask(SIGN_IN);
      expect([refused.status, codeOf(refused), refused.headers.get('retry-after')]).toEqual([
        503,
        'CQ438',
        '2',
      ]);
      expect(gates.get('credentials')!.inUse).toBe(1);
      // and nobody else notices
      const mine = await api.ask('{ currentUser { id } }', {}, ann);
      expect(mine.data.currentUser.id).toBe(ann.id);
      const verify = 'mutation { verifyEmail(input: { token: "nothing" }) { clientMutationId } }';
      verifying = api.ask(verify, {}, ann);
      await until(async () => gates.get('credentials')!.waiting === 4);
      expect((await api.ask('{ currentUser { id } }')).status).toBe(200);
    } finally {
      await release();
    }
    const replies = await Promise.all(signingIn);
    expect(codeOf((await verifying)!)).toMatch(/^CQ1/);
    expect(replies.map((reply) => reply.data?.signIn?.authentication.userId)).toEqual(Array(4).fill(ann.id));
    expect([...gates.values()].map((gate) => gate.inUse + gate.waiting)).toEqual(Array(gates.size).fill(0));
  });

  it('are waited for no longer than is allowed, also where a token is looked up', async () => {
    const clients = [await pool('requests').connect(), await pool('requests').connect()];
    const waiting = Array.from({ length: 3 }, () => api.ask('{ currentUser { id } }', {}, ann));
    try {
      await until(async () => gates.get('requests')!.waiting === 3);
      const refused = await api.ask('{ currentUser { id } }', {}, ann);
      expect([refused.status, codeOf(refused), refused.headers.get('retry-after')]).toEqual([
        503,
        'CQ438',
        '2',
      ]);
      expect(refused.errors[0]!.extensions.hint).toContain('Retry-After');
    } finally {
      for (const client of clients) client.release();
    }
    for (const reply of await Promise.all(waiting)) expect(reply.data.currentUser.id).toBe(ann.id);
  });
});
