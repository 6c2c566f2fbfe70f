import { threadId, workerData } from 'node:worker_threads';
import { ColloquyError } from '../../../lib/errors.ts';
import { threadTask } from '../../../lib/thread-task.ts';

/** Does what a request says. */
export default threadTask((what: string): unknown => {
  if (what === 'refuse') throw new ColloquyError('CQ999', 'refused', { hint: 'ask differently' });
  if (what === 'crash') throw new TypeError('a fault');
  if (what === 'exit') process.exit(3);
  if (what === 'hang') return new Promise(() => {});
  if (what === 'spin') for (;;);
  if (what === 'print') process.stdout.write('a banner') && process.stderr.write('a warning');
  if (what === 'be slow') for (const end = Date.now() + 200; Date.now() < end; );
  if (what === 'hoard') for (const all: object[] = []; ; ) all.push(new Array(100_000).fill({}));
  if (what === 'die later') {
    setTimeout(() => {
      throw new Error('late');
    }, 100);
  }
  return { threadId, environment: Object.keys(process.env), flags: process.execArgv, data: workerData };
});
