import type { Pool } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { EmbeddingProvider, ProviderVersion } from './embedding/provider.ts';
import type { Mailer } from './mailer.ts';

/** What every job gets. */
export interface JobContext {
  /** Acts as colloquy_worker. */
  pool: Pool;
  boss: PgBoss;
  log: Logger;
  /** The provider of an embedding version; opened once per process. */
  provider(version: ProviderVersion): EmbeddingProvider;
  mailer: Mailer;
  /** Aborted when the process wants to end: a job stops at the next safe place. */
  signal: AbortSignal;
}
