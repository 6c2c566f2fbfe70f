import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import type { NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { isConnectionLost } from '../lib/connections/failures.ts';
import { inOnePiece, pipelines } from '../lib/database/flight.ts';

type With = WithPgClient<NodePostgresPgClient>;
type Settings = NonNullable<Parameters<With>[0]>;

interface Reading {
  work(client: NodePostgresPgClient): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** Whether this is the second attempt. */
  isAgain?: boolean;
}

/** A reading that was begun where it could not be ended; what is asked next goes elsewhere. */
export class ReadElsewhere extends Error {}

/** After what was just read has been handed on, and whoever got it has asked for what it leads to. */
const handedOn = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * What a query reads (the results of a search, and then their documents, conversations and messages) it reads over one connection, and
 * what it asks for at the same time in one transaction and one trip: otherwise each statement takes a connection of its own out of
 * the pool, and sends the settings of the request before it. What was read is handed on before the connection goes back, since nothing that
 * is read later changes it. One that fails ends the transaction; what was asked for behind it goes into another. One whose connection
 * broke is read a second time, and so is one that a standby did not end.
 * @param mayShare  whether what is asked for now only reads
 */
export function shareTransactions(withPgClient: With, mayShare: () => boolean): With {
  // by the settings of a request: nothing of one request is seen by another
  const open = new WeakMap<object, Reading[]>();

  function leave(settings: object, waiting: Reading[]): void {
    if (open.get(settings) === waiting) open.delete(settings);
  }

  /** Reads those that wait, and hands on what they found up to the first that fails, which stays. */
  async function readThose(client: NodePostgresPgClient, current: Reading[]): Promise<void> {
    const isOneByOne = !pipelines(client.rawClient);
    const reading = (one: Reading): Promise<unknown> => Promise.resolve(one.work(client));
    const sent = isOneByOne ? [] : inOnePiece(client.rawClient, () => current.map(reading));
    for (const one of sent) one.catch(() => {});
    try {
      while (current.length > 0) {
        const value = await (sent.shift() ?? reading(current[0]!));
        current.shift()!.resolve(value);
      }
    } finally {
      // what is behind one that failed was sent, too, and is over before the transaction is
      await Promise.allSettled(sent);
    }
  }

  async function readAll(settings: Settings, waiting: Reading[]): Promise<void> {
    while (waiting.length > 0) {
      let hasBegun = false;
      const current: Reading[] = [];
      try {
        await withPgClient(settings, async (client) => {
          hasBegun = true;
          while (waiting.length > 0) {
            current.push(...waiting.splice(0));
            await readThose(client, current);
            await handedOn();
          }
          // nothing joins what is about to commit
          leave(settings, waiting);
        });
      } catch (error) {
        const [failed, ...behind] = current;
        waiting.unshift(...behind);
        if (failed && error instanceof ReadElsewhere) waiting.unshift(failed);
        // what only reads may be read again, once, on a connection that is not broken
        else if (failed && isConnectionLost(error) && !failed.isAgain)
          waiting.unshift(Object.assign(failed, { isAgain: true }));
        else if (failed) failed.reject(error);
        else if (!hasBegun && isConnectionLost(error) && !waiting[0]?.isAgain)
          for (const reading of waiting) reading.isAgain = true;
        // no connection
        else for (const reading of waiting.splice(0)) reading.reject(error);
      }
    }
    leave(settings, waiting);
  }

  const shared: With = (settings, work) => {
    if (!settings || !mayShare()) return withPgClient(settings, work);
    return new Promise((resolve, reject) => {
      const reading: Reading = { work, resolve: resolve as Reading['resolve'], reject };
      const waiting = open.get(settings);
      if (waiting) {
        waiting.push(reading);
      } else {
        const first = [reading];
        open.set(settings, first);
        void readAll(settings, first);
      }
    });
  };
  if (withPgClient.release) shared.release = withPgClient.release;
  return shared;
}
