import { join } from 'node:path';
import { Option } from 'commander';
import { exitCodesHelp, makeCommand, print, runCommand, say, table, UsageError } from '../lib/cli.ts';
import { LOGINS, type LoginRole } from '../lib/database/login.ts';
import { checkServer, openDatabase } from '../lib/database.ts';
import { env } from '../lib/env.ts';
import { prepareRoles } from '../lib/migrations.ts';
import { readLogin, writeUserlist } from './logins/file.ts';
import { type Login, makeLogins } from './logins/make.ts';

interface Options {
  folder: string;
  role: LoginRole[];
  rotate?: boolean;
  userlist?: string;
  dryRun?: boolean;
  json?: boolean;
}

const ROLES = Object.keys(LOGINS) as LoginRole[];

/** Roles whose login the environment names are the business of whoever set it. */
const given = new Set(ROLES.filter((role) => env[LOGINS[role].variable] !== undefined));

function describe(logins: Login[], dryRun: boolean): string {
  const words: Record<Login['state'], string> = {
    made: dryRun ? 'would get a password' : 'made',
    kept: 'has the password of its file',
    given: 'left alone: the environment names its login',
    absent: 'there is no such role: only a superuser makes it',
  };
  return table(logins.map(({ name, state, file }) => [name, words[state], file ?? '']));
}

const program = makeCommand(
  'npm run logins --',
  'Makes a login for each role, with a password of its own: no process then needs the administrator’s.',
)
  .option('--folder <folder>', 'where ROLE/login.env is written', join(env.DATA_DIR, 'logins'))
  .addOption(new Option('--role <role...>', 'these only').choices(ROLES).default(ROLES, 'all'))
  .option('--rotate', 'give new passwords, also to logins that have one')
  .option('--userlist <file>', 'also write the auth_file of PgBouncer, for the API and the worker')
  .option('--dry-run', 'say what would be done')
  .option('--json', 'the answer as JSON')
  .allowExcessArguments(false)
  .addHelpText(
    'after',
    `
DATABASE_URL is the administrator's. Passwords are written and never printed; a second run changes nothing.

Examples:
  npm run logins
  node --env-file=data/logins/authenticator/login.env scripts/start.ts --api-only
  npm run logins -- --rotate --role worker     then restart the workers
${exitCodesHelp()}`,
  )
  .action(async (options: Options) => {
    const { folder, rotate = false, dryRun = false } = options;
    if (!env.DATABASE_URL) {
      throw new UsageError('CQ049', 'The embedded database has no logins to make.', {
        hint: 'Set DATABASE_URL to an administrator’s login on a server.',
      });
    }
    const database = await openDatabase();
    try {
      await checkServer(database);
      if (!dryRun) await prepareRoles(database);
      const logins = await makeLogins(database, { folder, roles: options.role, rotate, dryRun, given });
      print(options.json ? JSON.stringify(logins) : describe(logins, dryRun));
      if (options.userlist && !dryRun) {
        const pooled = (['authenticator', 'worker'] as const).map(
          (role) => readLogin(folder, role) ?? (given.has(role) ? env[LOGINS[role].variable] : undefined),
        );
        writeUserlist(
          options.userlist,
          pooled.filter((url) => url !== undefined),
        );
        say(`${options.userlist} written.`);
      }
    } finally {
      await database.close();
    }
  });

await runCommand(() => program.parseAsync());
