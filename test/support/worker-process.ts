import { createInterface } from 'node:readline';
import { startWorker } from '../../jobs/worker.ts';
import { serverDatabase } from '../../lib/database.ts';
import { localStorage } from '../../lib/storage.ts';

/**
 * A worker in a process of its own, to be killed: reads the database's URL as the first line of its input, perhaps with a
 * blank and the folder of files, says "ready", and ends when the input ends, so that it never outlives whoever started it.
 */
const lines = createInterface({ input: process.stdin });
lines.once('line', async (line) => {
  const [url, folder] = line.split(' ');
  const database = serverDatabase(url!);
  const worker = await startWorker({
    pool: database.pool('worker'),
    pollingIntervalSeconds: 0.5,
    ...(folder ? { storage: localStorage(folder) } : {}),
  });
  process.stdout.write('ready\n');
  lines.once('close', async () => {
    await worker.stop();
    await database.close();
    process.exit();
  });
});
