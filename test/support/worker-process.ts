import { createInterface } from 'node:readline';
import { startWorker } from '../../jobs/worker.ts';
import { serverDatabase } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { mailSettings } from '../../lib/mail-settings.ts';
import { localStorage } from '../../lib/storage.ts';
import { openMailer } from '../../mail/open-mailer.ts';
import { openGuards } from '../../models/remote/guard.ts';
import { tablePause } from '../../models/remote/pause.ts';
import { tableRate } from '../../models/remote/rate.ts';

/**
 * A worker in a process of its own, to be killed: reads the database's URL as the first line of its input, perhaps with
 * a blank and the folder of files, says "ready", and ends when the input ends, so that it never outlives whoever started it. With the argument "quick" it waits
 * milliseconds where others wait seconds before they ask a provider again.
 */
const lines = createInterface({ input: process.stdin });
lines.once('line', async (line) => {
  const [url, folder] = line.split(' ');
  const database = serverDatabase(url!);
  const pool = database.pool('worker');
  const quick = { delays: { least: 1, greatest: 5 }, timeout: 10_000, rests: [200, 400] };
  const worker = await startWorker({
    pool,
    pollingIntervalSeconds: 0.5,
    ...(process.argv.includes('quick')
      ? { providers: { guards: openGuards(tablePause(pool), quick, tableRate(pool)) } }
      : {}),
    ...(folder ? { storage: localStorage(folder) } : {}),
    // none: mail is left to a test's own worker
    ...(env.MAIL_URL
      ? { mailer: openMailer(mailSettings(env), { dataDir: '/nowhere', isProductionServer: true }) }
      : {}),
  });
  process.stdout.write('ready\n');
  lines.once('close', async () => {
    await worker.stop();
    await database.close();
    process.exit();
  });
});
