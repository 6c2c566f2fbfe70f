import { type Command, InvalidArgumentError } from 'commander';
import { print } from '../../lib/cli.ts';
import { freezeWorkspace, thawWorkspace } from '../../operations/workspaces/freeze.ts';
import { withPrepared } from '../shared/prepared-database.ts';
import { toId } from './arguments.ts';
import { interruptible } from './backup/shared.ts';
import { type ExportCommand, exportCommand } from './workspace/export.ts';
import { type ImportCommand, importCommand } from './workspace/import.ts';

function toAddress(text: string): string {
  if (/^[^@\s]+@[^@\s]+$/.test(text)) return text;
  throw new InvalidArgumentError('Write the address of an account.');
}

const EXPORT = `
One archive (.tar.gz) with every row as a line of JSON, the bytes of files, and sums of everything: any program reads it. Of one moment,
while others read and write; freeze the workspace first when it moves. What stays: passwords, sessions, API keys, links, invitations,
mail, work that is going on.

Examples:
  npm run ops -- workspace export 01a21e70-fc59-76f2-a78d-3526a3288bc0 --to team.tar.gz
  npm run ops -- workspace export ID --to - | ssh other-server 'cat > team.tar.gz'
Exit codes: 0 fine; 1 the bytes of some files were not there; 2 there is no archive. docs/operations/workspaces.md`;

const IMPORT = `
The workspace gets ids of its own. People are found by their address where it is verified; for others an account is made, whose password
is set by who reads the address (requestPasswordReset). Everything is one transaction: stopped at any point, nothing is there.

Examples:
  npm run ops -- workspace import team.tar.gz --dry-run
  npm run ops -- workspace import team.tar.gz --owner ada@example.org --name 'Team of Ada'
Exit codes: 0 fine; 1 imported, and some files have no bytes; 2 nothing was imported. docs/operations/workspaces.md`;

const FREEZE = `
Its members read and do not write (CQ790), API keys included. It waits for writes that were going on.

Examples:
  npm run ops -- workspace freeze 01a21e70-fc59-76f2-a78d-3526a3288bc0
  npm run ops -- workspace thaw 01a21e70-fc59-76f2-a78d-3526a3288bc0
Exit codes: 0 fine; 2 it could not. docs/operations/workspaces.md`;

export function addWorkspace(ops: Command): void {
  const workspace = ops
    .command('workspace')
    .description('move a workspace to another installation: export, import, freeze');
  workspace
    .command('export')
    .description('write everything of a workspace into an archive')
    .argument('<id>', 'the workspace', toId)
    .requiredOption('--to <file>', 'where the archive goes; - for the standard output')
    .option('--json', 'the result as JSON')
    .addHelpText('after', EXPORT)
    .action((id: string, options: ExportCommand) => exportCommand(id, options));
  workspace
    .command('import')
    .description('bring the workspace of an archive into this installation')
    .argument('<file>', 'the archive; - for the standard input')
    .option('--owner <address>', 'an account here that becomes an owner of it', toAddress)
    .option('--name <name>', 'another name')
    .option('--again', 'also what was imported before')
    .option(
      '--trust-unverified',
      'accounts here are the people of the archive, even with unverified addresses',
    )
    .option('--dry-run', 'do everything, and take it back')
    .option('--json', 'the result as JSON')
    .addHelpText('after', IMPORT)
    .action((file: string, options: ImportCommand) => importCommand(file, options));
  workspace
    .command('freeze')
    .description('let nobody write in a workspace, as while it moves')
    .argument('<id>', 'the workspace', toId)
    .option('--json', 'the result as JSON')
    .addHelpText('after', FREEZE)
    .action((id: string, { json }: { json?: boolean }) =>
      withPrepared('owner', async (database) => {
        const at = await interruptible((signal) => freezeWorkspace(database, id, signal));
        print(
          json ? JSON.stringify({ id, frozenAt: at }) : `Nobody writes in ${id} since ${at.toISOString()}.`,
        );
      }),
    );
  workspace
    .command('thaw')
    .description('let its members write again')
    .argument('<id>', 'the workspace', toId)
    .option('--json', 'the result as JSON')
    .addHelpText('after', FREEZE)
    .action((id: string, { json }: { json?: boolean }) =>
      withPrepared('owner', async (database) => {
        await thawWorkspace(database, id);
        print(json ? JSON.stringify({ id, frozenAt: null }) : `${id} is open again.`);
      }),
    );
}
