import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import type { NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { isConnectionLost } from '../lib/connections/failures.ts';

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

/**
 * What a query reads at the same time (the documents, conversations and messages of search results) it reads one after the
 * other, in one transaction: otherwise each statement takes a connection of its own out of the pool, and sends the settings of the
 * request before it. One that fails ends the transaction; what was read before it is good, and what comes after it goes into
 * another. One whose connection broke is read a second time, and so is one that a standby did not end.
 * @param mayShare  whether what is asked for now only reads
 */
export function shareTransactions(withPgClient: With, mayShare: () => boolean): With {
  // by the settings of a request: nothing of one request is seen by another
  const open = new WeakMap<object, Reading[]>();

  function leave(settings: object, waiting: Reading[]): void {
    if (open.get(settings) === waiting) open.delete(settings);
  }

  async function readAll(settings: Settings, waiting: Reading[]): Promise<void> {
    while (waiting.length > 0) {
      const done: { reading: Reading; value: unknown }[] = [];
      let current: Reading | undefined;
      try {
        await withPgClient(settings, async (client) => {
          for (current = waiting.shift(); current; current = waiting.shift()) {
            done.push({ reading: current, value: await current.work(client) });
          }
          // nothing joins what is about to commit
          leave(settings, waiting);
        });
        for (const { reading, value } of done) reading.resolve(value);
      } catch (error) {
        if (error instanceof ReadElsewhere) {
          for (const { reading, value } of done) reading.resolve(value);
          if (current) waiting.unshift(current);
        } else if (current) {
          for (const { reading, value } of done) reading.resolve(value);
          // what only reads may be read again, once, on a connection that is not broken
          if (isConnectionLost(error) && !current.isAgain)
            waiting.unshift(Object.assign(current, { isAgain: true }));
          else current.reject(error);
        } else if (done.length === 0 && isConnectionLost(error) && !waiting[0]?.isAgain) {
          for (const reading of waiting) reading.isAgain = true;
        } else {
          // no connection, or no commit
          for (const { reading } of done) reading.reject(error);
          for (const reading of waiting.splice(0)) reading.reject(error);
        }
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
