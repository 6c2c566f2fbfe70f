import type { Client } from './client.ts';
import { ColloquyError } from './errors.ts';
import {
  ConfirmSignInDocument,
  RegisterDocument,
  type SessionFragment,
  SignInDocument,
} from './generated.ts';

/** Who signed in. `token` is for the caller to keep: hand it to createClient. */
export interface Session {
  token: string;
  expiresAt: string;
  userId: string;
  workspaceId: string;
}

/** What signing in came to: a session, or that a code is needed for it. */
export type SignedIn =
  | { session: Session; challenge?: undefined }
  | {
      session?: undefined;
      /** For confirmSignIn, with a code. */
      challenge: string;
      /** The account has to add a second factor first, with addSecondFactor. */
      mustAddFactor: boolean;
    };

const sessionOf = (authentication: SessionFragment | null | undefined): Session => {
  const { token, expiresAt, userId, workspaceId } = authentication ?? {};
  if (!token || !expiresAt || !userId || !workspaceId) throw new Error('The server gave no session.');
  return { token, expiresAt, userId, workspaceId };
};

/** Makes an account. */
export async function register(
  client: Client,
  account: { email: string; password: string; displayName?: string },
): Promise<Session> {
  const { register: done } = await client.request(RegisterDocument, account);
  return sessionOf(done?.authentication);
}

/** Signs in. Wrong passwords are errors (`CQ103`); a second factor is none. */
export async function signIn(
  client: Client,
  credentials: { email: string; password: string },
): Promise<SignedIn> {
  try {
    const { signIn: done } = await client.request(SignInDocument, credentials);
    return { session: sessionOf(done?.authentication) };
  } catch (error) {
    if (!(error instanceof ColloquyError) || !error.challenge) throw error;
    return { challenge: error.challenge, mustAddFactor: error.code === 'CQ141' };
  }
}

/** Signs in with a code of the second factor, or with a recovery code. */
export async function confirmSignIn(
  client: Client,
  confirmation: { challenge: string; code: string },
): Promise<Session> {
  const { confirmSignIn: done } = await client.request(ConfirmSignInDocument, confirmation);
  return sessionOf(done?.authentication);
}
