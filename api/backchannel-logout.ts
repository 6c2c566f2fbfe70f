import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pool } from 'pg';
import type { IdentityProvider } from './access-token.ts';
import { ApiError, publicError } from './errors.ts';
import { sendError, sendJson } from './http/answers.ts';
import { readBody } from './http/body.ts';
import { prepareRefusal, statusOf } from './http/refusal.ts';
import { requestIds } from './http/request-ids.ts';
import { addressOf, type Limiter } from './limits/limiter.ts';
import { STATEMENT_TIMEOUT } from './limits/values.ts';
import { type Logout, logoutMemory, logoutVerifier } from './logout-token.ts';
import { ProviderUnavailable } from './provider-tokens.ts';

/** Where the provider sends its logout tokens. */
export const LOGOUT_PATH = '/oidc/backchannel-logout';

/** Bytes of a body: a token of 8,192 characters, its name, and something that is not read. */
const MOST_BYTES = 16 * 1024;
const LONGEST_TOKEN = 8_192;

const STATUS: Record<string, number> = { CQ413: 413, CQ791: 400, CQ792: 400 };

const unusable = (message: string, hint: string): ApiError => new ApiError('CQ791', message, hint);

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded')
    throw unusable('A logout is a form.', 'Send logout_token as application/x-www-form-urlencoded.');
  return new URLSearchParams((await readBody(request, MOST_BYTES, 'A logout')).toString());
}

async function readToken(request: IncomingMessage): Promise<string> {
  const [token, ...others] = (await readForm(request)).getAll('logout_token');
  if (!token || others.length > 0 || token.length > LONGEST_TOKEN)
    throw unusable('The form has no logout_token, several, or one that is too long.', 'Send it once.');
  return token;
}

/** What a request is refused with: as the specification has errors, with what every other answer of this server says. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { message, ...extensions } =
    error instanceof ProviderUnavailable
      ? { code: 'CQ503', message: 'The identity provider does not answer.', hint: 'Try again in a moment.' }
      : publicError(error, { id: requestIds(request).id, isVisitor: true });
  const status = statusOf(error, extensions.code, STATUS);
  prepareRefusal(request, response, status);
  sendJson(response, status, {
    error: status < 500 ? 'invalid_request' : 'temporarily_unavailable',
    error_description: message,
    errors: [{ message, extensions }],
  });
}

/**
 * POST /oidc/backchannel-logout: the identity provider says that somebody has signed out there. The answer is the same whether the
 * person is known here. A token that is no good counts as an attempt to sign in; a good one does not, or a provider that ends
 * many sessions at once would lose some.
 */
export function logoutHandler(pool: Pool, limiter: Limiter, provider: IdentityProvider) {
  const verify = logoutVerifier(provider);
  const memory = logoutMemory(provider);

  async function end({ issuer, tokenId, subject, sessionId }: Logout): Promise<void> {
    const query = {
      text: `select app_hidden.receive_logout(issuer => $1::text, token_id => $2::text, subject => $3::text,
               provider_session => $4::text, keep_seconds => $5::integer) as "isNew"`,
      values: [issuer, tokenId, subject, sessionId, memory],
      // outside of a transaction, so without the time limit of its settings
      query_timeout: STATEMENT_TIMEOUT,
    };
    const { rows } = await pool.query<{ isNew: boolean }>(query);
    if (!rows[0]!.isNew)
      throw new ApiError(
        'CQ792',
        'This logout token was received before.',
        'Nothing is left to be ended by it.',
      );
  }

  async function receive(request: IncomingMessage): Promise<void> {
    const logout = await verify(await readToken(request));
    if (!logout)
      throw unusable(
        'The logout token is no good.',
        'docs/api.md says what it must hold, and who must have signed it.',
      );
    await end(logout);
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return sendError(response, 405, 'CQ405', 'Only POST works here.');
    }
    try {
      await receive(request);
    } catch (error) {
      if (error instanceof ApiError) await limiter.take('sign_in', addressOf(request), response);
      return refuse(request, response, error);
    }
    response.writeHead(200, { 'cache-control': 'no-store', 'content-length': 0 }).end();
  };
}
