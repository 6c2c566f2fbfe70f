import { exitCodesHelp, makeCommand, print, runCommand } from '../lib/cli.ts';
import { type Ask, askingAs } from './shared/prepared-database.ts';

const program = makeCommand(
  'npm run queue --',
  'What waits to be embedded, what failed, and which providers are left alone.',
).addHelpText('after', exitCodesHelp());

const withWorker = (work: (ask: Ask) => Promise<void>): Promise<void> => askingAs('worker', work);

/** One line a row: names and values, without what is null. */
function line(row: object): string {
  return Object.entries(row)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${value instanceof Date ? value.toISOString() : value}`)
    .join(', ');
}

program
  .command('status')
  .description('providers, and the workspaces that are behind, the longest first')
  .option('--json', 'one JSON object a line')
  .action(({ json }: { json?: boolean }) =>
    withWorker(async (ask) => {
      const providers = await ask('select * from app_public.provider_states()');
      const behind = await ask('select * from app_public.indexing_lag(max_rows => 100)');
      for (const row of [...providers, ...behind]) print(json ? JSON.stringify(row) : line(row));
      if (!json && behind.length === 0) print('Every passage has its vector.');
    }),
  );

program
  .command('dead')
  .description('passages that were given up, and texts that could not be cut into passages, by reason')
  .action(() =>
    withWorker(async (ask) => {
      const rows = await ask('select * from app_hidden.dead_embeddings()');
      for (const row of rows) print(line(row));
      if (rows.length === 0) print('None was given up.');
    }),
  );

program
  .command('redrive')
  .description('have everything that failed tried again at once')
  .option('--workspace <id>', 'of one workspace (default: of all)')
  .option('--dry-run', 'say how much it would be, and change nothing')
  .action(({ workspace, dryRun }: { workspace?: string; dryRun?: boolean }) =>
    withWorker(async (ask) => {
      const sql = dryRun
        ? `select coalesce(sum(chunks), 0) as chunks from app_hidden.dead_embeddings(for_workspace => $1, with_waiting => true)`
        : 'select chunks + texts as chunks, sources from app_hidden.redrive_embeddings(for_workspace => $1)';
      const [row] = await ask<{ chunks: string; sources?: string }>(sql, [workspace ?? null]);
      print(
        dryRun
          ? `${row!.chunks} passages would be tried again`
          : `${row!.chunks} passages of ${row!.sources} sources are tried again`,
      );
    }),
  );

program
  .command('resume <provider>')
  .description('end the pause of a provider, after what was wrong is corrected')
  .action((provider: string) =>
    withWorker(async (ask) => {
      const [row] = await ask<{ ended: boolean }>(
        'select app_hidden.resume_provider(for_provider => $1) as ended',
        [provider],
      );
      print(row!.ended ? `${provider} is asked again` : `${provider} was not paused`);
    }),
  );

await runCommand(() => program.parseAsync());
