import { Option } from 'commander';
import { exitCodesHelp, makeCommand, print, runCommand, say, table, UsageError } from '../lib/cli.ts';
import { ColloquyError } from '../lib/errors.ts';
import { type Ask, askingAs } from './shared/prepared-database.ts';
import { addLeaving } from './users/leaving.ts';

const program = makeCommand(
  'npm run users --',
  'The accounts of the installation: list, invite, make administrator, switch off, reset, limit, sign out, export, erase.',
).addHelpText(
  'after',
  `
An account is named by its e-mail address, user name or id. Each change is written into the audit log.

Examples:
  npm run users -- list --matching example.org
  npm run users -- invite ada@example.org --name "Ada" --role admin
  npm run users -- reset ada@example.org --print
  npm run users -- export ada@example.org --to ada.tar.gz
  npm run users -- erase ada@example.org --dry-run
${exitCodesHelp()}`,
);

interface Account {
  id: string;
  email: string;
  role: string;
  is_active: boolean;
  is_email_verified: boolean;
  /** Until when somebody who leaves may come back. */
  erase_after?: Date | null;
  last_login_at: Date | null;
  monthly_token_quota: string | null;
  monthly_cost_quota_usd: string | null;
}

/** As the owner of the schema, which needs no account: who has the database is the operator. */
const withOwner = (work: (ask: Ask) => Promise<void>): Promise<void> => askingAs('owner', work);

/** @throws ColloquyError CQ204 */
async function find(ask: Ask, name: string): Promise<Account> {
  const [account] = await ask<Account>(
    'select * from app_public.users u where u.email::text = lower($1) or u.username::text = lower($1) or u.id::text = lower($1)',
    [name],
  );
  if (account) return account;
  throw new ColloquyError('CQ204', `There is no account "${name}".`, {
    hint: 'npm run users -- list shows them all.',
  });
}

const COLUMNS = ['email', 'role', 'state', 'last sign-in', 'tokens a month', 'US$ a month', 'id'];

function row(account: Account): string[] {
  const state = account.erase_after
    ? `leaves ${account.erase_after.toISOString().slice(0, 10)}`
    : account.is_active
      ? account.is_email_verified
        ? 'active'
        : 'not verified'
      : 'switched off';
  return [
    account.email,
    account.role,
    state,
    account.last_login_at?.toISOString().slice(0, 16).replace('T', ' ') ?? 'never',
    account.monthly_token_quota ?? '',
    account.monthly_cost_quota_usd ?? '',
    account.id,
  ];
}

const show = (accounts: Account[]): void => print(table([COLUMNS, ...accounts.map(row)]));

program
  .command('list')
  .description('accounts, the newest first')
  .option('--matching <text>', 'those whose address, user name or display name has it')
  .option('--json', 'one JSON object a line')
  .action(({ matching, json }: { matching?: string; json?: boolean }) =>
    withOwner(async (ask) => {
      const accounts = await ask<Account>(
        `select id, email, role, is_active, is_email_verified, last_login_at, monthly_token_quota, monthly_cost_quota_usd,
           (select p.erase_after from app_hidden.pending_erasures p where p.user_id = a.id and p.step = 'grace')
         from app_public.all_accounts(matching => $1) as a order by id desc`,
        [matching ?? null],
      );
      if (json) for (const account of accounts) print(JSON.stringify(account));
      else if (accounts.length === 0) say('There is no such account.');
      else show(accounts);
    }),
  );

program
  .command('invite <email>')
  .description('make an account, and mail a token to choose its password')
  .option('--name <name>', 'display name')
  .addOption(
    new Option('--role <role>', 'in the whole installation').choices(['user', 'admin']).default('user'),
  )
  .action((email: string, { name, role }: { name?: string; role: string }) =>
    withOwner(async (ask) => {
      show(
        await ask<Account>(
          'select * from app_public.invite_account(email => $1, display_name => $2, role => $3::app_public.user_role)',
          [email, name ?? null, role],
        ),
      );
    }),
  );

