import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { startWorker } from '../../jobs/worker.ts';
import { serverDatabase } from '../../lib/database.ts';
import { hashProvider } from './versions.ts';

/**
 * A worker in a process of its own, to be killed, whose vectors follow from the text and take a while: reads both as the
 * first line of its input, says "ready", says "embedding" whenever it is about to compute some, and ends when the input ends.
 */
const lines = createInterface({ input: process.stdin });
lines.once('line', async (line) => {
  const { url, milliseconds } = JSON.parse(line) as { url: string; milliseconds: number };
  const database = serverDatabase(url);
  const worker = await startWorker({
    pool: database.pool('worker'),
    pollingIntervalSeconds: 0.5,
    openProvider: (version) =>
      hashProvider(version, () => {
        process.stdout.write('embedding\n');
        return delay(milliseconds);
      }),
  });
  process.stdout.write('ready\n');
  lines.once('close', async () => {
    await worker.stop();
    await database.close();
    process.exit();
  });
});
