import { createInterface } from 'node:readline';
import { openEmbedded } from '../../lib/embedded/open.ts';

/**
 * A process that has an embedded database open and writes into it, to be killed: reads the folder as the first line
 * of its input, says after each commit how many rows there are, and ends when the input ends.
 */
const lines = createInterface({ input: process.stdin });
lines.once('line', async (folder) => {
  const database = await openEmbedded(folder);
  const pool = database.pool('postgres');
  lines.once('close', () => process.exit());
  await pool.query('create table written (n integer primary key, filler text)');
  for (let n = 1; ; n += 1) {
    await pool.query('insert into written values ($1, $2)', [n, 'x'.repeat(2000)]);
    process.stdout.write(`${n}\n`);
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
});
