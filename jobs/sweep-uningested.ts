import { z } from 'zod';
import { extractFile, singletonOfFile } from './extract-file.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { processEvents, singletonOfEvents } from './process-events.ts';
import { EVERY_MINUTE } from './queue-options.ts';

/** Files and batches of events that one run puts into the queue; the next run goes on. */
const MOST = 1000;

/** Finds files and events that wait, or whose worker was lost, and puts them into the queue. */
async function handle({ pool, boss, log }: JobContext): Promise<object> {
  const files = await pool.query<{ workspace_id: string; file_id: string }>(
    'select workspace_id, file_id from app_hidden.find_unread_files(max_files => $1)',
    [MOST],
  );
  const events = await pool.query<{ workspace_id: string; source: string }>(
    'select workspace_id, source from app_hidden.find_unprocessed_events(max_batches => $1)',
    [MOST],
  );
  if (files.rows.length > 0) {
    const payloads = files.rows.map((row) => ({ workspaceId: row.workspace_id, fileId: row.file_id }));
    await boss.insert(
      extractFile.queue.name,
      payloads.map((data) => ({ data, ...singletonOfFile(data) })),
    );
  }
  if (events.rows.length > 0) {
    const payloads = events.rows.map((row) => ({ workspaceId: row.workspace_id, source: row.source }));
    await boss.insert(
      processEvents.queue.name,
      payloads.map((data) => ({ data, ...singletonOfEvents(data) })),
    );
  }
  const found = { files: files.rows.length, eventSources: events.rows.length };
  if (found.files + found.eventSources > 0) log.debug(found, 'files and events wait');
  return found;
}

export const sweepUningested: JobDefinition<object> = {
  queue: {
    name: 'sweep-uningested',
    ...EVERY_MINUTE,
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
