import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lockWaiters } from '../support/locks.ts';
import { describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';
import { type Account, codeOf, poolOfOne, register, startTestApi, type TestApi } from './support.ts';

describeReal('the work of a request', () => {
  let patient: TestApi;
  let ada: Account;

  beforeAll(async () => {
    patient = await startTestApi();
    ada = await register(patient, 'ada@example.org');
  });
  afterAll(() => patient?.close());

  /** Runs something while nobody else can read or write a table. */
  async function whileLocked(table: string, work: () => Promise<void>): Promise<void> {
    const client = await patient.database.pool('admin').connect();
    await client.query('begin');
    await client.query(`lock table app_public.${table} in access exclusive mode`);
    try {
      await work();
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  const nobodyWaits = () => until(async () => (await lockWaiters(patient.database)).length === 0);
  const somebodyWaits = () => until(async () => (await lockWaiters(patient.database)).length > 0);
  const conversations = '{ conversations { nodes { id } } }';
  const twenty = `mutation { ${Array.from(
    { length: 20 },
    (_, i) => `a${i}: startConversation(input: { title: "late" }) { clientMutationId }`,
  ).join(' ')} }`;

  it('ends when its time is over, with an answer, and leaves nothing running', async () => {
    const pool = poolOfOne(patient.database);
    const api = await startTestApi({ database: patient.database, pool, requestTimeout: 500 });
    await whileLocked('conversations', async () => {
      for (const document of [conversations, twenty]) {
        const reply = await api.ask(document, {}, { token: ada.token });
        expect([reply.status, codeOf(reply), reply.data]).toEqual([503, 'CQ408', undefined]);
        expect(reply.errors[0]?.message).toBe('The request took longer than 0.5 seconds.');
        // far below the 10 seconds that a statement would wait for the lock
        await nobodyWaits();
        await until(async () => pool.idleCount === 1 && pool.waitingCount === 0);
      }
    });
    const { rows } = await patient.database
      .pool('admin')
      .query(`select count(*)::int as n from app_public.conversations where title = 'late'`);
    expect(rows).toEqual([{ n: 0 }]);
    // the same connection serves the next one
    expect((await api.ask(conversations, {}, { token: ada.token })).data).toEqual({
      conversations: { nodes: [] },
    });
    await api.api.close();
    await pool.end();
  });

  it('ends when its client has gone, and not before', async () => {
    const leave = new AbortController();
    await whileLocked('conversations', async () => {
      const asked = fetch(`${patient.api.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.token}` },
        body: JSON.stringify({ query: conversations }),
        signal: leave.signal,
      });
      await somebodyWaits();
      leave.abort();
      await expect(asked).rejects.toThrow();
      await nobodyWaits();
    });
    const stays = { answer: patient.ask(conversations, {}, { token: ada.token }) };
    await whileLocked('conversations', async () => {
      stays.answer = patient.ask(conversations, {}, { token: ada.token });
      await somebodyWaits();
    });
    expect((await stays.answer).data).toEqual({ conversations: { nodes: [] } });
  });

  it('never ends the work of the next one on its connection', async () => {
    const pool = poolOfOne(patient.database);
    const hasty = await startTestApi({ database: patient.database, pool, requestTimeout: 1_000 });
    const other = await startTestApi({ database: patient.database, pool });
    for (let round = 0; round < 5; round += 1) {
      const replies: string[] = [];
      await whileLocked('conversations', async () => {
        const late = hasty.ask(conversations, {}, { token: ada.token });
        const ended = late.then(() => true);
        await Promise.race([ended, somebodyWaits()]);
        const next = other.ask('{ currentUser { email } }', {}, { token: ada.token });
        replies.push(codeOf(await late)!, (await next).data.currentUser.email);
      });
      expect(replies).toEqual(['CQ408', 'ada@example.org']);
    }
    await Promise.all([hasty.api.close(), other.api.close()]);
    await pool.end();
  });

  it('gives its connection back when the server cannot be told to stop', async () => {
    const url = new URL(patient.database.url('authenticator'));
    const pool = new pg.Pool({ connectionString: url.href, max: 1 });
    // cancelling goes to a port where nobody listens
    pool.on('connect', (client) => Object.assign(client, { port: 1, host: '127.0.0.1' }));
    pool.on('error', () => {});
    const api = await startTestApi({ database: patient.database, pool, requestTimeout: 300 });
    await whileLocked('conversations', async () => {
      expect(codeOf(await api.ask(conversations, {}, { token: ada.token }))).toBe('CQ408');
      await until(async () => pool.totalCount === 0 || pool.idleCount === 1);
    });
    expect((await patient.ask(conversations, {}, { token: ada.token })).status).toBe(200);
    await api.api.close();
    await pool.end();
  });
});
