import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export const ISSUER = 'https://id.example.org';
export const AUDIENCE = 'colloquy';

export interface Key {
  kid: string;
  alg: string;
  private: CryptoKey;
  public: CryptoKey;
  jwk: JWK;
}

export async function makeKey(kid: string, alg = 'ES256'): Promise<Key> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, private: pair.privateKey, public: pair.publicKey, jwk };
}

/** A provider on this machine, whose keys and mood a test can change. */
export async function startProvider(keys: JWK[]) {
  const state = { keys, fetches: 0, answer: undefined as RequestListener | undefined };
  const server: Server = createServer((request, response) => {
    state.fetches += 1;
    if (state.answer) return state.answer(request, response);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: state.keys }));
  });
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type Provider = Awaited<ReturnType<typeof startProvider>>;

export const now = () => Math.floor(Date.now() / 1000);

/** A good token, unless the claims or the header say otherwise; undefined leaves a claim out. */
export function sign(key: Key, claims: JWTPayload = {}, header: { typ?: string } = {}): Promise<string> {
  const payload = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'someone',
    email: `${claims.sub ?? 'someone'}@example.org`,
    iat: now() - 5,
    exp: now() + 300,
    ...claims,
  };
  return new SignJWT(payload).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.private);
}