program
  .command('role <account> <role>')
  .description('make an administrator of the installation (admin), or an ordinary account (user)')
  .action((name: string, role: string) =>
    withOwner(async (ask) => {
      if (!['user', 'admin'].includes(role))
        throw new UsageError('CQ019', `"${role}" is neither user nor admin.`);
      const { id } = await find(ask, name);
      show(
        await ask<Account>(
          'select * from app_public.set_account_role(account_id => $1, role => $2::app_public.user_role)',
          [id, role],
        ),
      );
    }),
  );

for (const [word, isActive, about] of [
  ['disable', false, 'switch an account off: its sessions end, and its keys and links stop'],
  ['enable', true, 'switch an account on again'],
] as const) {
  program
    .command(`${word} <account>`)
    .description(about)
    .action((name: string) =>
      withOwner(async (ask) => {
        const { id } = await find(ask, name);
        show(
          await ask<Account>(
            'select * from app_public.set_account_active(account_id => $1, is_active => $2)',
            [id, isActive],
          ),
        );
      }),
    );
}

program
  .command('reset <account>')
  .description('mail a token for a new password')
  .option('--print', 'print the token instead, to hand it over by another way')
  .action((name: string, { print: isPrinted }: { print?: boolean }) =>
    withOwner(async (ask) => {
      const { id, email } = await find(ask, name);
      if (!isPrinted) {
        await ask('select app_public.reset_account_password(account_id => $1)', [id]);
        say(`A token for a new password is mailed to ${email}.`);
        return;
      }
      const [made] = await ask<{ token: string }>(
        'select app_private.account_reset_token(account_id => $1) as token',
        [id],
      );
      say('For the mutation resetPassword; it works once. It is shown only here:');
      print(made!.token);
    }),
  );

program
  .command('quota <account>')
  .description('what the account may spend in a month; without an option there is no limit')
  .option('--tokens <number>', 'tokens')
  .option('--cost <usd>', 'US dollars')
  .action((name: string, { tokens, cost }: { tokens?: string; cost?: string }) =>
    withOwner(async (ask) => {
      if (tokens !== undefined && !/^\d{1,15}$/.test(tokens))
        throw new UsageError('CQ019', `"${tokens}" is no number of tokens.`);
      if (cost !== undefined && !/^\d{1,6}(\.\d{1,6})?$/.test(cost))
        throw new UsageError('CQ019', `"${cost}" is no amount of dollars.`);
      const { id } = await find(ask, name);
      show(
        await ask<Account>(
          `select * from app_public.set_account_quota(account_id => $1, monthly_token_quota => $2::bigint,
             monthly_cost_quota_usd => $3::numeric)`,
          [id, tokens ?? null, cost ?? null],
        ),
      );
    }),
  );

program
  .command('sign-out <account>')
  .description('end all sessions of an account')
  .action((name: string) =>
    withOwner(async (ask) => {
      const { id } = await find(ask, name);
      const [row] = await ask<{ ended: number }>(
        'select app_public.end_account_sessions(account_id => $1) as ended',
        [id],
      );
      say(`${row!.ended} sessions ended.`);
    }),
  );

program
  .command('remove-second-factor <account>')
  .description('for a person who lost it: then the password is enough; all sessions end')
  .action((name: string) =>
    withOwner(async (ask) => {
      const { id, email } = await find(ask, name);
      const [row] = await ask<{ removed: boolean }>(
        'select app_public.remove_second_factor_of(account_id => $1) as removed',
        [id],
      );
      say(row!.removed ? `${email} signs in with the password alone.` : `${email} has no second factor.`);
    }),
  );

program
  .command('usage')
  .description('what each workspace holds and used this month, the newest first')
  .option('--json', 'one JSON object a line')
  .action(({ json }: { json?: boolean }) =>
    withOwner(async (ask) => {
      const rows = await ask<Record<string, string | null>>(
        'select * from app_public.installation_usage(max_rows => 1000)',
      );
      if (json) for (const one of rows) print(JSON.stringify(one));
      else if (rows.length > 0) {
        const names = Object.keys(rows[0]!);
        print(
          table([names, ...rows.map((one) => names.map((key) => String(one[key] ?? '')))], { numbers: true }),
        );
      }
    }),
  );

addLeaving(program);

await runCommand(() => program.parseAsync());
