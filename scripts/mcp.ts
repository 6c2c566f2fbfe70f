import { join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { exitCodesHelp, makeCommand, print, runCommand, say } from '../lib/cli.ts';
import { env } from '../lib/env.ts';
import { projectFolder } from '../lib/migrations/committed.ts';
import { rememberSecrets } from '../lib/secrets.ts';
import { demandApi, relay } from '../mcp/relay.ts';
import { findToken } from './mcp/token.ts';
import { stoppable } from './shared/stoppable.ts';
import { toWorkspace } from './shared/workspace-option.ts';

interface Options {
  url?: string;
  workspace?: string;
  tokenFile?: string;
  data: string;
  printConfig?: boolean;
}

/** Where npm start listens, with these settings. */
function ownUrl(): string {
  const isAny = ['0.0.0.0', '::'].includes(env.HOST);
  const host = isAny ? '127.0.0.1' : env.HOST.includes(':') ? `[${env.HOST}]` : env.HOST;
  return `http://${host}:${env.PORT}`;
}

function toUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('Write it as https://colloquy.example.org.');
  if (url.username || url.password) throw new InvalidArgumentError('An address holds no password.');
  return url.origin;
}

/** What clients that start servers themselves have in their settings. It names the runtime: another Node may be too old. */
function printConfig(options: Options): void {
  const args = [join(projectFolder, 'scripts', 'mcp.ts')];
  if (options.url) args.push('--url', options.url);
  if (options.workspace) args.push('--workspace', options.workspace);
  args.push(...(options.tokenFile ? ['--token-file', resolve(options.tokenFile)] : []));
  const token = options.tokenFile ? {} : { env: { COLLOQUY_TOKEN: 'cqk_…' } };
  const colloquy = { command: process.execPath, args, ...token };
  print(JSON.stringify({ mcpServers: { colloquy } }, null, 2));
}

async function run(options: Options): Promise<void> {
  if (options.printConfig) return printConfig(options);
  const url = options.url ?? ownUrl();
  const token = await findToken({ ...options, isOwn: options.url === undefined });
  rememberSecrets([token]);
  const given = {
    url,
    token,
    workspaceId: options.workspace,
    input: process.stdin,
    output: process.stdout,
    say,
  };
  await stoppable(async (signal) => {
    await demandApi(given);
    await relay(given, signal);
  });
  // stdin of a client that has not gone would keep the process
  process.stdin.destroy();
}

const program = makeCommand(
  'npm run --silent mcp --',
  'Gives an agent the knowledge and the memory of a workspace: the Model Context Protocol over stdin and stdout.',
)
  .option('--url <address>', `the API (default: where npm start listens, ${ownUrl()})`, toUrl)
  .option('--workspace <id>', 'the workspace (default: that of the key, or your personal one)', toWorkspace)
  .option('--token-file <file>', 'where the API key or token is; else COLLOQUY_TOKEN')
  .option(
    '--data <folder>',
    'the data folder of npm start, which keeps a token for this machine',
    env.DATA_DIR,
  )
  .option('--print-config', 'print what clients need in their settings, and end')
  .addHelpText(
    'after',
    `
The API must be running; it answers everything. Clients that speak HTTP need no process of their own: they call /mcp.
Standard output carries the protocol and nothing else. It ends when the client closes standard input, and with SIGTERM.

Examples:
  npm run --silent mcp -- --print-config
  npm run --silent mcp                                        beside npm start, as its first account
  COLLOQUY_TOKEN=cqk_… npm run --silent mcp -- --url https://colloquy.example.org
${exitCodesHelp()}`,
  )
  .action(run);

await runCommand(() => program.parseAsync());
