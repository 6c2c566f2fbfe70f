import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type RunnerTestCase, TestRunner } from 'vitest';
import type { Database } from '../../lib/database.ts';

export interface TestUser {
  id: string;
  workspaceId: string;
  token: string;
  memberRole: string;
}

export const PASSWORD = 'correct horse battery';

/** Registers as a visitor does, through the API's login. */
export async function registerUser(database: Database, email: string): Promise<TestUser> {
  return asVisitor(database, async (client) => {
    const { rows } = await client.query('select * from app_public.register($1, $2)', [email, PASSWORD]);
    return {
      id: rows[0].user_id,
      workspaceId: rows[0].workspace_id,
      token: rows[0].token,
      memberRole: 'owner',
    };
  });
}

async function inRequest<T>(
  database: Database,
  settings: Record<string, string>,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.pool('authenticator').connect();
  try {
    // in one round trip: the suite makes tens of thousands of requests
    const set = Object.entries(settings).map(
      ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
    );
    await client.query(`begin; select ${set.join(', ')}`);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** Runs statements as the API runs a request without a token. */
export function asVisitor<T>(database: Database, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return inRequest(database, { role: 'colloquy_visitor' }, work);
}

/** Runs statements as the API runs a request of a signed-in user. */
export function asUser<T>(
  database: Database,
  user: TestUser,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return inRequest(
    database,
    {
      role: 'colloquy_user',
      'colloquy.user_id': user.id,
      'colloquy.workspace_id': user.workspaceId,
      'colloquy.member_role': user.memberRole,
      'colloquy.signed_in_at': new Date().toISOString(),
    },
    work,
  );
}

/** Runs statements as any role, with the claims given: for what the API would never do. */
export function asRole<T>(
  database: Database,
  role: string,
  claims: {
    userId?: string;
    workspaceId?: string;
    memberRole?: string;
    sessionId?: string;
    scopes?: string;
    /** Empty: not stated. */
    signedInAt?: string;
  },
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return inRequest(
    database,
    {
      role,
      'colloquy.user_id': claims.userId ?? '',
      'colloquy.workspace_id': claims.workspaceId ?? '',
      'colloquy.member_role': claims.memberRole ?? '',
      'colloquy.session_id': claims.sessionId ?? '',
      'colloquy.signed_in_at': claims.signedInAt ?? new Date().toISOString(),
      'colloquy.scopes': claims.scopes ?? '',
    },
    work,
  );
}

/** Waits for a condition until shortly before the limit of the test, so that a failure names the line that waited. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const test = TestRunner.getCurrentTest<RunnerTestCase | undefined>();
  const started = test?.result?.startTime ?? Date.now();
  const limit = (test?.timeout ?? 60_000) * 0.9;
  while (!(await condition())) {
    if (Date.now() - started > limit) throw new Error(`The condition did not come true in ${limit} ms.`);
    await delay(50);
  }
}
