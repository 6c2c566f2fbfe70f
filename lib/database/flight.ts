import pg, { type ClientBase, type QueryConfig, type QueryResult } from 'pg';

/** What of node-postgres is not in its types. */
interface Connection {
  stream: { cork?(): void; uncork?(): void };
  /** Statements that are prepared, and those that were sent to be, by their names. */
  parsedStatements: Record<string, string>;
  submittedNamedStatements: Record<string, string>;
  parse(statement: { text: string; name: string | undefined }): void;
  bind(values: { statement: string | undefined; values: readonly unknown[] }): void;
  describe(what: { type: 'P' }): void;
  execute(): void;
  close(what: { type: 'S'; name: string }): void;
  sync(): void;
}
interface Inside {
  pipeline?: boolean;
  connection: Connection;
}
interface Utils {
  prepareValue(value: unknown): unknown;
}

// its way of writing values has no other name
const { prepareValue } = (await import('pg/lib/utils.js' as string)).default as Utils;

/** Whether a connection sends a statement before the one ahead of it was answered. The embedded database has none that does. */
export const pipelines = (client: ClientBase): boolean => (client as unknown as Inside).pipeline === true;

/** Sends what is asked for meanwhile in one piece: one call of the operating system, and one waking of the server. */
export function inOnePiece<T>(client: ClientBase, send: () => T): T {
  const { stream } = (client as unknown as Inside).connection;
  stream.cork?.();
  try {
    return send();
  } finally {
    stream.uncork?.();
  }
}

/**
 * Sends statements one behind the other, and waits for their answers once.
 * @returns the answer to the last
 * @throws the first error; statements behind it were sent as well, so it must be one that ends their transaction
 */
export async function inOneFlight(client: ClientBase, statements: QueryConfig[]): Promise<QueryResult> {
  if (!pipelines(client)) {
    let result: QueryResult | undefined;
    for (const statement of statements) result = await client.query(statement);
    return result!;
  }
  const answers = inOnePiece(client, () => statements.map((statement) => client.query(statement)));
  const settled = await Promise.allSettled(answers);
  for (const answer of settled) if (answer.status === 'rejected') throw answer.reason;
  return answers.at(-1)!;
}

/** A statement of a transaction that is sent as a whole. */
export interface Flown extends QueryConfig {
  rowMode?: 'array' | undefined;
}

/** What became of one. */
export interface Landed {
  rows: unknown[];
  rowCount: number | null;
}

interface Column {
  name: string;
  parse(text: string): unknown;
}

/** What the statements return that are prepared on a connection, by their names. */
const columns = new WeakMap<ClientBase, Map<string, Column[]>>();

function columnsOf(client: ClientBase): Map<string, Column[]> {
  const known = columns.get(client) ?? new Map<string, Column[]>();
  columns.set(client, known);
  return known;
}

function readRow(values: (string | null)[], shape: Column[], isArray: boolean): unknown {
  const read = (column: Column, at: number) => {
    const value = values[at]!;
    return value === null ? null : column.parse(value);
  };
  return isArray
    ? shape.map(read)
    : Object.fromEntries(shape.map((column, at) => [column.name, read(column, at)]));
}

/** Statements that are sent together, with one end behind all of them, which is the end of their transaction as well. */
class Flight extends pg.Query {
  /** For who looks on. */
  readonly statements: readonly Flown[];
  readonly #client: ClientBase;
  readonly #forgotten: readonly string[];
  readonly #landed: Landed[] = [];
  #rows: unknown[] = [];
  /** Why a row could not be read. */
  #unread: unknown;
  #columns: Column[] | undefined;
  declare callback: (error: unknown) => void;

  constructor(client: ClientBase, statements: readonly Flown[], forgotten: readonly string[]) {
    super({ text: '' });
    this.statements = statements;
    this.#client = client;
    this.#forgotten = forgotten;
  }

  /** Those that came to their end; the next one is being answered, or has failed. */
  get landed(): readonly Landed[] {
    return this.#landed;
  }

  // node-postgres takes down under this name that the statement which is being answered was prepared, or was not
  get name(): string | undefined {
    return this.#current?.name;
  }
  set name(_) {}
  get text(): string | undefined {
    return this.#current?.text;
  }
  set text(_) {}

  get #current(): Flown | undefined {
    return this.statements[this.#landed.length];
  }

  override submit = (): Error | null => {
    let values: unknown[][];
    try {
      values = this.statements.map((statement) => (statement.values ?? []).map(prepareValue));
    } catch (error) {
      return error as Error;
    }
    inOnePiece(this.#client, () => this.#send(values));
    return null;
  };

  #send(values: unknown[][]): void {
    const { connection } = this.#client as unknown as Inside;
    const { parsedStatements: prepared, submittedNamedStatements: submitted } = connection;
    const known = columnsOf(this.#client);
    for (const name of this.#forgotten) {
      connection.close({ type: 'S', name });
      known.delete(name);
      delete prepared[name];
    }
    for (const [at, { name, text }] of this.statements.entries()) {
      if (name === undefined || (prepared[name] ?? submitted[name]) === undefined) {
        connection.parse({ text, name });
        if (name !== undefined) submitted[name] = text;
      }
      connection.bind({ statement: name, values: values[at]! });
      if (name === undefined || !known.has(name)) connection.describe({ type: 'P' });
      connection.execute();
    }
    connection.sync();
  }

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    const described = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.#client.getTypeParser(dataTypeID, 'text') as Column['parse'],
    }));
    this.#columns = described;
    if (this.name !== undefined) columnsOf(this.#client).set(this.name, described);
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const { name, rowMode } = this.#current!;
    try {
      this.#columns ??= columnsOf(this.#client).get(name!)!;
      this.#rows.push(readRow(fields, this.#columns, rowMode === 'array'));
    } catch (error) {
      this.#unread ??= error;
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const count = / (\d+)$/.exec(text)?.[1];
    this.#landed.push({ rows: this.#rows, rowCount: count === undefined ? null : Number(count) });
    this.#rows = [];
    this.#columns = undefined;
  }

  handleError(error: unknown): void {
    // what is behind a statement that fails is not looked at
    const { submittedNamedStatements: submitted } = (this.#client as unknown as Inside).connection;
    for (const { name } of this.statements.slice(this.#landed.length))
      if (name !== undefined) delete submitted[name];
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(this.#unread);
  }
}

/**
 * Sends statements that are a transaction of their own, without a begin and a commit: it ends where what was sent in one piece ends,
 * and is answered in one piece. What a prepared statement returns is asked for once on each connection.
 * @param client     one that pipelines, and is in no transaction
 * @param forgotten  names of statements that are prepared no longer
 * @returns the answers up to the statement that failed, and its error; nothing of them was done then
 */
export async function inOwnTransaction(
  client: ClientBase,
  statements: readonly Flown[],
  forgotten: readonly string[] = [],
): Promise<{ landed: readonly Landed[]; error?: unknown }> {
  const flight = new Flight(client, statements, forgotten);
  return new Promise((resolve) => {
    const ended = (error: unknown) =>
      resolve({ landed: flight.landed, ...(error === undefined ? {} : { error }) });
    (client as unknown as { query(flight: Flight, ended: (error: unknown) => void): void }).query(
      flight,
      ended,
    );
  });
}
