import type { Pool } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { chunkInThread } from '../chunking/chunk-in-thread.ts';
import type { Database } from '../lib/database.ts';
import type { QueueDefinition } from '../lib/migrations.ts';
import type { FileStorage } from '../lib/storage.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { EmbeddingProvider, ProviderVersion } from '../models/provider.ts';
import type { Summariser } from '../models/summary/summariser.ts';
import type { BackupContext } from '../operations/backup/take.ts';
import type { FileExtractor } from '../reading/extract.ts';
import type { SendOptions } from '../webhooks/send.ts';

/** Opens the target of backups, and a database as the role of backups. */
export type OpenBackups = () => Promise<{ context: BackupContext; close(): Promise<void> }>;

/** What every job gets. */
export interface JobContext {
  /** Acts as colloquy_worker. */
  pool: Pool;
  boss: PgBoss;
  log: Logger;
  /** The provider of an embedding version; opened once per process. */
  provider(version: ProviderVersion): EmbeddingProvider;
  /** What this process declares by COLLOQUY_ENVIRONMENT. */
  environment?: string | undefined;
  /** Absent: mail waits in the outbox. */
  mailer?: Mailer | undefined;
  /** Where webhooks may be delivered to. Absent: to public addresses alone. */
  webhooks?: SendOptions;
  /** Absent: this process has no target of backups. */
  backups?: OpenBackups | undefined;
  /** Reads every row of a workspace, as the role of backups. Absent: by this worker no archives of workspaces are made. */
  exports?: Pick<Database, 'pool'> | undefined;
  /** Where the bytes of files are. */
  storage: FileStorage;
  /** Reads text from files, each in a process of its own; opened once per process. */
  extractor: FileExtractor;
  /** Default: chunkInThread(). */
  chunk?: typeof chunkInThread;
  /** Makes short texts of long ones; opened once per process. null: no model is asked. */
  summariser(): Summariser | null;
  /** Aborted when the process wants to end: a job stops at the next safe place. */
  signal: AbortSignal;
}

/** A kind of job: its queue, when it is sent by itself, and what it does. */
export interface JobDefinition<Payload> {
  queue: QueueDefinition;
  payload: z.ZodType<Payload>;
  /** Jobs that a worker takes at once; each is settled by itself. */
  batchSize: number;
  /** Whether its jobs, which belong to a workspace each, are taken from the workspaces in turn. */
  isFair?: boolean;
  /** Of a fair one: batches at the same time in one process, each of another workspace. Default: as the worker is told, of any. */
  places?: number;
  /**
   * Whether it sends something to the world, or removes what others may have: a scheduled one is not begun while the database is a
   * copy in quarantine.
   */
  reachesOut?: boolean;
  /** Of a scheduled one: whether two runs may be at work at once, since each takes what no other has. Else the second is skipped. */
  mayOverlap?: boolean;
  /**
   * Of a scheduled one that deletes by the time: milliseconds after the last run, from which on the next one does nothing and says so, and the
   * one after it does it: a clock that jumped ahead for a moment deletes nothing.
   */
  lookAfter?: number;
  /** Returns what it did, which becomes the output of the job and, of a scheduled one, the details of its run. */
  handle(context: JobContext, payload: Payload): Promise<object>;
}

/** How a job is sent of which one waits per subject, and which belongs to a workspace. */
export interface Singleton {
  singletonKey: string;
  group: { id: string };
}
