import pg from 'pg';
import { errorCode } from '../errors.ts';
import { type Clocks, GOODBYE, LOOK_INTERVAL, LOOK_TIMEOUT } from './clocks.ts';
import { impairmentOf } from './failures.ts';
import { followingClient } from './following-client.ts';
import { outage } from './outage.ts';
import { type Servers, serversOf } from './primary.ts';

/** The end of a connection that was found dead; of SQLSTATE class 08, as the server's own word for it would be. */
class ConnectionLost extends Error {
  readonly code = '08006';
}

interface Watched {
  client: pg.Client;
  /** Statements whose end was not heard of. */
  pending: number;
  /** When something of it was heard last, or a first statement sent. */
  heardAt: number;
  bytes: number;
  /** Looks in a row in which the server did not work for it. */
  strikes: number;
  /** Of no more use once what runs on it has ended. */
  isRetired: boolean;
}

// node-postgres has no types for its socket
const socketOf = (client: pg.Client) =>
  (client as unknown as { connection: { stream: { bytesRead?: number; destroy(error?: Error): void } } })
    .connection.stream;

type Verdicts = Map<number, boolean>;

/**
 * Asked as the login itself, which sees what its own sessions do; the role that it takes does not. A session that waits for
 * its client is not at work: its answer got lost, or the question did.
 */
const atWork = (pids: readonly number[]): string => `begin; set local role none;
  select pid, state = 'active' and wait_event_type is distinct from 'Client' as works
  from pg_catalog.pg_stat_activity where pid = any ('{${pids.join()}}'::int[]); commit`;

/**
 * Finds connections that are dead although nobody said so: a network that swallows packets leaves a statement waiting for
 * ever, and a time limit for statements would end those that lawfully take hours. So a statement that is silent for a while
 * is asked about on another connection: as long as the server works on it, it goes on. Where it does not, the connection is
 * destroyed, which fails its statement and takes it out of its pool, together with all that have not been heard since.
 */
export class ConnectionWatch {
  readonly #connectionString: string;
  readonly #servers: Servers | undefined;
  readonly #clocks: Clocks;
  /** What a sign of life is told to. */
  readonly #onAnswer: () => void;
  readonly #watched = new Map<pg.Client, Watched>();
  readonly #timer: NodeJS.Timeout;
  /** The connection on which is asked. */
  #line: { client: pg.Client; canSee: boolean } | undefined;
  /** Since when the server gives no answer on a connection of its own. */
  #silentSince: number | undefined;
  #isLooking = false;

  constructor(connectionString: string, clocks: Clocks, onAnswer = () => outage.answered()) {
    this.#connectionString = connectionString;
    this.#servers = serversOf(connectionString);
    this.#clocks = clocks;
    this.#onAnswer = onAnswer;
    const Base = this.#servers ? followingClient(this.#servers, clocks.connect) : pg.Client;
    const add = (client: pg.Client): void => this.#add(client);
    this.clientClass = class extends Base {
      constructor(config?: pg.ClientConfig) {
        super(config);
        add(this);
      }
    };
    this.#timer = setInterval(() => void this.#look().catch(() => {}), LOOK_INTERVAL).unref();
  }

  /** The client of a pool: watched from its first moment; of several servers it connects to the primary. */
  readonly clientClass: typeof pg.Client;

  /** Whether a connection is of no more use: it leads to a server that does not write. */
  isRetired(client: pg.ClientBase): boolean {
    return this.#watched.get(client as pg.Client)?.isRetired ?? false;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#hangUp();
  }

  #add(client: pg.Client): void {
    const watched: Watched = {
      client,
      pending: 0,
      heardAt: Date.now(),
      bytes: 0,
      strikes: 0,
      isRetired: false,
    };
    this.#watched.set(client, watched);
    client.once('end', () => this.#watched.delete(client));
    this.#follow(watched);
    const end = client.end.bind(client) as (...args: unknown[]) => unknown;
    client.end = ((...args: unknown[]) => {
      // a good-bye that nobody hears leaves the socket open
      setTimeout(() => socketOf(client).destroy(), GOODBYE).unref();
      return end(...args);
    }) as typeof client.end;
  }

