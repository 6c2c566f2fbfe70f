import type { JWTPayload } from 'jose';
import { CLOCK_TOLERANCE, type IdentityProvider, MAX_LIFETIME } from './access-token.ts';
import { textOf } from './identity-provider.ts';
import { tokenReader } from './provider-tokens.ts';

/** What a verified logout token says: whose tokens end, or those of which session at the provider. */
export interface Logout {
  issuer: string;
  /** The name of the token itself (`jti`), which no other has. */
  tokenId: string;
  subject: string | null;
  sessionId: string | null;
}

export type VerifyLogout = (token: string) => Promise<Logout | undefined>;

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** What `typ` says of a logout token; providers from before there was a type of its own say JWT, or nothing. */
const LOGOUT_TYPES = new Set(['logout+jwt', 'application/logout+jwt', 'jwt']);

const isLogoutType = (typ: unknown): boolean =>
  typ === undefined || (typeof typ === 'string' && LOGOUT_TYPES.has(typ.toLowerCase()));

function hasEvent({ events }: JWTPayload): boolean {
  if (typeof events !== 'object' || events === null || Array.isArray(events)) return false;
  const event = (events as Record<string, unknown>)[EVENT];
  return typeof event === 'object' && event !== null && !Array.isArray(event);
}

/** Whether it was issued just now, as far as the clocks agree, and to live no longer than is remembered of it. */
function isTimely({ iat, exp }: JWTPayload, longest: number): boolean {
  return (
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    iat <= Date.now() / 1000 + CLOCK_TOLERANCE &&
    exp - iat <= longest
  );
}

/** Seconds that a logout is remembered: as long as a token of its session can live, and the clocks may differ. */
export const logoutMemory = ({ maxLifetime = MAX_LIFETIME }: IdentityProvider): number =>
  maxLifetime + 2 * CLOCK_TOLERANCE;

/**
 * Verifies logout tokens of one provider, as OpenID Connect Back-Channel Logout 1.0 says. They are addressed to a client: to the
 * audience of access tokens, or to one of the authorised parties.
 */
export function logoutVerifier(provider: IdentityProvider): VerifyLogout {
  const { issuer, audience, authorizedParties = [], maxLifetime = MAX_LIFETIME } = provider;
  const read = tokenReader(provider, {
    isType: isLogoutType,
    audience: [audience, ...authorizedParties],
    requiredClaims: ['iat', 'exp', 'jti', 'events'],
  });
  return async (token) => {
    const claims = await read(token);
    if (!claims || !hasEvent(claims) || claims.nonce !== undefined || !isTimely(claims, maxLifetime))
      return undefined;
    const [tokenId, subject, sessionId] = [claims.jti, claims.sub, claims.sid].map((claim) =>
      textOf(claim, 255),
    );
    // a claim that is there and cannot be read must not widen or narrow what is ended
    if (claims.sub !== undefined && subject === null) return undefined;
    if (claims.sid !== undefined && sessionId === null) return undefined;
    if (!tokenId || (!subject && !sessionId)) return undefined;
    return { issuer, tokenId, subject: subject ?? null, sessionId: sessionId ?? null };
  };
}
