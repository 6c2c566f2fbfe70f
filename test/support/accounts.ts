/** Newcomers, teams and requests by token: what tests of accounts and membership share. */
import pg, { type QueryResult } from 'pg';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { createTestDatabase } from './server.ts';
import { createWorkspace, join } from './tenants.ts';
import { asRole, asUser, asVisitor, registerUser, type TestUser, until } from './users.ts';

export const NOWHERE = '01890000-0000-7000-8000-000000000000';

export let database: Database;
let count = 0;
export async function setScene(): Promise<void> {
  database = serverDatabase((await createTestDatabase()).url);
}
export async function endScene(): Promise<void> {
  await database?.close();
}
export const owner = () => database.pool('owner');
export const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
export const newcomer = (name = 'user') => registerUser(database, `${name}${++count}@example.org`);
export const emailOf = async (user: TestUser): Promise<string> =>
  (await one('select email from app_public.users where id = $1', user.id)).email;
export const call = async (user: TestUser, sql: string, ...values: unknown[]): Promise<QueryResult['rows']> =>
  (await asUser(database, user, (client) => client.query(sql, values))).rows;
export const visit = async (sql: string, ...values: unknown[]): Promise<QueryResult['rows']> =>
  (await asVisitor(database, (client) => client.query(sql, values))).rows;
export const code = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => 'allowed',
    (error) => errorCode(error),
  );
export const authenticate = async (token: string, workspace: string | null = null) =>
  (
    await database
      .pool('authenticator')
      .query('select * from app_hidden.authenticate($1, $2)', [token, workspace])
  ).rows[0];
/** Runs one statement as the API runs a request with a token. */
export const request = async (
  token: string,
  sql: string,
  ...values: unknown[]
): Promise<QueryResult['rows']> => {
  const claims = await authenticate(token);
  if (!claims) throw new Error('refused');
  return asRole(
    database,
    claims.database_role,
    {
      userId: claims.user_id,
      workspaceId: claims.workspace,
      memberRole: claims.member_role,
      sessionId: claims.session_id,
      scopes: claims.scopes?.join(','),
    },
    async (client) => (await client.query(sql, values)).rows,
  );
};
/** Lets the job that delivers mail answer what visitors asked for by mail. */
export const answerRequests = async (): Promise<number> =>
  (await database.pool('worker').query('select app_hidden.answer_account_requests() as n')).rows[0].n;
/** As `visit`, from an address and with a client of one's own. */
export const visitFrom = async (
  place: { ip: string; client?: string },
  sql: string,
  ...values: unknown[]
): Promise<QueryResult['rows']> =>
  asVisitor(database, async (client) => {
    await client.query(
      `select set_config('colloquy.client_ip', $1, true), set_config('colloquy.user_agent', $2, true)`,
      [place.ip, place.client ?? ''],
    );
    return (await client.query(sql, values)).rows;
  });
export const lastToken = async (recipient: string): Promise<string> => {
  const mail = await one(
    `select coalesce(data ->> 'token', substring(body from 'Token: (\\S+)')) as token from app_private.mail_outbox where recipient = $1 order by id desc limit 1`,
    recipient,
  );
  return mail.token;
};
/** As if a day had gone by since the last mails. */
export const forgetMails = () =>
  owner().query(`update app_private.mail_outbox set not_before = not_before - interval '1 day'`);
export const audit = async (workspaceId: string) =>
  (
    await owner().query('select * from app_public.audit_logs where workspace_id = $1 order by id', [
      workspaceId,
    ])
  ).rows;
/** A shared workspace with somebody of each role. */
export async function team() {
  const id = await createWorkspace(database, `Team ${++count}`);
  return {
    id,
    owner: await join(database, await newcomer('owner'), id, 'owner'),
    admin: await join(database, await newcomer('admin'), id, 'admin'),
    member: await join(database, await newcomer('member'), id, 'member'),
    viewer: await join(database, await newcomer('viewer'), id, 'viewer'),
  };
}
export const roleOf = async (workspace: string, user: TestUser) =>
  (
    await one(
      'select role from app_public.workspace_members where workspace_id = $1 and user_id = $2',
      workspace,
      user.id,
    )
  )?.role;
/** The same statement by two requests at once: the second begins while the first holds what it locked. */
export async function race(
  first: [TestUser | undefined, string, unknown[]],
  second: [TestUser | undefined, string, unknown[]],
): Promise<(string | undefined)[]> {
  const clients = [first, second].map(
    () => new pg.Client({ connectionString: database.url('authenticator') }),
  );
  const begin = async (client: pg.Client, user: TestUser | undefined) => {
    await client.connect();
    await client.query('begin');
    await client.query(
      `select set_config('role', $1, true), set_config('colloquy.user_id', $2, true),
         set_config('colloquy.workspace_id', $3, true), set_config('colloquy.member_role', $4, true),
         set_config('colloquy.signed_in_at', now()::text, true)`,
      [
        user ? 'colloquy_user' : 'colloquy_visitor',
        user?.id ?? '',
        user?.workspaceId ?? '',
        user?.memberRole ?? '',
      ],
    );
  };
  const [a, b] = clients as [pg.Client, pg.Client];
  try {
    await begin(a, first[0]);
    await begin(b, second[0]);
    const { rows } = await b.query('select pg_backend_pid() as pid');
    await a.query(first[1], first[2]);
    const other = code(b.query(second[1], second[2]).then(() => b.query('commit')));
    await until(
      async () =>
        (await one('select cardinality(pg_blocking_pids($1)) > 0 as waits', rows[0].pid)).waits === true,
    );
    return [await code(a.query('commit')), await other];
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}
