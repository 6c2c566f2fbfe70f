import type { IncomingMessage } from 'node:http';
import type { Pool } from 'pg';
import { errorCode } from '../lib/errors.ts';
import { ApiError } from './errors.ts';
import { LOCK_TIMEOUT, STATEMENT_TIMEOUT } from './limits.ts';

/** Settings of a request's transactions: the role, and the claims that functions/auth/claims.sql reads. */
export type Settings = Record<string, string>;

type Member = {
  user_id: string;
  /** Null for an API key. */
  session_id: string | null;
  workspace: string | null;
  member_role: string | null;
  database_role: string;
  /** What an API key is held to; null for a session. */
  scopes?: string[] | null;
};

/** The role of a request without a token. */
export const VISITOR = 'colloquy_visitor';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TOKEN = /^bearer +([\x21-\x7e]{1,500}) *$/i;
const REQUEST_ROLES = new Set(['colloquy_user', 'colloquy_admin']);

/** An error that ends a request before GraphQL sees it. */
export class AuthenticationError extends ApiError {
  readonly status: 400 | 401 | 403;

  constructor(status: 400 | 401 | 403, code: string, message: string, hint?: string) {
    super(code, message, hint);
    this.status = status;
  }
}

/**
 * Every setting, every time: what is not known is set to nothing, so that no earlier request on the same connection
 * can show through.
 */
export function requestSettings(
  request: { ip?: string | undefined; userAgent?: string | undefined; id?: string | undefined },
  member?: Member,
): Settings {
  const role = member?.database_role ?? VISITOR;
  if (member && !REQUEST_ROLES.has(role)) throw new Error(`${role} is not a role of requests`);
  return {
    role,
    'colloquy.user_id': member?.user_id ?? '',
    'colloquy.workspace_id': member?.workspace ?? '',
    'colloquy.session_id': member?.session_id ?? '',
    'colloquy.member_role': member?.member_role ?? '',
    'colloquy.scopes': member?.scopes?.join(',') ?? '',
    'colloquy.request_id': request.id ?? '',
    'colloquy.client_ip': request.ip ?? '',
    'colloquy.user_agent': request.userAgent ?? '',
    // PostGraphile qualifies every name but those of the extensions' types.
    search_path: 'pg_catalog, extensions, pg_temp',
    statement_timeout: String(STATEMENT_TIMEOUT),
    lock_timeout: String(LOCK_TIMEOUT),
  };
}

/** The address at the other end of the socket, as inet reads it. A header of a proxy is not believed. */
function clientAddress(request: IncomingMessage): string | undefined {
  const address = request.socket.remoteAddress;
  if (!address) return undefined;
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

async function findMember(
  pool: Pool,
  token: string,
  workspaceId: string | undefined,
): Promise<Member | undefined> {
  try {
    const result = await pool.query<Member>('select * from app_hidden.authenticate($1::text, $2::uuid)', [
      token,
      workspaceId ?? null,
    ]);
    return result.rows[0];
  } catch (error) {
    if (errorCode(error) === 'CQ107') {
      const hint = 'List your workspaces, or leave the header out.';
      throw new AuthenticationError(403, 'CQ107', 'You are not a member of this workspace.', hint);
    }
    throw error;
  }
}

/**
 * Who is asking, from the headers `Authorization` and `X-Workspace-Id`, as the database sees it.
 * @param id  of the request, for the audit log
 * @throws AuthenticationError CQ106 for a token that is no good, CQ107 for a workspace that the caller is not in,
 *   CQ200 for a workspace that is no id; whatever the database throws
 */
export async function authenticate(pool: Pool, request: IncomingMessage, id?: string): Promise<Settings> {
  const from = { ip: clientAddress(request), userAgent: header(request, 'user-agent')?.slice(0, 1000), id };
  const workspaceId = header(request, 'x-workspace-id');
  if (workspaceId !== undefined && !UUID.test(workspaceId)) {
    throw new AuthenticationError(
      400,
      'CQ200',
      'X-Workspace-Id is not a UUID.',
      'List your workspaces, or leave it out.',
    );
  }
  const authorization = header(request, 'authorization');
  if (authorization === undefined) return requestSettings(from);
  const token = TOKEN.exec(authorization)?.[1];
  const member = token === undefined ? undefined : await findMember(pool, token, workspaceId);
  if (!member) {
    const hint = 'Sign in again, without the header Authorization.';
    throw new AuthenticationError(401, 'CQ106', 'The token is malformed, unknown or expired.', hint);
  }
  return requestSettings(from, member);
}
