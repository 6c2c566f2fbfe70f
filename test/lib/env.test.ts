import { describe, expect, it } from 'vitest';
import { identityProvider, readEnv } from '../../lib/env.ts';

const PROVIDER = {
  JWT_ISSUER: 'https://id.example.org',
  JWT_AUDIENCE: 'colloquy',
  JWT_JWKS_URL: 'https://id.example.org/jwks',
};

describe('the identity provider of the environment', () => {
  it('is none, or all of it', () => {
    expect(identityProvider(readEnv({}))).toBeUndefined();
    expect(
      identityProvider(readEnv({ JWT_ISSUER: '', JWT_AUDIENCE: ' ', JWT_JWKS_URL: '' })),
    ).toBeUndefined();
    expect(identityProvider(readEnv(PROVIDER))).toEqual({
      issuer: 'https://id.example.org',
      audience: 'colloquy',
      jwksUrl: 'https://id.example.org/jwks',
      algorithms: ['RS256', 'ES256'],
    });
    expect(identityProvider(readEnv({ ...PROVIDER, JWT_ALGORITHMS: 'EdDSA, PS256' }))?.algorithms).toEqual([
      'EdDSA',
      'PS256',
    ]);
  });

  it.each(Object.keys(PROVIDER))('is refused without %s, by name', (name) => {
    expect(() => readEnv({ ...PROVIDER, [name]: undefined })).toThrow(
      new RegExp(`${name}: is missing; set all of`),
    );
  });

  it.each(['HS256', 'none', 'RS256,HS512', 'RS256,', 'rs256'])(
    'is refused with the algorithms %s',
    (names) => {
      expect(() => readEnv({ ...PROVIDER, JWT_ALGORITHMS: names })).toThrow(
        /JWT_ALGORITHMS: must be some of RS256/,
      );
    },
  );

  it('has its keys at an address that nobody can change on its way', () => {
    for (const url of [
      'http://id.example.org/jwks',
      'ftp://id.example.org',
      'nothing',
      'http://localhost.example.org/',
    ])
      expect(() => readEnv({ ...PROVIDER, JWT_JWKS_URL: url })).toThrow(/JWT_JWKS_URL: must be an https/);
    for (const url of ['http://localhost:8080/jwks', 'http://127.0.0.1/jwks', 'http://[::1]:80/jwks'])
      expect(readEnv({ ...PROVIDER, JWT_JWKS_URL: url }).JWT_JWKS_URL).toBe(url);
  });
});
