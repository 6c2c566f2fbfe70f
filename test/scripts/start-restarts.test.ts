import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { run } from '../../tools/postgres/run.ts';
import { PASSWORD, type Reply, readReply } from '../api/support.ts';
import { type BlackHole, openBlackHole } from '../support/black-hole.ts';
import { isLong, LONG, sized } from '../support/limits.ts';
import { type OwnServer, openOwnServer } from '../support/own-server.ts';
import { type StartedServer, startServer } from '../support/started.ts';
import { until } from '../support/users.ts';
import { describeWithBinaries } from '../tools/postgres/support.ts';

const CLIENTS = 10;
/** What a client is told that shall try again. */
const AGAIN = /^CQ(?:409|438|503|51[0-4])$/;
/** What the log says once for all that fails meanwhile. */
const AWAY =
  /^The database (?:cannot be reached|is still away|is back|is in trouble|is still in trouble)|^No more of the trouble/;

interface Client {
  token: string;
  conversationId: string;
  /** Keys of messages whose writing was acknowledged. */
  acknowledged: Set<string>;
  /** Answers that are neither a success nor the advice to try again. */
  strange: string[];
}

await describeWithBinaries('npm start', (binaries) => {
  let server: OwnServer;
  let direct: Database;
  let hole: BlackHole;
  let dataDir: string;
  let started: StartedServer;

  beforeAll(async () => {
    server = await openOwnServer(binaries);
    direct = serverDatabase(server.url);
  }, LONG);
  afterAll(async () => {
    await direct?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'colloquy-restarts-'));
    hole = await openBlackHole(server.url);
    started = await startServer(hole.url, dataDir);
  }, LONG);
  afterEach(async () => {
    started?.child.kill('SIGKILL');
    await started?.exit;
    await hole?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const ask = async (query: string, variables = {}, token = ''): Promise<Reply> =>
    readReply(
      await fetch(`${started.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        body: JSON.stringify({ query, variables }),
      }),
    );

  async function register(): Promise<Client> {
    const registered = await ask(
      'mutation ($email: String!, $password: String!) { register(input: { email: $email, password: $password }) { authentication { token } } }',
      { email: `${randomUUID()}@example.org`, password: PASSWORD },
    );
    const { token } = registered.data.register.authentication;
    const begun = await ask('mutation { startConversation(input: {}) { conversation { id } } }', {}, token);
    const conversationId = begun.data.startConversation.conversation.id;
    return { token, conversationId, acknowledged: new Set(), strange: [] };
  }

  /** Writes and reads in turn until the signal: what shall be tried again is, with the same key. */
  async function chat(client: Client, signal: AbortSignal): Promise<void> {
    const { token, conversationId, acknowledged, strange } = client;
    while (!signal.aborted) {
      const key = randomUUID();
      for (let isDone = false; !isDone && !signal.aborted; ) {
        const reply = await ask(
          'mutation ($id: UUID!, $key: String!) { postMessage(input: { conversationId: $id, content: "Hello", idempotencyKey: $key }) { message { id } } }',
          { id: conversationId, key },
          token,
        ).catch((error: Error) => error);
        if (reply instanceof Error) strange.push(String(reply.cause ?? reply));
        else if (reply.data?.postMessage?.message?.id) isDone = Boolean(acknowledged.add(key));
        else if (!AGAIN.test(reply.errors[0]?.extensions.code ?? '')) strange.push(reply.text);
        else {
          if (reply.status === 503 && !reply.headers.get('retry-after'))
            strange.push('503 without Retry-After');
          await delay(50);
        }
      }
      const page = await ask('{ conversations { nodes { id } } }', {}, token).catch((error: Error) => error);
      if (page instanceof Error) strange.push(String(page.cause ?? page));
      else if (page.errors.length > 0 && !AGAIN.test(page.errors[0]!.extensions.code))
        strange.push(page.text);
    }
  }

  /** Each client writes again. */
  async function allGoOn(clients: Client[]): Promise<void> {
    const before = clients.map(({ acknowledged }) => acknowledged.size);
    await until(async () => clients.every(({ acknowledged }, n) => acknowledged.size >= before[n]! + 2));
  }

  const terminateAll = async (): Promise<number> => {
    const { rowCount } = await direct
      .pool('admin')
      .query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'colloquy %' and pid <> pg_backend_pid()`,
      );
    return rowCount ?? 0;
  };

  /** Writes a document and waits until a worker has indexed it. */
  async function indexed(client: Client): Promise<void> {
    const title = randomUUID();
    await until(
      async () =>
        (
          await ask(
            'mutation ($title: String!) { createDocument(input: { title: $title, content: "Fog until noon." }) { document { id } } }',
            { title },
            client.token,
          )
        ).errors.length === 0,
    );
    await until(async () => {
      const { data } = await ask('{ indexingProgress { isComplete chunks } }', {}, client.token);
      return data?.indexingProgress?.isComplete && Number(data.indexingProgress.chunks) > 0;
    });
  }

  it('outlives restarts, terminated sessions and a killed postmaster under load: nothing acknowledged is lost, or there twice', {
    timeout: LONG,
  }, async () => {
    const clients: Client[] = [];
    for (let n = 0; n < CLIENTS; n += 1) clients.push(await register());
    const ending = new AbortController();
    const chats = clients.map((client) => chat(client, ending.signal));
    await allGoOn(clients);
    for (let n = 0; n < sized(1, 10); n += 1) {
      await server.restart('fast');
      await allGoOn(clients);
    }
    for (let n = 0; n < sized(2, 20); n += 1) {
      await terminateAll();
      await allGoOn(clients);
    }
    for (let n = 0; n < sized(1, 10); n += 1) {
      await server.restart('kill');
      await allGoOn(clients);
    }
    ending.abort();
    await Promise.all(chats);

    expect(clients.flatMap(({ strange }) => strange)).toEqual([]);
    expect([started.child.exitCode, started.child.signalCode]).toEqual([null, null]);
    for (const { conversationId, acknowledged } of clients) {
      const { rows } = await direct
        .pool('admin')
        .query('select idempotency_key as key from app_public.messages where conversation_id = $1', [
          conversationId,
        ]);
      const keys = rows.map(({ key }) => key as string);
      expect(new Set(keys).size).toBe(keys.length);
      expect(new Set(keys)).toEqual(new Set([...keys, ...acknowledged]));
    }
    // every index has what its table has, and every page is as it should be
    const checking = ['--install-missing', '--heapallindexed', server.url];
    expect(await run(join(binaries.bin, 'pg_amcheck'), checking)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    // the worker goes on, and the log has few words for all of it
    await indexed(clients[0]!);
    const lines = started.log().filter(({ level }) => level >= 40);
    expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
    expect(lines.filter(({ msg }) => AWAY.test(msg)).length).toBeLessThanOrEqual(40);
    expect(lines.filter(({ msg }) => !AWAY.test(msg) && !msg.startsWith('job interrupted'))).toEqual([]);
    await until(async () => started.log().some(({ msg }) => msg === 'The database is back'));
  });

  it('outlives a silent loss of the network: requests end within seconds, jobs go on within a minute', {
    timeout: LONG,
  }, async () => {
    const client = await register();
    await indexed(client);
    // connections of the API and of the worker are in use
    await Promise.all(
      Array.from({ length: 10 }, () => ask('{ conversations { nodes { id } } }', {}, client.token)),
    );
    hole.swallow();
    const lostAt = Date.now();
    const replies = await Promise.all(
      Array.from({ length: 15 }, () => ask('{ conversations { nodes { id } } }', {}, client.token)),
    );
    expect(Date.now() - lostAt).toBeLessThan(15_000);
    for (const { errors } of replies) {
      for (const { extensions } of errors) expect(extensions.code).toMatch(AGAIN);
    }
    const next = Date.now();
    expect((await ask('{ conversations { nodes { id } } }', {}, client.token)).errors).toEqual([]);
    expect(Date.now() - next).toBeLessThan(5_000);
    await indexed(client);
    expect(Date.now() - lostAt).toBeLessThan(60_000);
    const ready = await fetch(`${started.url}/readyz`);
    expect(ready.status).toBe(200);
  });

  it.runIf(isLong())('ends on SIGTERM while the database gives no answer', { timeout: LONG }, async () => {
    const client = await register();
    await indexed(client);
    hole.swallow();
    hole.swallowNew(true);
    const asked = ask('{ conversations { nodes { id } } }', {}, client.token).catch(() => undefined);
    const toldAt = Date.now();
    started.child.kill('SIGTERM');
    expect([0, 130]).toContain(await started.exit);
    expect(Date.now() - toldAt).toBeLessThan(45_000);
    await asked;
  });
});
