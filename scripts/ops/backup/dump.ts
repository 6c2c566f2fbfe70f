import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../../lib/cli.ts';
import { formatBytes } from '../../../lib/progress.ts';
import { type DumpScope, takeDump } from '../../../operations/logical/dump.ts';
import { toCount, toId } from '../arguments.ts';
import { backupContext, interruptible, recordedWhereItCan, report, withDatabase } from './shared.ts';

interface Options {
  tables?: string[];
  workspace?: string;
  withoutFiles?: boolean;
  jobs?: number;
  json?: boolean;
}

function toTables(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const odd = names.find((name) => !/^app_(?:public|hidden|private)\.\w+$/.test(name));
  if (odd !== undefined)
    throw new InvalidArgumentError(`"${odd}" is no table: write app_public.documents,app_public.chunks.`);
  return names;
}

function scopeOf({ tables, workspace }: Options): DumpScope {
  if (tables && workspace) {
    throw new UsageError('CQ200', 'A dump is of tables or of a workspace.', {
      hint: 'Leave one of the two out.',
    });
  }
  if (tables) return { of: 'tables', tables };
  return workspace ? { of: 'workspace', workspaceId: workspace } : { of: 'whole' };
}

async function dump(options: Options): Promise<void> {
  const scope = scopeOf(options);
  const { set, findings } = await interruptible((signal) =>
    withDatabase(async (database) => {
      const context = await backupContext(database, signal);
      if (options.withoutFiles) context.storage = null;
      return recordedWhereItCan(database, 'backup', () => takeDump(context, scope, { jobs: options.jobs }));
    }),
  );
  const bytes = set.parts.reduce((sum, part) => sum + part.size, 0);
  const files = set.files
    ? `, ${set.files.count} files of ${formatBytes(set.files.bytes)}`
    : ', without files';
  const of = {
    whole: 'the whole database',
    tables: `${options.tables?.length} tables`,
    workspace: 'one workspace',
  };
  const lines = [
    set.id,
    `${formatBytes(bytes)} of ${of[scope.of]} as it was ${set.stoppedAt}${files}${set.encryption ? '; encrypted' : ''}.`,
  ];
  report(set, lines, findings, options.json);
}

const EXAMPLES = `
It works as colloquy_backup, at one moment, while others read and write. Of a server, the whole is a dump of pg_dump; everything
else, and the embedded database, is lines of rows. Restore the whole with restore-dump, parts with restore-rows.

Examples:
  BACKUP_TARGET=/backups npm run ops -- backup dump
  npm run ops -- backup dump --workspace 01a21e70-fc59-76f2-a78d-3526a3288bc0
  npm run ops -- backup dump --tables app_public.documents,app_public.repositories
Exit codes: 0 fine; 1 bytes of files are missing (the dump is usable); 2 there is no new dump. docs/operations/dumps.md`;

export function addDump(backup: Command): void {
  backup
    .command('dump')
    .description('a logical dump: the whole database, some tables, or one workspace')
    .addOption(
      new Option('--tables <names>', 'these tables alone, with commas between them').argParser(toTables),
    )
    .addOption(
      new Option('--workspace <id>', 'everything of one workspace, and what it refers to').argParser(toId),
    )
    .option('--without-files', 'leave out the bytes of files')
    .addOption(
      new Option('--jobs <n>', 'processes of pg_dump (default: as many as processors, at most 4)').argParser(
        toCount,
      ),
    )
    .option('--json', 'the set as JSON')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => dump(options));
}
