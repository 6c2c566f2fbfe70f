import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg';
import type { PgClientQuery, PgClientResult } from 'postgraphile/@dataplan/pg';
import type { NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { inOneFlight, inOwnTransaction, type Landed, pipelines } from '../lib/database/flight.ts';
import { isPooled } from '../lib/database/login.ts';
import type { Settings } from './authentication.ts';

/** Statements that a connection keeps prepared. */
const PREPARED = 200;

/** What PostGraphile does to its connections: compiling a statement takes longer than most of them. */
const WITHOUT_COMPILING = { jit_optimize_above_cost: '-1' };

/** Sets what a JSON object holds, for the rest of a transaction. A row for each of its settings would be read for nothing. */
export const CLAIMS =
  'select from pg_catalog.json_each_text($1::json) as s (name, value) where pg_catalog.set_config(s.name, s.value, true) is null';

const claims = (settings: Settings): QueryConfig => ({
  name: 'claims',
  text: CLAIMS,
  values: [JSON.stringify({ ...WITHOUT_COMPILING, ...settings })],
});

interface Prepared {
  names: LRUCache<string, true>;
  /** No longer kept: to be deallocated between two transactions. */
  dropped: string[];
}

const prepared = new WeakMap<PoolClient, Prepared>();

function preparedOf(client: PoolClient): Prepared {
  const known = prepared.get(client);
  if (known) return known;
  const dropped: string[] = [];
  const names = new LRUCache<string, true>({ max: PREPARED, dispose: (_, name) => dropped.push(name) });
  const made = { names, dropped };
  prepared.set(client, made);
  return made;
}

const nameOf = (text: string): string => createHash('sha1').update(text).digest('base64url');
const names = new LRUCache<string, string>({ max: 1_000 });

/** The name that a statement is prepared by: the same text is planned once on each connection. */
function nameFor(text: string): string {
  const name = names.get(text) ?? nameOf(text);
  names.set(text, name);
  return name;
}

/**
 * Behind a pooler nothing has a name: some know no prepared statements, and those that do rename them, so that the `deallocate` of one
 * that is no longer kept ends the transaction.
 */
function statementFor(client: PoolClient, statement: QueryConfig): QueryConfig {
  const { name = statement.values?.length ? nameFor(statement.text) : undefined, ...unnamed } = statement;
  if (name === undefined || isPooled(client)) return unnamed;
  preparedOf(client).names.set(name, true);
  return { ...unnamed, name };
}

/** Whether statements are sent that are a transaction as a whole. What a pooler makes of such is its own affair. */
const mayFly = (client: PoolClient): boolean => pipelines(client) && !isPooled(client);

/** A statement that is about to be sent. */
interface Waiting {
  statement: QueryConfig;
  resolve(landed: Landed): void;
  reject(error: unknown): void;
}

/**
 * A connection of a request. What is asked for at the same time is one transaction, and one trip; what is asked for within
 * `withTransaction` is one as well, which begins with its first statement, in the same trip.
 */
class Transactions implements NodePostgresPgClient {
  readonly rawClient: PoolClient;
  readonly #settings: Settings;
  readonly #waiting: Waiting[] = [];
  #hasBegun = false;
  #depth = 0;

  constructor(client: PoolClient, settings: Settings) {
    this.rawClient = client;
    this.#settings = settings;
  }

  async query<T>({ text, values, name, arrayMode }: PgClientQuery): Promise<PgClientResult<T>> {
    const statement = {
      text,
      ...(values && { values }),
      ...(name && { name }),
      ...(arrayMode && { rowMode: 'array' as const }),
    };
    const isPart = this.#depth > 0 || this.#hasBegun || !mayFly(this.rawClient);
    const { rows, rowCount } = await (isPart ? this.#send(statement) : this.#join(statement));
    return { rows: rows as T[], rowCount, notices: [] };
  }

  #join(statement: QueryConfig): Promise<Landed> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statement, resolve, reject });
      if (this.#waiting.length === 1) queueMicrotask(() => void this.#fly());
    });
  }

  async #fly(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    const client = this.rawClient;
    const statements = [claims(this.#settings), ...waiting.map(({ statement }) => statement)];
    const { landed, error } = await inOwnTransaction(
      client,
      statements.map((statement) => statementFor(client, statement)),
      preparedOf(client).dropped.splice(0),
    );
    const answers = landed.slice(1);
    for (const [at, { resolve, reject }] of waiting.entries()) {
      const answer = answers[at];
      // what was read before one that fails, is right; where the end of the transaction fails, all of it has
      if (answer && (error === undefined || answers.length < waiting.length)) resolve(answer);
      else reject(error);
    }
  }

  async #send(statement: QueryConfig): Promise<QueryResult> {
    const wanted = statementFor(this.rawClient, statement);
    if (this.#hasBegun) return this.rawClient.query(wanted);
    this.#hasBegun = true;
    return inOneFlight(this.rawClient, [
      { text: 'begin' },
      statementFor(this.rawClient, claims(this.#settings)),
      wanted,
    ]);
  }

  async withTransaction<T>(work: (client: this) => Promise<T>): Promise<T> {
    this.#depth += 1;
    const name = `tx${this.#depth}`;
    await this.#send({ text: `savepoint ${name}` });
    try {
      const result = await work(this);
      await this.#send({ text: `release savepoint ${name}` });
      return result;
    } catch (error) {
      await this.#send({ text: `rollback to savepoint ${name}` }).catch(() => {});
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  async end(how: 'commit' | 'rollback'): Promise<void> {
    if (!this.#hasBegun) return;
    const { dropped } = preparedOf(this.rawClient);
    const gone = how === 'commit' ? dropped.splice(0) : [];
    for (const name of gone) delete (this.rawClient as unknown as Inside).connection.parsedStatements[name];
    await inOneFlight(this.rawClient, [
      { text: how },
      ...gone.map((name) => ({ text: `deallocate ${this.rawClient.escapeIdentifier(name)}` })),
    ]);
  }
}

/** What of node-postgres is not in its types. */
interface Inside {
  connection: { parsedStatements: Record<string, string> };
}

/**
 * Runs something on a connection, as whom the settings say. What it asks for at the same time is one transaction, which is sent and
 * answered in one trip. Where a server is not asked in that way, behind a pooler and of the embedded database, and within
 * `withTransaction`, the transaction begins with the first statement and ends with the work.
 * @param held  a connection that the request has already; it is given back afterwards, as one of the pool's is
 */
export async function inRequestTransaction<T>(
  pool: Pool,
  settings: Settings,
  work: (client: NodePostgresPgClient) => T | Promise<T>,
  held?: PoolClient,
): Promise<T> {
  const client = held ?? (await pool.connect());
  const transaction = new Transactions(client, settings);
  let broken: boolean | Error = false;
  try {
    const result = await work(transaction);
    await transaction.end('commit');
    return result;
  } catch (error) {
    await transaction.end('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
