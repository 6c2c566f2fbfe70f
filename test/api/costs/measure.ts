import pg from 'pg';

/** A statement that the API sent, and the pages of shared buffers that it touched, with those of its functions. */
export interface Statement {
  text: string;
  buffers: number;
}

/** What a request cost. */
export interface Cost {
  /** What was sent to the server, and waited for, transactions and settings included. */
  trips: number;
  statements: Statement[];
}

export interface Meter {
  pool: pg.Pool;
  /** What a piece of work costs. Nothing else may use the pool meanwhile. */
  during(work: () => Promise<unknown>): Promise<Cost>;
}

export const total = (statements: readonly Statement[]): number =>
  statements.reduce((sum, { buffers }) => sum + buffers, 0);

type Query = { text: string; values?: unknown[]; name?: string } | string;

const isMeasurable = (text: string): boolean =>
  /^\s*(select|with|insert|update|delete)\b/i.test(text) && !text.includes('set_config(');

/**
 * A pool of one connection that counts what it is asked. Each statement is explained right before it runs, in the same
 * transaction, as the same role and with the same settings, and what explaining it did is taken back.
 */
export function openMeter(connectionString: string): Meter {
  const pool = new pg.Pool({ connectionString, max: 1 });
  let trips = 0;
  let statements: Statement[] = [];
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as unknown as (...args: unknown[]) => Promise<pg.QueryResult>;

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

    client.query = ((first: Query, ...rest: unknown[]) => {
      trips += 1;
      const { text, values } = typeof first === 'string' ? { text: first, values: undefined } : first;
      // outside of a transaction, and by callback: authentication
      if (typeof rest.at(-1) === 'function' || !isMeasurable(text)) return query(first, ...rest);
      return explained(text, values).then(() => query(first, ...rest));
    }) as unknown as typeof client.query;
  });
  return {
    pool,
    async during(work) {
      trips = 0;
      statements = [];
      await work();
      return { trips, statements };
    },
  };
}
