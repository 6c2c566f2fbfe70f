import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi } from '../../../api/server.ts';
import { startWorker, type WorkerOptions } from '../../../jobs/worker.ts';
import type { Database } from '../../../lib/database.ts';
import { localStorage } from '../../../lib/storage.ts';
import { openQueryModels } from '../../../models/query-models.ts';

/** Serves a database as npm start does, API and worker, on a free port; with other vectors of passages, where given. */
export async function withServer<T>(
  database: Database,
  work: (url: string) => Promise<T>,
  { openProvider }: Pick<WorkerOptions, 'openProvider'> = {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-quality-'));
  const storage = localStorage(folder);
  const closers: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  try {
    const embedder = openQueryModels(database.pool('authenticator'));
    closers.push(() => embedder.close());
    const worker = await startWorker({
      pool: database.pool('worker'),
      concurrency: 2,
      storage,
      ...(openProvider ? { openProvider } : {}),
    });
    closers.push(() => worker.stop());
    const api = await startApi({
      database,
      host: '127.0.0.1',
      port: 0,
      embedQuery: (text, versionId) => embedder.embed(text, versionId),
      activeVersion: () => embedder.activeVersion(),
      storage,
      development: false,
    });
    closers.push(() => api.close());
    return await work(api.url);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
