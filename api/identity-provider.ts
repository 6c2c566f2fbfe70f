import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { describeError } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { cleanText } from '../lib/storable.ts';
import { type AccessRules, CLOCK_TOLERANCE, isAccessType, isForAccess } from './access-token.ts';

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

/** A person, as a verified token tells of it. */
export interface Identity {
  issuer: string;
  subject: string;
  email: string | null;
  isEmailVerified: boolean;
  displayName: string | null;
  signedInAt: Date | null;
  /** When the token was issued. */
  issuedAt: Date;
}

/** What cannot be told now: the provider's keys could not be had. */
export class ProviderUnavailable extends Error {}

/** The token of a person, or undefined for one that is no good. */
export type VerifyIdentity = (token: string) => Promise<Identity | undefined>;

/** Bytes of a set of keys. Those of large providers have under 20 KB. */
const MOST_KEY_BYTES = 256 * 1024;
/** Milliseconds after a failure in which no further request waits for the provider. */
const FAILURE_PAUSE = 5_000;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /[\0-\x1f\x7f]/;

/** Whether a bearer token has the form of a JWT; none of our own has. */
export const looksLikeJwt = (token: string): boolean => JWT.test(token);

async function readBounded(response: Response): Promise<Buffer<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > MOST_KEY_BYTES) throw new Error(`The set of keys has over ${MOST_KEY_BYTES} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Fetches within bounds. A failure is remembered for a moment, so that a provider that hangs is not waited for by everyone. */
function boundedFetch(pause: number): typeof fetch {
  let failed: { at: number; error: ProviderUnavailable } | undefined;
  return async (url, options) => {
    if (failed && Date.now() - failed.at < pause) throw failed.error;
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new Error(`It answered with status ${response.status}.`);
      }
      const body = await readBounded(response);
      JSON.parse(body.toString());
      failed = undefined;
      return new Response(body, { headers: { 'content-type': 'application/json' } });
    } catch (cause) {
      log.warn(
        { url: String(url), error: describeError(cause) },
        'The keys of the identity provider cannot be had',
      );
      const error = new ProviderUnavailable('The keys of the identity provider cannot be had', { cause });
      failed = { at: Date.now(), error };
      throw error;
    }
  };
}

/** Text of a claim that can be stored as it is; what is longer or has odd characters is none. */
function textOf(claim: unknown, most: number): string | null {
  if (typeof claim !== 'string' || claim.length === 0 || claim.length > most) return null;
  return CONTROL.test(claim) || !claim.isWellFormed() ? null : claim;
}

/** A claim in seconds since 1970 as a time. */
function timeOf(claim: unknown): Date | null {
  return typeof claim === 'number' && claim > 0 && claim < 1e11 ? new Date(claim * 1000) : null;
}

/** What is written outside the signed part is believed just far enough to save a look at the keys. */
function isWorthVerifying(token: string, { issuer, algorithms }: IdentityProvider): boolean {
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    return (
      alg !== undefined && algorithms.includes(alg) && isAccessType(typ) && decodeJwt(token).iss === issuer
    );
  } catch {
    return false;
  }
}

/**
 * Verifies tokens of one provider. Its keys are fetched when the first token comes, every ten minutes, and, with a pause
 * between, when a token names a key that is not among them.
 */
export function identityVerifier(provider: IdentityProvider): VerifyIdentity {
  const { issuer, audience, jwksUrl, algorithms, cooldown = 30_000, timeout = 5_000 } = provider;
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    cooldownDuration: cooldown,
    timeoutDuration: timeout,
    [customFetch]: boundedFetch(Math.min(cooldown, FAILURE_PAUSE)),
  });

  return async (token) => {
    if (!isWorthVerifying(token, provider)) return undefined;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: CLOCK_TOLERANCE,
        requiredClaims: ['exp', 'iat', 'sub'],
      });
      const issuedAt = timeOf(payload.iat);
      if (issuedAt === null || !isForAccess(payload, provider)) return undefined;
      const subject = textOf(payload.sub, 255);
      if (subject === null) return undefined;
      return {
        issuer,
        subject,
        email: textOf(payload.email, 254),
        // some providers send the word
        isEmailVerified: payload.email_verified === true || payload.email_verified === 'true',
        displayName: typeof payload.name === 'string' ? cleanText(payload.name.slice(0, 255)) : null,
        signedInAt: timeOf(payload.auth_time) ?? issuedAt,
        issuedAt,
      };
    } catch (error) {
      if (error instanceof ProviderUnavailable) throw error;
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid)) return undefined;
      // neither the token nor the network: a set of keys that is none, or a key that cannot be used
      log.warn({ jwksUrl, error: describeError(error) }, 'A key of the identity provider cannot be used');
      throw new ProviderUnavailable('A key of the identity provider cannot be used', { cause: error });
    }
  };
}
