import type { JWTPayload } from 'jose';

/** Which signed tokens of a provider are taken. */
interface AccessRules {
  /** Clients whose tokens are taken, as `azp` or `client_id` names them. Absent: those of any. */
  authorizedParties?: readonly string[] | undefined;
  /** Seconds from the issue of a token to its expiry. Default: a day. */
  maxLifetime?: number | undefined;
  /** Whether ID tokens are taken, which are meant for the client and not for us. Default: no. */
  acceptIdTokens?: boolean | undefined;
}

/** Whose tokens are believed besides our own. */
export interface IdentityProvider extends AccessRules {
  /** As its tokens say it (`iss`). */
  issuer: string;
  /** What its tokens for this server are addressed to (`aud`). */
  audience: string;
  /** Where its public keys are. */
  jwksUrl: string;
  /** Algorithms of signatures, all of them asymmetric. */
  algorithms: readonly string[];
  /** Milliseconds between two looks at its keys that unknown keys cause. Default: 30 s. */
  cooldown?: number;
  /** Milliseconds that a look at its keys may take. Default: 5 s. */
  timeout?: number;
}

/** Seconds by which the clocks may differ. */
export const CLOCK_TOLERANCE = 30;
/** Seconds of the longest life of a token, where the settings name none. */
export const MAX_LIFETIME = 86_400;

/** What `typ` says of a token that gives access; logout tokens, proofs and the like say something else. */
const ACCESS_TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);
/** Claims that only ID tokens have: they say to a client who has signed in there. */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/** Whether a token's header names a type that gives access, or none. */
export const isAccessType = (typ: unknown): boolean =>
  typ === undefined || (typeof typ === 'string' && ACCESS_TYPES.has(typ.toLowerCase()));

/** Whether a signed token was issued to give access, to a client that may have it, and not for too long. */
export function isForAccess(claims: JWTPayload, rules: AccessRules): boolean {
  const { authorizedParties, maxLifetime = MAX_LIFETIME, acceptIdTokens = false } = rules;
  const { iat, exp, token_use: use } = claims;
  if (iat === undefined || exp === undefined) return false;
  if (iat > Date.now() / 1000 + CLOCK_TOLERANCE || exp - iat > maxLifetime) return false;
  // what tells of events, of a logout for example, is nobody's token
  if (claims.events !== undefined) return false;
  if (use !== undefined && use !== 'access' && !(use === 'id' && acceptIdTokens)) return false;
  if (!acceptIdTokens && ID_TOKEN_CLAIMS.some((name) => claims[name] !== undefined)) return false;
  const party = claims.azp ?? claims.client_id;
  return !authorizedParties || (typeof party === 'string' && authorizedParties.includes(party));
}
