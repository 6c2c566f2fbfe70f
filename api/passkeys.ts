import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { describeError } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { ApiError } from './errors.ts';

/** Whose passkeys they are: the pages under PUBLIC_URL. */
export interface RelyingParty {
  id: string;
  origin: string;
}

/** What an authenticator has signed, as verified. */
export interface Signed {
  challenge: string;
  credentialId: Uint8Array;
  counter: number;
  /** Of a credential that was made for it. */
  made?: { publicKey: Uint8Array; transports: string[] };
}

/** The pages under an address; undefined where there is none. */
export function relyingPartyOf(publicUrl: string | undefined): RelyingParty | undefined {
  if (publicUrl === undefined) return undefined;
  const { hostname, origin } = new URL(publicUrl);
  return { id: hostname, origin };
}

/** EdDSA, ES256 and RS256, as add_passkey asks for them. */
const ALGORITHMS = [-8, -7, -257];
const TRANSPORT = /^[a-z-]{1,20}$/;
const MOST_TRANSPORTS = 10;
/** Characters of a reason, which may quote what a client has sent. */
const MOST_LOGGED = 300;

/** What both verifications want. Which challenge it has to be, and whether the counter went on, the database knows. */
function expected({ id, origin }: RelyingParty, onChallenge: (challenge: string) => void) {
  return {
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: true,
    expectedChallenge: (challenge: string) => {
      onChallenge(challenge);
      return true;
    },
  };
}

/** The reason is for the log: a client is not told which passkeys there are. */
async function accepted(verify: () => Promise<Signed | string>): Promise<Signed> {
  const signed = await verify().catch((error: unknown) => describeError(error).slice(0, MOST_LOGGED));
  if (typeof signed !== 'string') return signed;
  log.info({ reason: signed }, 'A passkey is not accepted');
  throw new ApiError('CQ148', 'This passkey is not accepted.', 'Use another one, or another way to sign in.');
}

/**
 * No attestation is asked for, so a browser hands on none, or one that the credential has signed itself. Certificates are not read: they
 * are a stranger's, and name addresses to fetch.
 */
async function hasCertificates({ response }: RegistrationResponseJSON): Promise<boolean> {
  const { decodeAttestationObject, isoBase64URL } = await import('@simplewebauthn/server/helpers');
  const attestation = decodeAttestationObject(isoBase64URL.toBuffer(response.attestationObject));
  const form = attestation.get('fmt');
  return form !== 'none' && !(form === 'packed' && !attestation.get('attStmt').get('x5c'));
}

/**
 * Verifies what navigator.credentials.create() has answered.
 * @throws ApiError CQ148 for whatever is not right with it
 */
export function verifyNewPasskey(party: RelyingParty, answer: unknown): Promise<Signed> {
  const response = answer as RegistrationResponseJSON;
  return accepted(async () => {
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    if (await hasCertificates(response)) return 'It has an attestation.';
    let challenge = '';
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      ...expected(party, (signed) => (challenge = signed)),
      response,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified) return 'Its signature is wrong.';
    const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
    const known = transports.filter((name) => TRANSPORT.test(name)).slice(0, MOST_TRANSPORTS);
    return {
      challenge,
      credentialId: Buffer.from(id, 'base64url'),
      counter,
      made: { publicKey, transports: known },
    };
  });
}

/** Which credential an answer says it is of. */
export function credentialIdOf(answer: unknown): Uint8Array {
  const id = (answer as { id?: unknown } | null)?.id;
  return Buffer.from(typeof id === 'string' ? id : '', 'base64url');
}

/**
 * Verifies what navigator.credentials.get() has answered.
 * @param publicKey  of the credential that it says it is of; null: there is none
 * @throws ApiError CQ148 for whatever is not right with it
 */
export function verifyPasskey(
  party: RelyingParty,
  answer: unknown,
  publicKey: Uint8Array | null,
): Promise<Signed> {
  const response = answer as AuthenticationResponseJSON;
  return accepted(async () => {
    if (!publicKey) return 'There is no such passkey.';
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    let challenge = '';
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...expected(party, (signed) => (challenge = signed)),
      response,
      credential: { id: response.id, publicKey: new Uint8Array(publicKey), counter: 0 },
    });
    if (!verified) return 'Its signature is wrong.';
    return { challenge, credentialId: credentialIdOf(answer), counter: authenticationInfo.newCounter };
  });
}
