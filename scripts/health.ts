import { Command } from 'commander';
import { openDatabase } from '../lib/database.ts';
import { env } from '../lib/env.ts';
import { ColloquyError, describeError } from '../lib/errors.ts';
import { queueIsAlive } from '../lib/queue.ts';

/** What the health checks of the Dockerfile and of compose.yaml run: containers are judged by exit codes. */

/** Below the ten seconds that the health checks allow, so that the reason is still said. */
const PATIENCE = 8_000;

interface Options {
  worker?: boolean;
}

/** Where this machine reaches what listens on HOST. */
function ownUrl(): string {
  if (env.HOST === '0.0.0.0' || env.HOST === '::') return `http://127.0.0.1:${env.PORT}`;
  return `http://${env.HOST.includes(':') ? `[${env.HOST}]` : env.HOST}:${env.PORT}`;
}

async function checkApi(): Promise<string> {
  const url = `${ownUrl()}/readyz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text}`);
  return text;
}

async function checkWorker(): Promise<string> {
  if (!env.DATABASE_URL) {
    throw new ColloquyError('CQ019', '--worker wants DATABASE_URL: the embedded database has one process.', {
      hint: 'Leave --worker out; /readyz of that process looks at its jobs, too.',
    });
  }
  const database = await openDatabase();
  try {
    if (!(await queueIsAlive(database.pool('worker')))) throw new Error('No worker looks after the queue.');
    return 'Jobs are worked on.';
  } finally {
    await database.close();
  }
}

const program = new Command('node scripts/health.ts')
  .description('Whether the server of HOST and PORT on this machine is ready, or whether jobs are worked on.')
  .option('--worker', 'ask the database of DATABASE_URL whether jobs are worked on, and no server')
  .addHelpText('after', '\nExit codes: 0 healthy, 1 not, 2 wrong usage.')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async ({ worker }: Options) => {
    process.stdout.write(`${await (worker ? checkWorker() : checkApi())}\n`);
  });

setTimeout(() => {
  process.stderr.write(`No answer within ${PATIENCE / 1000} s.\n`);
  process.exit(1);
}, PATIENCE).unref();

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = error instanceof ColloquyError && error.code === 'CQ019' ? 2 : 1;
}
