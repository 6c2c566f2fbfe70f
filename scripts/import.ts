import { InvalidArgumentError, Option } from 'commander';
import { limits } from '../import/options.ts';
import { exitCodesHelp, makeCommand, runCommand } from '../lib/cli.ts';
import { env } from '../lib/env.ts';
import { importCommand } from './import/command.ts';
import type { CommandOptions } from './import/run.ts';
import { toWorkspace } from './shared/workspace-option.ts';

const UNITS: Record<string, number> = { '': 1, k: 1024, m: 1024 * 1024 };

function toBytes(text: string): number {
  const found = /^(\d+)\s*([km]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = Number(found?.[1]) * (UNITS[found?.[2]?.toLowerCase() ?? ''] ?? Number.NaN);
  if (!(bytes >= 1 && bytes <= limits.documentBytes))
    throw new InvalidArgumentError('Write it as 500000, 500K or 10M; at most 20M.');
  return bytes;
}

const program = makeCommand(
  'npm run import --',
  'Brings folders, git checkouts, ZIP files, repomix files, and exports of chats into Colloquy.',
)
  .argument('<path...>', 'what to import: each is recognised by what is in it')
  .option('--dry-run', 'read everything and say what would be imported; needs neither database nor account')
  .option('--wait', 'wait until everything is searchable')
  .option(
    '--prune',
    'archive what an earlier import brought and is not there any more, from whichever place of that name; with --dry-run list it',
  )
  .option(
    '--no-prune',
    'leave it as it is (default: archive what came from the very same folder or repository)',
  )
  .addOption(
    new Option('--visibility <who>', 'who may read what is new')
      .choices(['private', 'workspace'])
      .default('private'),
  )
  .option(
    '--share-private',
    'with --visibility workspace: also what few could read before, direct messages and private channels of Slack',
  )
  .option('--name <name>', "in place of the folder's or file's own name; for a single path")
  .option('--max-bytes <size>', 'skip documents larger than this (default: 5M)', toBytes)
  .option('--workspace <id>', 'the workspace to import into (default: your personal one)', toWorkspace)
  .option(
    '--email <address>',
    'whose it will be (default: COLLOQUY_EMAIL, else the account of the first start)',
  )
  .option('--password-file <file>', 'where the password is; else COLLOQUY_PASSWORD, else it is asked for')
  .option('--password <password>', 'the password, for all on this machine to see')
  .option('--token-file <file>', 'a session token instead of an account; it stays signed in')
  .option('--token <token>', 'the token, for all on this machine to see')
  .option('--data <folder>', 'the data folder', env.DATA_DIR)
  .option('--json', 'the summary as JSON on standard output')
  .option('--verbose', 'name every item')
  .addHelpText(
    'after',
    `
Examples:
  npm run import -- ~/notes ~/code/my-project
  npm run import -- --dry-run --verbose ~/notes
  npm run import -- --dry-run --prune ~/notes
  npm run import -- --wait ~/Downloads/chatgpt.zip
  npm run import -- --dry-run ~/Downloads/claude.zip ~/Downloads/slack-export
  npm run import -- ~/.claude/projects ~/.codex/sessions
  npm run import -- repomix-output.xml --name lantern
  npm run import -- --email ann@example.org --visibility workspace ~/handbook ~/Downloads/slack-export

Read are: text, code, HTML, PDF, DOCX; repomix files; exports of ChatGPT, Claude, Slack, Open WebUI, LibreChat, DeepSeek,
Grok, Gemini (Google Takeout) and Discord (DiscordChatExporter); session logs of Claude Code and Codex.
Exports may be the ZIP that was sent, its folder, or a file of it.
Conversations come with branches, attachments, tool calls and feedback; Slack and Discord messages as raw events.
JSON that is none of these, and no source code, is named and not stored.

Running it again brings everything up to date and doubles nothing, also after an interruption. What is gone from a folder or a
checkout is archived then, and comes back with its file.
${exitCodesHelp('something was damaged or refused')} 130 interrupted.`,
  )
  .parse();

await runCommand(async () => {
  process.exitCode = await importCommand(program.args, program.opts<CommandOptions>());
});
