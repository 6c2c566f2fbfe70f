import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { describeError } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { CLOCK_TOLERANCE, type IdentityProvider } from './access-token.ts';

/** What cannot be told now: the provider's keys could not be had. */
export class ProviderUnavailable extends Error {}

/** Which of the provider's tokens are asked for. */
export interface TokenKind {
  /** Whether the `typ` of its header is one of this kind. */
  isType(typ: unknown): boolean;
  /** What it is addressed to: one of these. */
  audience: string | string[];
  requiredClaims: string[];
}

/** The claims of a token that the provider has signed, or undefined for one that is no good. */
export type ReadToken = (token: string) => Promise<JWTPayload | undefined>;

/** Bytes of a set of keys. Those of large providers have under 20 KB. */
const MOST_KEY_BYTES = 256 * 1024;
/** Milliseconds after a failure in which no further request waits for the provider. */
const FAILURE_PAUSE = 5_000;

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

/** What is written outside the signed part is believed just far enough to save a look at the keys. */
function isWorthVerifying(
  token: string,
  { issuer, algorithms }: IdentityProvider,
  { isType }: TokenKind,
): boolean {
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    return alg !== undefined && algorithms.includes(alg) && isType(typ) && decodeJwt(token).iss === issuer;
  } catch {
    return false;
  }
}

/**
 * Reads tokens of one kind that one provider has signed. Its keys are fetched when the first token comes, every ten minutes,
 * and, with a pause between, when a token names a key that is not among them.
 */
export function tokenReader(provider: IdentityProvider, kind: TokenKind): ReadToken {
  const { issuer, jwksUrl, algorithms, cooldown = 30_000, timeout = 5_000 } = provider;
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    cooldownDuration: cooldown,
    timeoutDuration: timeout,
    [customFetch]: boundedFetch(Math.min(cooldown, FAILURE_PAUSE)),
  });

  return async (token) => {
    if (!isWorthVerifying(token, provider, kind)) return undefined;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience: kind.audience,
        algorithms: [...algorithms],
        clockTolerance: CLOCK_TOLERANCE,
        requiredClaims: kind.requiredClaims,
      });
      return payload;
    } catch (error) {
      if (error instanceof ProviderUnavailable) throw error;
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid)) return undefined;
      // neither the token nor the network: a set of keys that is none, or a key that cannot be used
      log.warn({ jwksUrl, error: describeError(error) }, 'A key of the identity provider cannot be used');
      throw new ProviderUnavailable('A key of the identity provider cannot be used', { cause: error });
    }
  };
}
