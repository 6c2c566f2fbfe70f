import { type Command, InvalidArgumentError } from 'commander';
import { print, say, UsageError } from '../../lib/cli.ts';
import { env, port } from '../../lib/env.ts';
import { openDashboard } from '../../operations/jobs/dashboard.ts';
import { openPrepared } from '../shared/prepared-database.ts';

function readPort(value: string): number {
  const { data, error } = port.safeParse(value);
  if (data === undefined) throw new InvalidArgumentError(`A port ${error?.issues[0]?.message}.`);
  return data;
}

async function serve({ port: wanted }: { port: number }): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
  });
  const { database } = await openPrepared(env.DATA_DIR, 'worker');
  try {
    if (database.kind === 'embedded') {
      throw new UsageError(
        'CQ640',
        'The dashboard needs a database on a server: the embedded one has a single session.',
        {
          hint: 'npm run ops -- jobs list shows the same.',
        },
      );
    }
    const dashboard = await openDashboard(database.url('worker'), wanted);
    try {
      await database.pool('worker').query(`select app_hidden.note_operation('job.dashboard')`);
      print(dashboard.url);
      say('The address works once, within five minutes, on this machine. Ctrl-C ends.');
      await ended;
    } finally {
      await dashboard.close();
    }
  } finally {
    await database.close();
  }
}

/** `npm run ops -- dashboard`: pg-boss’s own pages, for whoever has the login of the worker. */
export function addDashboard(ops: Command): void {
  ops
    .command('dashboard')
    .description(
      'serve the pages of pg-boss about its queues, read-only, on this machine: prints an address that works once',
    )
    .option('--port <number>', 'port to listen on; 0 takes a free one', readPort, 0)
    .addHelpText(
      'after',
      `
It needs the package @pg-boss/dashboard, which is not installed with Colloquy: npm install --no-save @pg-boss/dashboard@1.9.0

Example, of a server that you reach by ssh:
  ssh -L 8081:127.0.0.1:8081 server, and there: npm run ops -- dashboard --port 8081

Guide: docs/operations/jobs.md`,
    )
    .action(serve);
}
