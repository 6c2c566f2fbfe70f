import type { Socket } from 'node:net';
import pg from 'pg';

/** A statement that the API sent, and the pages of shared buffers that it touched, with those of its functions. */
export interface Statement {
  text: string;
  buffers: number;
}

/** What a request cost. */
export interface Cost {
  statements: Statement[];
}

/** How often a request waited for the server, and for a connection to it. */
export interface Waits {
  /** What was sent before anything came back, transactions and settings included, counts once. */
  trips: number;
  connections: number;
}

export interface Meter {
  pool: pg.Pool;
  /** What a piece of work costs. Nothing else may use the pool meanwhile. */
  during(work: () => Promise<unknown>): Promise<Cost>;
  /** How often it waits, when nothing is measured. */
  waits(work: () => Promise<unknown>): Promise<Waits>;
}

export const total = (statements: readonly Statement[]): number =>
  statements.reduce((sum, { buffers }) => sum + buffers, 0);

type Query = { text: string; values?: unknown[]; name?: string } | string;

/** Statements that are sent as one transaction. */
interface Whole {
  statements: readonly { text: string; values?: unknown[] }[];
}

const isMeasurable = (text: string): boolean =>
  /^\s*(select|with|insert|update|delete)\b/i.test(text) && !text.includes('set_config(');

/** Calls back when something is sent after an answer, or as the first. */
function onTrip(client: pg.ClientBase, callback: () => void): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let isAsked = false;
  stream.write = ((...args: unknown[]) => {
    if (!isAsked) callback();
    isAsked = true;
    return write(...args);
  }) as typeof stream.write;
  stream.on('data', () => {
    isAsked = false;
  });
}

/**
 * A pool of one connection that counts what it is asked. Each statement of a transaction is explained right before it runs, as the same
 * role and with the same settings, and what explaining it did is taken back.
 */
export function openMeter(connectionString: string): Meter {
  const pool = new pg.Pool({ connectionString, max: 1, pipeline: true });
  // the end of the database may reach a connection before its own
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  let isMeasuring = false;
  let waits: Waits = { trips: 0, connections: 0 };
  let statements: Statement[] = [];
  pool.on('acquire', () => {
    waits.connections += 1;
  });
  pool.on('connect', (client) => {
    onTrip(client, () => {
      waits.trips += 1;
    });
    const query = client.query.bind(client) as unknown as (...args: unknown[]) => Promise<pg.QueryResult>;
    let hasBegun = false;

    async function explained(text: string, values: unknown[] | undefined): Promise<void> {
      await query('savepoint measuring');
      // one whose error is part of the answer fails again, for the API to see
      const result = await query(`explain (analyze, buffers, timing off, format json) ${text}`, values).catch(
        () => undefined,
      );
      await query('rollback to measuring; release measuring');
      const plan = result?.rows[0]?.['QUERY PLAN'][0].Plan;
      if (!plan) return;
      statements.push({ text, buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] });
    }

    /** The same for statements that are a transaction as they are sent: in one that is taken back. */
    async function explainedWhole([settings, ...asked]: readonly Whole['statements'][0][]): Promise<void> {
      await query('begin');
      await query(settings!.text, settings!.values);
      for (const { text, values } of asked) await explained(text, values);
      await query('rollback');
    }

    client.query = ((first: Query | Whole, ...rest: unknown[]) => {
      if (typeof first !== 'string' && 'statements' in first) {
        if (!isMeasuring) return query(first, ...rest);
        return explainedWhole(first.statements).then(() => query(first, ...rest));
      }
      const { text, values } = typeof first === 'string' ? { text: first, values: undefined } : first;
      if (/^(?:begin|commit|rollback)$/.test(text)) hasBegun = text === 'begin';
      if (!isMeasuring || !hasBegun || !isMeasurable(text)) return query(first, ...rest);
      return explained(text, values).then(() => query(first, ...rest));
    }) as unknown as typeof client.query;
  });
  return {
    pool,
    async during(work) {
      isMeasuring = true;
      statements = [];
      await work();
      isMeasuring = false;
      return { statements };
    },
    async waits(work) {
      waits = { trips: 0, connections: 0 };
      await work();
      return waits;
    },
  };
}
