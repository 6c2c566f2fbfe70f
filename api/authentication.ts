import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Pool, PoolClient, QueryConfig } from 'pg';
import { isConnectionLost } from '../lib/connections/failures.ts';
import { isPooled } from '../lib/database/login.ts';
import { errorCode } from '../lib/errors.ts';
import { isUuid } from '../lib/uuid.ts';
import { clientAddress } from './client-address.ts';
import { ApiError } from './errors.ts';
import { requestIds } from './http/request-ids.ts';
import { type Identity, looksLikeJwt, type VerifyIdentity } from './identity-provider.ts';
import { IDLE_TIMEOUT, LOCK_TIMEOUT, STATEMENT_TIMEOUT } from './limits/values.ts';
import { ProviderUnavailable } from './provider-tokens.ts';
import { POSITION, type Position } from './standby-reads.ts';

/** Settings of a request's transactions: the role, and the claims that current_user_id() and its like in functions/auth/ read. */
export type Settings = Record<string, string>;

type Member = {
  user_id: string;
  /** Null for an API key, and for a token of an identity provider. */
  session_id: string | null;
  workspace: string | null;
  member_role: string | null;
  database_role: string;
  /** What an API key is held to; null for a session. */
  scopes?: string[] | null;
  /** Which one, for the audit log. */
  api_key_id?: string | null;
  /** Of a token of an identity provider; null for everything else. */
  identity_id?: string | null;
  /** When the identity provider saw the person; a session remembers it itself. */
  signed_in_at?: Date | null;
  /** Where it was asked for. */
  position?: Position | null;
};

/** Where a request comes from. */
interface RequestOrigin {
  ip?: string | undefined;
  userAgent?: string | undefined;
  id?: string | undefined;
  /** What the client calls it. */
  clientId?: string | undefined;
}

/** The role of a request without a token. */
export const VISITOR = 'colloquy_visitor';

const TOKEN = /^bearer +([\x21-\x7e]{1,8192}) *$/i;
/** A token of our own: of a session, or an API key. Only its hash is sent to the database, whose log may show what is. */
const OWN_TOKEN = /^cq(s(?=_[0-9a-f]{64}$)|k(?=_[0-9a-f]{8}_[0-9a-f]{64}$))/;
/** Milliseconds after which the failure of a first attempt leaves no time for a second. */
const AGAIN_WITHIN = 10_000;
const REQUEST_ROLES = new Set(['colloquy_user', 'colloquy_admin']);

/** An error that ends a request before GraphQL sees it. */
export class AuthenticationError extends ApiError {
  readonly status: 400 | 401 | 403 | 503;

  constructor(status: 400 | 401 | 403 | 503, code: string, message: string, hint?: string) {
    super(code, message, hint);
    this.status = status;
  }
}

/**
 * Every setting, every time: what is not known is set to nothing, so that no earlier request on the same connection
 * can show through.
 */
