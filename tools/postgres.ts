import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { exitCodesHelp, FINDINGS, makeCommand, print, runCommand, say } from '../lib/cli.ts';
import type { StopMode } from '../operations/postmaster.ts';
import { findBinaries } from './postgres/acquire.ts';
import { installedBinaries } from './postgres/binaries.ts';
import { withoutPassword } from './postgres/check.ts';
import {
  developmentDir,
  developmentServer,
  developmentState,
  startDevelopment,
  stopDevelopment,
} from './postgres/development.ts';
import { packagedPostgres } from './postgres/packages.ts';

/** JSON when it was asked for, else the sentence. */
function answer(json: boolean | undefined, value: unknown, sentence: string): void {
  print(json ? JSON.stringify(value) : sentence);
}

function toPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new InvalidArgumentError('A port is 1 to 65535.');
  return port;
}

function toSetting(text: string, previous: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as name=value.');
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}

interface Options {
  dir?: string;
  json?: boolean;
  port?: number;
  set?: Record<string, string>;
  force?: boolean;
  mode?: StopMode;
  socket?: boolean;
}

const program = makeCommand(
  'npm run postgres --',
  'A real PostgreSQL 18 with pgvector for development: found on this machine, or unpacked privately.',
)
  .enablePositionalOptions()
  .addHelpText('after', exitCodesHelp('not running (status)'));

const dir = () => new Option('--dir <folder>', "the server's folder (default: DATA_DIR/server)");
const json = () => new Option('--json', 'the answer as JSON');
const folder = async (options: Options): Promise<string> => options.dir ?? developmentDir();

program
  .command('install')
  .description(
    "have the binaries at hand: this machine's own, else Debian's packages unpacked into the cache",
  )
  .option('--force', 'unpack the packages, whatever is there')
  .addOption(json())
  .action(async (options: Options) => {
    const binaries = options.force
      ? await packagedPostgres({ force: true, say })
      : ((await installedBinaries()) ?? (await packagedPostgres({ say })));
    answer(options.json, binaries, `PostgreSQL ${binaries.version} with pgvector is in ${binaries.bin}`);
  });

program
  .command('start')
  .description('start the server; the first time, make it')
  .addOption(dir())
  .option('--port <number>', 'listen there (default: the last port, else a free one)', toPort)
  .option('--set <name=value>', 'a setting for this start; may be repeated', toSetting)
  .addOption(json())
  .action(async (options: Options) => {
    const { server, started } = await startDevelopment(await folder(options), {
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.set ? { settings: options.set } : {}),
      say,
    });
    answer(
      options.json,
      { started, dir: server.cluster.dir, pid: server.pid, port: server.port },
      `PostgreSQL ${started ? 'started' : 'runs already'} on 127.0.0.1:${server.port} in ${server.cluster.dir}
  its URL, with the password: npm run --silent postgres -- url`,
    );
  });

program
  .command('stop')
  .description('stop the server; its data stays')
  .addOption(dir())
  .addOption(
    new Option('--mode <mode>', 'where to begin: wait for clients, end them, or stop at once')
      .choices(['smart', 'fast', 'immediate'])
      .default('fast'),
  )
  .addOption(json())
  .action(async (options: Options) => {
    const where = await folder(options);
    const how = await stopDevelopment(where, options.mode ?? 'fast');
    answer(
      options.json,
      { dir: where, how },
      how === 'not running' ? `Nothing runs in ${where}` : `Stopped (${how})`,
    );
  });

program
  .command('status')
  .description('say whether the server runs, and where')
  .addOption(dir())
  .addOption(json())
  .action(async (options: Options) => {
    const where = await folder(options);
    const { cluster, server } = await developmentState(where);
    const state = { dir: where, made: cluster !== undefined, running: server !== undefined };
    if (server) {
      const detail = { pid: server.pid, port: server.port, url: withoutPassword(server.url) };
      answer(options.json, { ...state, ...detail }, `Runs: ${detail.url} (process ${server.pid}, ${where})`);
    } else {
      answer(options.json, state, `Does not run${cluster ? '' : ', and was never made'} (${where})`);
      process.exitCode = FINDINGS;
    }
  });

program
  .command('url')
  .description("print the administrator's URL, with the password")
  .addOption(dir())
  .option('--socket', 'over the private socket, which needs no password')
  .addOption(json())
  .action(async (options: Options) => {
    const server = await developmentServer(await folder(options));
    const url = options.socket ? server.socketUrl : server.url;
    answer(options.json, { url }, url);
  });

program
  .command('psql')
  .description('psql as the administrator; whatever follows is handed to it')
  .addOption(dir())
  .argument('[arguments...]', "psql's own: -c 'select 1', -f file.sql, a database")
  .passThroughOptions()
  .allowUnknownOption()
  .action(async (rest: string[], options: Options) => {
    const server = await developmentServer(await folder(options));
    const { bin } = await findBinaries(say);
    const socket = new URL(server.socketUrl.replace('@/', '@localhost/')).searchParams.get('host') ?? '';
    const child = spawn(
      join(bin, 'psql'),
      ['-h', socket, '-p', String(server.port), '-U', 'postgres', ...rest],
      {
        stdio: 'inherit',
      },
    );
    // Ctrl-C cancels a statement in psql; it must not end the process that psql hangs on.
    process.on('SIGINT', () => {});
    process.exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? FINDINGS));
    });
  });

await runCommand(() => program.parseAsync());