  /** Counts the statements that are on their way. */
  #follow(watched: Watched): void {
    const query = watched.client.query.bind(watched.client) as (...args: unknown[]) => unknown;
    const sent = (): void => {
      if (watched.pending === 0) watched.heardAt = Date.now();
      watched.pending += 1;
    };
    const heard = (error?: unknown): void => {
      watched.pending -= 1;
      watched.heardAt = Date.now();
      watched.strikes = 0;
      if (!error) this.#onAnswer();
      // after a failover the pool would keep the server that was demoted
      if (errorCode(error) === '25006') this.#retire(watched);
    };
    watched.client.query = ((...args: unknown[]) => {
      const callback = args.at(-1);
      if (typeof callback === 'function') {
        const result = query(...args.slice(0, -1), (error: unknown, answer: unknown) => {
          heard(error);
          callback(error, answer);
        });
        sent();
        return result;
      }
      const result = query(...args);
      if (result instanceof Promise) {
        sent();
        result.then(() => heard(), heard);
      }
      return result;
    }) as typeof watched.client.query;
  }

  #retire(watched: Watched): void {
    watched.isRetired = true;
    const { finder } = this.#servers ?? {};
    finder?.doubt(finder.current);
  }

  /** Those with a statement on its way of which nothing was heard for so long. */
  #silent(milliseconds: number): Watched[] {
    const now = Date.now();
    return [...this.#watched.values()].filter(
      ({ pending, heardAt }) => pending > 0 && now - heardAt >= milliseconds,
    );
  }

  async #look(): Promise<void> {
    for (const watched of this.#watched.values()) {
      const bytes = socketOf(watched.client).bytesRead ?? 0;
      if (bytes !== watched.bytes) Object.assign(watched, { bytes, heardAt: Date.now(), strikes: 0 });
    }
    if (this.#isLooking) return;
    const suspects = this.#silent(this.#clocks.suspicion);
    if (suspects.length === 0) {
      this.#silentSince = undefined;
      return this.#hangUp();
    }
    this.#isLooking = true;
    try {
      await this.#judge();
    } finally {
      this.#isLooking = false;
    }
  }

  async #judge(): Promise<void> {
    const asked = this.#silent(LOOK_INTERVAL);
    const verdicts = await this.#ask(asked.map(({ client }) => pidOf(client)));
    if (verdicts === 'silence') {
      this.#silentSince ??= Date.now() - LOOK_TIMEOUT;
      if (Date.now() - this.#silentSince < this.#clocks.silence) return;
      return this.#endUnheard(this.#silent(this.#clocks.suspicion), 'does not answer');
    }
    this.#silentSince = undefined;
    if (verdicts === 'unknown') return this.#endUnheard(this.#silent(this.#clocks.blind), 'is silent');
    for (const watched of asked) {
      const works = verdicts.get(pidOf(watched.client)) ?? false;
      watched.strikes = works || watched.pending === 0 ? 0 : watched.strikes + 1;
    }
    const lost = this.#silent(this.#clocks.suspicion).filter(({ strikes }) => strikes >= 2);
    if (lost.length > 0)
      this.#endUnheard(
        this.#silent(0).filter(({ strikes }) => strikes >= 2),
        'is lost',
      );
  }

  /** Ends these, and with them those that are idle and were not heard since: nobody knows whether they still are. */
  #endUnheard(lost: Watched[], why: string): void {
    if (lost.length === 0) return;
    const since = Math.min(...lost.map(({ heardAt }) => heardAt));
    const idle = [...this.#watched.values()].filter(
      ({ pending, heardAt }) => pending === 0 && heardAt <= since,
    );
    for (const watched of [...lost, ...idle]) this.#end(watched, why);
  }

  #end({ client }: Watched, why: string): void {
    this.#watched.delete(client);
    socketOf(client).destroy(new ConnectionLost(`The connection to the database ${why}.`));
  }

  /** Which sessions the server works for. Of a refusal nothing is learnt; of silence, that it may be gone. */
  async #ask(pids: number[]): Promise<Verdicts | 'silence' | 'unknown'> {
    try {
      this.#line ??= await this.#call();
      if (!this.#line.canSee) {
        await this.#line.client.query('select 1');
        return 'unknown';
      }
      const results = (await this.#line.client.query(atWork(pids))) as unknown as pg.QueryResult[];
      return new Map(results[2]!.rows.map(({ pid, works }) => [pid, works]));
    } catch (error) {
      this.#hangUp();
      return impairmentOf(error) || errorCode(error) === '57P03' ? 'unknown' : 'silence';
    }
  }

  async #call(): Promise<{ client: pg.Client; canSee: boolean }> {
    const client = new pg.Client({
      connectionString: this.#servers?.addresses[this.#servers.finder.current] ?? this.#connectionString,
      application_name: 'colloquy watch',
      connectionTimeoutMillis: LOOK_TIMEOUT,
      query_timeout: LOOK_TIMEOUT,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query('select pg_catalog.pg_backend_pid() as pid');
      // behind a pooler the process that it named is none of the server's
      return { client, canSee: rows[0].pid === pidOf(client) };
    } catch (error) {
      socketOf(client).destroy();
      throw error;
    }
  }

  #hangUp(): void {
    const line = this.#line;
    this.#line = undefined;
    if (!line) return;
    line.client.end().catch(() => {});
    setTimeout(() => socketOf(line.client).destroy(), GOODBYE).unref();
  }
}

// known to node-postgres since the connection began, and missing in its types
function pidOf(client: pg.Client): number {
  return (client as unknown as { processID: number | null }).processID ?? 0;
}
