import type { Pool } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { cutText } from '../chunking/cut.ts';
import type { FileStorage } from '../lib/storage.ts';
import type { EmbeddingProvider, ProviderVersion } from '../models/provider.ts';
import type { Summariser } from '../models/summary/summariser.ts';
import type { FileExtractor } from '../reading/extract.ts';
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
  /** Where the bytes of files are. */
  storage: FileStorage;
  /** Reads text from files, in a thread; opened once per process. */
  extractor: FileExtractor;
  /** Cuts texts into passages. Default: cutText(). */
  cut?: typeof cutText;
  /** Makes short texts of long ones; opened once per process. */
  summariser(): Summariser;
  /** Aborted when the process wants to end: a job stops at the next safe place. */
  signal: AbortSignal;
}
