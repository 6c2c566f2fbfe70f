import type { PoolClient } from 'pg';

/** Whoever is signed in: each transaction has this person's rights and no more. */
export interface Transactions {
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
}
