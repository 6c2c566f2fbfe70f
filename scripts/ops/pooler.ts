import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { FINDINGS, print, table, UsageError } from '../../lib/cli.ts';
import { addressesOf, shownAddress } from '../../lib/connections/addresses.ts';
import { env } from '../../lib/env.ts';
import { checkPooler, type PoolerCheck } from '../../operations/pooler/check.ts';
import { pgbouncerIni, ROUTES } from '../../operations/pooler/config.ts';
import { readLogin, writeSecret, writeUserlist } from '../logins/file.ts';

interface Options {
  to: string;
  logins: string;
  listen: string;
  port: number;
  poolSize: number;
  clients: number;
  check?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

function whole(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('A whole number from 1.');
  return Number(value);
}

function demandServer(): string {
  const url = env.DATABASE_URL;
  if (!url)
    throw new UsageError('CQ678', 'The embedded database needs no pooler.', {
      hint: 'Set DATABASE_URL to the server.',
    });
  if (addressesOf(url).length > 1)
    throw new UsageError(
      'CQ678',
      `A PgBouncer stands before one server, and DATABASE_URL names several: ${shownAddress(url)}.`,
      {
        hint: 'Write one for each server, with DATABASE_URL of that one; AUTHENTICATOR_DATABASE_URL then names all poolers.',
      },
    );
  return url;
}

function write(options: Options): void {
  const serverUrl = demandServer();
  const logins = (['authenticator', 'worker'] as const).map((role) => readLogin(options.logins, role));
  if (!logins[0] || !logins[1])
    throw new UsageError('CQ678', `There are no logins of the API and the worker in ${options.logins}.`, {
      hint: 'Make them first: npm run logins. Or name their folder: --logins FOLDER.',
    });
  const through = logins as string[];
  const ini = pgbouncerIni({ ...options, serverUrl, logins: through, folder: options.to });
  const files = ['pgbouncer.ini', 'userlist.txt'].map((name) => join(options.to, name));
  if (!options.dryRun) {
    mkdirSync(options.to, { recursive: true, mode: 0o700 });
    writeSecret(files[0]!, ini);
    writeUserlist(files[1]!, through);
  }
  const address = `postgres://colloquy_authenticator:…@${options.listen}:${options.port}${new URL(through[0]!).pathname}`;
  if (options.json)
    print(
      JSON.stringify({
        files,
        address,
        routes: ROUTES.map(([variable, way, why]) => ({ variable, way, why })),
      }),
    );
  else
    print(
      [
        options.dryRun
          ? ini
          : `${files.join(' and ')} written: readable by this user alone, who starts it: pgbouncer -d ${files[0]}`,
        `Then AUTHENTICATOR_DATABASE_URL=${address}`,
        '',
        table([['variable', 'leads to', 'why'], ...ROUTES.map((route) => [...route])]),
      ].join('\n'),
    );
}

function describe({ version, settings, probes, leaks, findings }: PoolerCheck): string {
  const rows = Object.entries(settings).map(([name, value]) => [name, value]);
  return [
    version,
    table(rows),
    `${probes} transactions set and looked for claims; ${leaks} saw those of another.`,
    ...findings,
  ].join('\n');
}

async function check(json: boolean): Promise<void> {
  if (!env.AUTHENTICATOR_DATABASE_URL)
    throw new UsageError('CQ678', 'AUTHENTICATOR_DATABASE_URL is not set.', {
      hint: 'Set it to the login of the API with the address of PgBouncer.',
    });
  const found = await checkPooler(env.AUTHENTICATOR_DATABASE_URL);
  print(json ? JSON.stringify(found) : describe(found));
  if (found.findings.length > 0) process.exitCode = FINDINGS;
}

/** PgBouncer before the database. */
export function addPooler(ops: Command): void {
  const group = ops
    .command('pooler')
    .description('PgBouncer before the database: its files, and whether one that runs is right');
  group
    .command('config')
    .description('writes pgbouncer.ini and userlist.txt for transaction mode, and says who goes through it')
    .option('--to <folder>', 'where the files are written', join(env.DATA_DIR, 'pgbouncer'))
    .option('--logins <folder>', 'where npm run logins wrote', join(env.DATA_DIR, 'logins'))
    .option('--listen <address>', 'where PgBouncer listens', '127.0.0.1')
    .option('--port <number>', 'its port', whole, 6432)
    .option('--pool-size <number>', 'connections to the server per login', whole, 20)
    .option('--clients <number>', 'connections of clients at most', whole, 1000)
    .option('--check', 'write nothing; look at the PgBouncer of AUTHENTICATOR_DATABASE_URL, and try it')
    .option('--dry-run', 'show what would be written, without passwords')
    .option('--json', 'the answer as JSON')
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- pooler config --to /etc/pgbouncer
  AUTHENTICATOR_DATABASE_URL=postgres://colloquy_authenticator:…@127.0.0.1:6432/colloquy npm run ops -- pooler config --check

Exit codes: 0 fine; 1 findings; 2 could not, wrong usage included.`,
    )
    .action((options: Options) => (options.check ? check(options.json ?? false) : write(options)));
}
