import type { IncomingMessage } from 'node:http';
import type { Pool } from 'pg';
import type { ProxyRule } from '../../lib/proxies.ts';
import { AuthenticationError, authenticate, type Settings, VISITOR } from '../authentication.ts';
import { readOrigin } from '../client-address.ts';
import { ApiError } from '../errors.ts';
import type { VerifyIdentity } from '../identity-provider.ts';
import { addressOf, callerOf, partyOf, type Subjects } from '../limits/limiter.ts';

/** Settings that say where a request came from, and nothing of its rights. */
const OF_NO_RIGHT = new Set([
  'colloquy.request_id',
  'colloquy.client_request_id',
  'colloquy.client_ip',
  'colloquy.user_agent',
  'colloquy.signed_in_at',
]);

const rightsOf = (settings: Settings): string =>
  JSON.stringify(Object.entries(settings).filter(([name]) => !OF_NO_RIGHT.has(name)));

/** Headers that may also come in the first message of a websocket, since a browser cannot send them with it. */
const HEADERS = ['authorization', 'x-workspace-id'] as const;

/** A request with headers that came otherwise, as whose it is looked at again and again. */
export function withHeaders(
  request: IncomingMessage,
  given: Record<string, unknown> | undefined,
  proxies: readonly ProxyRule[],
): IncomingMessage {
  const headers = { ...request.headers };
  for (const [name, value] of Object.entries(given ?? {})) {
    const header = HEADERS.find((known) => known === name.toLowerCase());
    if (header && typeof value === 'string') headers[header] = value;
  }
  const asked = Object.create(request, { headers: { value: headers } }) as IncomingMessage;
  // while its socket is open
  readOrigin(asked, proxies);
  return asked;
}

/** What of a request's rights is over: the reason why it gets no more. */
export class RightsEnded extends ApiError {
  /** Whether who asks has to sign in again; otherwise the same token opens a subscription with the rights that it has now. */
  readonly isSignedOut: boolean;

  constructor(why: string, isSignedOut: boolean) {
    const hint = isSignedOut
      ? 'Sign in again, then subscribe anew from the last cursor.'
      : 'Subscribe anew from the last cursor.';
    super('CQ800', `What this subscription was opened with has ended or changed: ${why}`, hint);
    this.isSignedOut = isSignedOut;
  }
}

export interface CallerOptions {
  /** Connections as colloquy_authenticator. */
  pool: Pool;
  verifyIdentity?: VerifyIdentity | undefined;
}

/** Who has subscribed, with the rights of then, which are compared to those of now. */
export class Caller {
  readonly #request: IncomingMessage;
  readonly #options: CallerOptions;
  readonly #rights: string;
  readonly settings: Settings;
  readonly subjects: Subjects;
  readonly party: string;

  private constructor(request: IncomingMessage, settings: Settings, options: CallerOptions) {
    this.#request = request;
    this.#options = options;
    this.#rights = rightsOf(settings);
    this.settings = settings;
    this.subjects = { ...addressOf(request), ...callerOf(settings) };
    this.party = partyOf(request, settings);
  }

  /** @throws AuthenticationError also for visitors: there is nothing that they could be told */
  static async of(request: IncomingMessage, options: CallerOptions): Promise<Caller> {
    const settings = await authenticate(options.pool, request, options);
    if (settings.role === VISITOR) {
      const hint = 'Send the token as Authorization: a header, or in the payload of connection_init.';
      throw new AuthenticationError(401, 'CQ101', 'You are not signed in.', hint);
    }
    return new Caller(request, settings, options);
  }

  /** Whether something that is told of rights is about this one: of its account, or in its workspace. */
  isMeant(id: string): boolean {
    return id === this.settings['colloquy.user_id'] || id === this.settings['colloquy.workspace_id'];
  }

  /**
   * Looks whether the rights are those of the beginning.
   * @returns why they are not; undefined when they are
   * @throws what the database throws: then nothing is known
   */
  async change(): Promise<RightsEnded | undefined> {
    try {
      const now = await authenticate(this.#options.pool, this.#request, this.#options);
      return rightsOf(now) === this.#rights
        ? undefined
        : new RightsEnded('the rights are others now.', false);
    } catch (error) {
      if (!(error instanceof AuthenticationError) || error.status === 503) throw error;
      return new RightsEnded(error.message, true);
    }
  }
}
