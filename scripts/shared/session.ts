import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { isConnectionLost } from '../../lib/connections/failures.ts';
import type { Database } from '../../lib/database.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';

/** What proves who somebody is. `from` names where it was found, for the message when it does not fit. */
export type Credentials = { token: string } | { email: string; password: string; from: string };

/** Somebody who is signed in. Everything happens as the API does it: with this person's rights and no more. */
export interface Session {
  /** The bearer token, for clients of the API. */
  token: string;
  workspaceId: string;
  /** Runs statements in one transaction, again when others were in the way. */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
  /** Signs out, when it was signed in here. */
  end(): Promise<void>;
}

interface Claims {
  user_id: string;
  session_id: string | null;
  workspace: string | null;
  member_role: string;
  database_role: string;
  scopes: string[] | null;
}

/** Serialisation failure, deadlock, lock timeout: somebody else was there first. */
const BUSY = new Set(['40001', '40P01', '55P03']);
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 100;

/** Has a connection to itself. */
async function withClient<T>(database: Database, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await database.pool('authenticator').connect();
  let lost = false;
  try {
    return await work(client);
  } catch (error) {
    lost = isConnectionLost(error);
    throw error;
  } finally {
    client.release(lost);
  }
}

async function inTransaction<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // A lost connection has nothing left to roll back; the error that counts is the first.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function signIn(
  database: Database,
  { email, password, from }: Exclude<Credentials, { token: string }>,
): Promise<string> {
  const outcome = await withClient(database, (client) =>
    inTransaction(client, async () => {
      await client.query(
        `select set_config('role', 'colloquy_visitor', true), set_config('colloquy.user_agent', 'colloquy command', true)`,
      );
      const { rows } = await client.query<{ token: string | null; challenge: string | null }>(
        'select token, challenge from app_public.sign_in(email => $1, password => $2)',
        [email, password],
      );
      return rows[0];
    }),
  );
  if (outcome?.token) return outcome.token;
  if (outcome?.challenge) {
    throw new ColloquyError('CQ140', `A second factor is needed (${email}).`, {
      hint: 'Sign in with the API (signIn, confirmSignIn), and give the token or an API key instead of a password.',
    });
  }
  const isFile = from !== 'given' && from !== 'typed';
  throw new ColloquyError('CQ102', `The e-mail address or the password is wrong (${email}).`, {
    hint: isFile
      ? `Both come from ${from}; the password was changed since, or the file belongs to another database. Use --email.`
      : 'Correct it and try again.',
  });
}

/**
 * Signs in and says which workspace it is.
 * @param workspace null: the personal one
 * @throws ColloquyError CQ101 for a token that does not work, CQ102 for a wrong password, CQ140 where it is not enough; errors of the database,
 *   CQ103, CQ107 and CQ108, as they are
 */
export async function openSession(
  database: Database,
  credentials: Credentials,
  workspace: string | null = null,
): Promise<Session> {
  const isOurs = !('token' in credentials);
  const token = 'token' in credentials ? credentials.token : await signIn(database, credentials);

  // Before each transaction and outside of it, as the API does: a session that was ended elsewhere ends here too.
  const authenticate = async (client: PoolClient): Promise<Claims> => {
    const { rows } = await client.query<Claims>(
      'select * from app_hidden.authenticate(token => $1, workspace_id => $2)',
      [token, workspace],
    );
    if (rows[0]) return rows[0];
    throw new ColloquyError('CQ101', 'The token is not valid: it is unknown, expired or signed out.', {
      hint: 'Sign in again, or use --email.',
    });
  };
  const once = <T>(work: (client: PoolClient) => Promise<T>): Promise<T> =>
    withClient(database, async (client) => {
      const claims = await authenticate(client);
      return inTransaction(client, async () => {
        await client.query(
          `select set_config('role', $1, true), set_config('colloquy.user_id', $2, true),
             set_config('colloquy.workspace_id', $3, true), set_config('colloquy.session_id', $4, true),
             set_config('colloquy.member_role', $5, true), set_config('colloquy.scopes', $6, true), set_config('lock_timeout', '30s', true)`,
          [
            claims.database_role,
            claims.user_id,
            claims.workspace,
            claims.session_id ?? '',
            claims.member_role,
            claims.scopes?.join(',') ?? '',
          ],
        );
        return work(client);
      });
    });
  const transaction = async <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(work);
      } catch (error) {
        if (attempt === ATTEMPTS || !BUSY.has(errorCode(error) ?? '')) throw error;
        // Not all at the same moment again.
        await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
      }
    }
  };

  const { workspace: workspaceId } = await withClient(database, authenticate);
  if (workspaceId === null) {
    throw new ColloquyError('CQ107', 'This account is a member of no workspace.', {
      hint: 'Have an owner of a workspace add it.',
    });
  }
  return {
    token,
    workspaceId,
    transaction,
    async end() {
      if (isOurs) await transaction((client) => client.query('select app_public.sign_out()'));
    },
  };
}
