import { cleanText } from '../lib/storable.ts';
import { type IdentityProvider, isAccessType, isForAccess } from './access-token.ts';
import { tokenReader } from './provider-tokens.ts';

/** A person, as a verified token tells of it. */
export interface Identity {
  issuer: string;
  subject: string;
  /** The session at the provider that the token belongs to (`sid`), where it says so. */
  sessionId: string | null;
  email: string | null;
  isEmailVerified: boolean;
  displayName: string | null;
  signedInAt: Date | null;
  /** When the token was issued. */
  issuedAt: Date;
}

/** The token of a person, or undefined for one that is no good. */
export type VerifyIdentity = (token: string) => Promise<Identity | undefined>;

const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /[\0-\x1f\x7f]/;

/** Whether a bearer token has the form of a JWT; none of our own has. */
export const looksLikeJwt = (token: string): boolean => JWT.test(token);

/** Text of a claim that can be stored as it is; what is longer or has odd characters is none. */
export function textOf(claim: unknown, most: number): string | null {
  if (typeof claim !== 'string' || claim.length === 0 || claim.length > most) return null;
  return CONTROL.test(claim) || !claim.isWellFormed() ? null : claim;
}

/** A claim in seconds since 1970 as a time. */
function timeOf(claim: unknown): Date | null {
  return typeof claim === 'number' && claim > 0 && claim < 1e11 ? new Date(claim * 1000) : null;
}

/** Verifies access tokens of one provider. */
export function identityVerifier(provider: IdentityProvider): VerifyIdentity {
  const { issuer, audience } = provider;
  const read = tokenReader(provider, {
    isType: isAccessType,
    audience,
    requiredClaims: ['exp', 'iat', 'sub'],
  });

  return async (token) => {
    const claims = await read(token);
    if (claims === undefined || !isForAccess(claims, provider)) return undefined;
    const [issuedAt, subject] = [timeOf(claims.iat), textOf(claims.sub, 255)];
    if (issuedAt === null || subject === null) return undefined;
    return {
      issuer,
      subject,
      sessionId: textOf(claims.sid, 255),
      email: textOf(claims.email, 254),
      // some providers send the word
      isEmailVerified: claims.email_verified === true || claims.email_verified === 'true',
      displayName: typeof claims.name === 'string' ? cleanText(claims.name.slice(0, 255)) : null,
      signedInAt: timeOf(claims.auth_time) ?? issuedAt,
      issuedAt,
    };
  };
}