export function requestSettings(request: RequestOrigin, member?: Member): Settings {
  const role = member?.database_role ?? VISITOR;
  if (member && !REQUEST_ROLES.has(role)) throw new Error(`${role} is not a role of requests`);
  return {
    role,
    'colloquy.user_id': member?.user_id ?? '',
    'colloquy.workspace_id': member?.workspace ?? '',
    'colloquy.session_id': member?.session_id ?? '',
    'colloquy.signed_in_at': member?.signed_in_at?.toISOString() ?? '',
    'colloquy.member_role': member?.member_role ?? '',
    'colloquy.scopes': member?.scopes?.join(',') ?? '',
    'colloquy.api_key_id': member?.api_key_id ?? '',
    'colloquy.identity_id': member?.identity_id ?? '',
    'colloquy.request_id': request.id ?? '',
    'colloquy.client_request_id': request.clientId ?? '',
    'colloquy.client_ip': request.ip ?? '',
    'colloquy.user_agent': request.userAgent ?? '',
    // PostGraphile qualifies every name but those of the extensions' types.
    search_path: 'pg_catalog, extensions, pg_temp',
    statement_timeout: String(STATEMENT_TIMEOUT),
    lock_timeout: String(LOCK_TIMEOUT),
    idle_in_transaction_session_timeout: String(IDLE_TIMEOUT),
  };
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** Refusals of the database that are no fault of the token. */
const REFUSALS = new Set(['CQ107', 'CQ108', 'CQ119', 'CQ131', 'CQ132', 'CQ133', 'CQ134', 'CQ141']);

/** How a token is looked up: with what is asked for besides, and what is done with the connection. */
interface Looking {
  and: string;
  hold: ((client: PoolClient) => void) | undefined;
}

async function findMember(
  pool: Pool,
  { name, text, values }: Required<Pick<QueryConfig, 'name' | 'text' | 'values'>>,
  hold: ((client: PoolClient) => void) | undefined,
): Promise<Member | undefined> {
  const ask = async (): Promise<Member | undefined> => {
    const client = await pool.connect();
    let isLost = false;
    let isHeld = false;
    try {
      const named = isPooled(client) ? {} : { name };
      // outside of a transaction, so without the time limit of its settings
      const query = { ...named, text, values, query_timeout: STATEMENT_TIMEOUT };
      const member = (await client.query<Member>(query)).rows[0];
      if (member && hold) {
        isHeld = true;
        hold(client);
      }
      return member;
    } catch (error) {
      isLost = isConnectionLost(error);
      throw error;
    } finally {
      if (!isHeld) client.release(isLost);
    }
  };
  const start = Date.now();
  try {
    // asked again, once, when the connection was broken already; who somebody is does not change by asking
    return await ask().catch((error: unknown) => {
      if (isConnectionLost(error) && Date.now() - start < AGAIN_WITHIN) return ask();
      throw error;
    });
  } catch (error) {
    const code = errorCode(error);
    if (!(error instanceof Error) || code === undefined || !REFUSALS.has(code)) throw error;
    const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
    throw new AuthenticationError(403, code, error.message, hint);
  }
}

async function memberOfIdentity(
  pool: Pool,
  identity: Identity,
  from: RequestOrigin,
  workspaceId: string | undefined,
  { and, hold }: Looking,
): Promise<Member | undefined> {
  const { issuer, subject, sessionId, email, isEmailVerified, displayName, signedInAt, issuedAt } = identity;
  const member = await findMember(
    pool,
    {
      name: `authenticate identity${and && ' at'}`,
      text: `select m.*${and} from app_hidden.authenticate_identity(issuer => $1::text, subject => $2::text, email => $3::text,
       is_email_verified => $4::boolean, display_name => $5::text, signed_in_at => $6::timestamptz,
       issued_at => $7::timestamptz, workspace_id => $8::uuid, client_ip => $9::inet, request_id => $10::text,
       client_request_id => $11::text, provider_session => $12::text) as m`,
      values: [
        issuer,
        subject,
        email,
        isEmailVerified,
        displayName,
        signedInAt,
        issuedAt,
        workspaceId,
        from.ip,
        from.id,
        from.clientId,
        sessionId,
      ],
    },
    hold,
  );
  return member && { ...member, signed_in_at: signedInAt };
}

async function memberOfToken(
  pool: Pool,
  token: string,
  from: RequestOrigin,
  workspaceId: string | undefined,
  verifyIdentity: VerifyIdentity | undefined,
  looking: Looking,
): Promise<Member | undefined> {
  if (verifyIdentity && looksLikeJwt(token)) {
    try {
      const identity = await verifyIdentity(token);
      return identity && (await memberOfIdentity(pool, identity, from, workspaceId, looking));
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      throw new AuthenticationError(
        503,
        'CQ503',
        'The identity provider does not answer.',
        'Try again in a moment.',
      );
    }
  }
  const kind = OWN_TOKEN.exec(token)?.[1];
  if (!kind) return undefined;
  const { and, hold } = looking;
  const text = `select m.*${and} from app_hidden.authenticate_hash(
    token_hash => $1::bytea, is_key => $2::boolean, workspace_id => $3::uuid) as m`;
  return findMember(
    pool,
    {
      name: `authenticate${and && ' at'}`,
      text,
      values: [hash('sha256', token, 'buffer'), kind === 'k', workspaceId],
    },
    hold,
  );
}

/**
 * Who is asking, from the headers `Authorization` and `X-Workspace-Id`, as the database sees it.
 * @param options.verifyIdentity  reads tokens of an outside identity provider; absent: there is none
 * @param options.hold            is given the connection that was asked, and gives it back. Absent: it goes back at once
 * @param options.onPosition      is given how far the database was when it was asked; not where nobody was asked for
 * @throws AuthenticationError CQ106 for a token that is no good, CQ107 for a workspace that the caller is not in,
 *   CQ108 for an account that is switched off, CQ119 and CQ131 to CQ134 for a person who can be given no account, CQ141 for one that must add a second factor, CQ200 for a workspace that
 *   is no id, CQ503 when the identity provider does not answer; whatever the database throws
 */
export async function authenticate(
  pool: Pool,
  request: IncomingMessage,
  {
    verifyIdentity,
    onPosition,
    hold,
  }: {
    verifyIdentity?: VerifyIdentity | undefined;
    onPosition?: ((position: Position) => void) | undefined;
    hold?: ((client: PoolClient) => void) | undefined;
  } = {},
): Promise<Settings> {
  const from = {
    ip: clientAddress(request) || undefined,
    userAgent: header(request, 'user-agent')?.slice(0, 1000),
    ...requestIds(request),
  };
  const workspaceId = header(request, 'x-workspace-id');
  if (workspaceId !== undefined && !isUuid(workspaceId)) {
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
  const and = onPosition ? `, ${POSITION} as position` : '';
  const member =
    token && (await memberOfToken(pool, token, from, workspaceId, verifyIdentity, { and, hold }));
  if (!member) {
    const hint = 'Sign in again, without the header Authorization.';
    throw new AuthenticationError(401, 'CQ106', 'The token is malformed, unknown or expired.', hint);
  }
  if (member.position) onPosition?.(member.position);
  return requestSettings(from, member);
}
