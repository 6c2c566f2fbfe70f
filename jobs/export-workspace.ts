import { PassThrough } from 'node:stream';
import { z } from 'zod';
import { inTransaction } from '../lib/database.ts';
import { describeError, errorCode } from '../lib/errors.ts';
import { programVersion } from '../lib/program-version.ts';
import { exportWorkspace } from '../operations/workspaces/export.ts';
import type { JobContext, JobDefinition } from './job.ts';

const payloadSchema = z.object({ exportId: z.uuid() });
type Payload = z.infer<typeof payloadSchema>;

/** Milliseconds between two notes of how far it is. */
const PACE = 2_000;
/** Bytes; the storage has its own end. */
const LARGEST = 1024 ** 4;

/** What whoever asked for it may know: no room, too large, messages that cannot be read. The rest is the operator's. */
const TOLD = new Set(['CQ413', 'CQ507', 'CQ789']);

interface Begun {
  workspace_id: string;
  person: string;
}

/** Writes the archive into the storage while it is read from the database, and makes it a file of who asked for it. */
async function write(
  { pool, storage, exports, signal }: JobContext,
  id: string,
  begun: Begun,
): Promise<object> {
  const stream = new PassThrough();
  let rows = 0;
  let noted = Date.now();
  const onRows = (_table: string, count: number): void => {
    rows += count;
    if (Date.now() - noted < PACE) return;
    noted = Date.now();
    // a note that is lost is followed by another
    pool.query('select app_hidden.note_workspace_export($1, $2)', [id, rows]).catch(() => {});
  };
  const options = { storage, version: programVersion, signal, onRows, readableBy: begun.person };
  let cause: unknown;
  // either end that breaks ends the other
  const ended = (error: unknown): void => {
    cause ??= error;
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  const reading = exportWorkspace(exports!, begun.workspace_id, stream, options);
  const storing = storage.receive(stream, { maxBytes: LARGEST });
  // who writes and who reads are told; nobody else listens
  stream.on('error', () => {});
  reading.catch(ended);
  storing.catch(ended);
  const [read, stored] = await Promise.allSettled([reading, storing]);
  if (read.status === 'rejected' || stored.status === 'rejected') {
    if (stored.status === 'fulfilled') await stored.value.discard();
    throw cause;
  }
  const [exported, received] = [read.value, stored.value];
  const { manifest, missingFiles } = exported;
  try {
    await inTransaction(pool, async (client) => {
      const { rows: found } = await client.query<{ path: string | null }>(
        'select app_hidden.finish_workspace_export($1, $2, $3, $4, $5, $6) as path',
        [
          id,
          `workspace-${begun.workspace_id}.tar.gz`,
          received.size,
          received.sha256,
          manifest.rows,
          missingFiles.length,
        ],
      );
      const path = found[0]!.path;
      if (path !== null) await received.place(path);
    });
  } finally {
    await received.discard();
  }
  return { rows: manifest.rows, bytes: received.size, missingFiles: missingFiles.length };
}

/** Makes an archive of a workspace that somebody asked for. One that a worker was killed at is begun anew. */
async function handle(context: JobContext, { exportId }: Payload): Promise<object> {
  const { pool, log, signal } = context;
  const { rows } = await pool.query<Begun>('select * from app_hidden.begin_workspace_export($1)', [exportId]);
  if (!rows[0]) return { skipped: 'it is not wanted any more' };
  try {
    return await write(context, exportId, rows[0]);
  } catch (error) {
    if (signal.aborted) throw error;
    log.error({ err: error, exportId }, 'the archive of a workspace could not be made');
    const code = errorCode(error) ?? '';
    const isTold = TOLD.has(code);
    await pool.query('select app_hidden.fail_workspace_export($1, $2, $3)', [
      exportId,
      isTold ? describeError(error) : 'It could not be made; the log of the worker says why.',
      isTold ? code : 'CQ795',
    ]);
    return { failed: code };
  }
}

export const exportWorkspaceJob: JobDefinition<Payload> = {
  queue: {
    name: 'export-workspace',
    policy: 'short',
    retryLimit: 3,
    retryDelay: 30,
    expireInSeconds: 6 * 3600,
    deleteAfterSeconds: 7 * 86_400,
  },
  payload: payloadSchema,
  batchSize: 1,
  handle,
};
