import { describe, expect, it } from 'vitest';
import { identityProvider, misspelt, readEnv, settingNames } from '../../lib/env.ts';

const PROVIDER = {
  JWT_ISSUER: 'https://id.example.org',
  JWT_AUDIENCE: 'colloquy',
  JWT_JWKS_URL: 'https://id.example.org/jwks',
};

describe('a variable', () => {
  it.each(settingNames)('%s counts as absent when it is empty', (name) => {
    for (const empty of ['', ' ', '\t\n']) expect(readEnv({ [name]: empty })).toEqual(readEnv({}));
  });

  it('all of them at once, too', () => {
    expect(readEnv(Object.fromEntries(settingNames.map((name) => [name, ''])))).toEqual(readEnv({}));
  });

  it('that is wrong is named, with what it must be', () => {
    const wrong = (name: string, value: string) => {
      try {
        readEnv({ [name]: value });
        return undefined;
      } catch (error) {
        return (error as Error).message.replace('The environment is not usable: ', '');
      }
    };
    for (const value of ['abc', '0x10', '1e3', '-1', '65536', '5678.5'])
      expect(wrong('PORT', value)).toBe('PORT: must be a number from 0 to 65535');
    expect(wrong('PORT', ' 5678 ')).toBeUndefined();
    expect(wrong('LOG_FORMAT', 'xml')).toBe('LOG_FORMAT: must be one of json, pretty');
    expect(wrong('EMBEDDING_THREADS', 'two')).toBe('EMBEDDING_THREADS: must be a number');
    expect(wrong('EMBEDDING_THREADS', '1.5')).toBe('EMBEDDING_THREADS: must be a whole number');
    expect(wrong('EMBEDDING_THREADS', '65')).toBe('EMBEDDING_THREADS: must be at most 64');
    expect(wrong('EMBEDDING_QUERY_PREFIX', 'x'.repeat(1001))).toContain('at most 1000 characters');
    for (const value of [
      'https://app.example.org/',
      'app.example.org',
      'https://app.example.org/x',
      'null',
    ]) {
      expect(wrong('CORS_ORIGINS', `https://ok.example.org, ${value}`), value).toMatch(
        /^CORS_ORIGINS: must be origins/,
      );
    }
    for (const value of ['https://example.org', 'example.org:80', 'a b', '*.', '**.example.org']) {
      expect(wrong('ALLOWED_HOSTS', `localhost, ${value}`), value).toMatch(
        /^ALLOWED_HOSTS: must be host names/,
      );
    }
    expect(wrong('TRUSTED_PROXIES', 'loopback, 10.0.0.0/33')).toMatch(/^TRUSTED_PROXIES: has "10.0.0.0\/33"/);
    expect(wrong('REQUEST_TIMEOUT_SECONDS', '0')).toBe('REQUEST_TIMEOUT_SECONDS: must be at least 1');
  });

  it('that is a login stands for the database of a process that has no other', () => {
    const [worker, admin] = ['postgres://worker@db/app', 'postgres://admin@db/app'];
    expect(readEnv({ WORKER_DATABASE_URL: worker }).DATABASE_URL).toBe(worker);
    expect(readEnv({ WORKER_DATABASE_URL: worker, DATABASE_URL: admin }).DATABASE_URL).toBe(admin);
    expect(readEnv({}).DATABASE_URL).toBeUndefined();
  });

  it('that is a list may have spaces, and one entry', () => {
    const { CORS_ORIGINS, ALLOWED_HOSTS, TRUSTED_PROXIES } = readEnv({
      CORS_ORIGINS: ' https://app.example.org , http://localhost:3000',
      ALLOWED_HOSTS: '*.example.org',
      TRUSTED_PROXIES: 'private, 2001:db8::/32, 10.1.2.3',
    });
    expect(CORS_ORIGINS).toEqual(['https://app.example.org', 'http://localhost:3000']);
    expect(ALLOWED_HOSTS).toEqual(['*.example.org']);
    expect(TRUSTED_PROXIES).toEqual([
      { name: 'private' },
      { cidr: '2001:db8::/32' },
      { cidr: '10.1.2.3/32' },
    ]);
  });

  it('that is a prefix may say that there is none', () => {
    expect(readEnv({}).EMBEDDING_QUERY_PREFIX).toBeUndefined();
    expect(readEnv({ EMBEDDING_QUERY_PREFIX: 'none' }).EMBEDDING_QUERY_PREFIX).toBe('');
    expect(readEnv({ EMBEDDING_QUERY_PREFIX: 'query: ' }).EMBEDDING_QUERY_PREFIX).toBe('query: ');
  });
});

describe('a misspelt setting', () => {
  const suggestion = (name: string) => misspelt({ [name]: 'x' })[0]?.suggestion;

  it.each([
    ['PROT', 'PORT'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATADIR', 'DATA_DIR'],
    ['EMBEDING_MODEL', 'EMBEDDING_MODEL'],
    ['EMBEDDING_MODLE', 'EMBEDDING_MODEL'],
    ['JWT_JWKS_URI', 'JWT_JWKS_URL'],
    ['RERANK_TIMEOUT', 'RERANK_TIMEOUT_MS'],
    ['log_level', 'LOG_LEVEL'],
  ])('%s is %s', (name, meant) => {
    expect(suggestion(name)).toBe(meant);
  });

  it('of a family is noticed also where nothing is near', () => {
    expect(misspelt({ JWT_SECRET: 'x' })).toEqual([{ name: 'JWT_SECRET', suggestion: undefined }]);
  });

  it.each(settingNames)('without one of its letters, %s is noticed', (name) => {
    if (name.length < 4) return;
    const short = name.slice(0, -2) + name.slice(-1);
    if (!settingNames.includes(short)) expect(misspelt({ [short]: 'x' })).toHaveLength(1);
  });

  it('is none of what else a process is given, nor a setting, nor an empty one', () => {
    const others =
      'PATH HOME HOSTNAME LANG TERM USER LOGNAME PWD SHLVL CC NODE_OPTIONS NODE_VERSION GITHUB_TOKEN DATABASE_HOST LOG_FILE ' +
      'POSTGRES_PASSWORD PGHOST PGPORT npm_config_port COLLOQUY_PORT COLLOQUY_SERVICE_HOST COLLOQUY_PORT_5678_TCP_ADDR';
    for (const name of [...others.split(' '), ...settingNames]) expect(misspelt({ [name]: 'x' })).toEqual([]);
    expect(misspelt({ EMBEDDING_MODLE: '' })).toEqual([]);
  });
});

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
      authorizedParties: undefined,
      maxLifetime: 86_400,
      acceptIdTokens: false,
    });
    expect(
      identityProvider(
        readEnv({
          ...PROVIDER,
          JWT_AUTHORIZED_PARTIES: 'app, cli',
          JWT_MAX_LIFETIME_SECONDS: '600',
          JWT_ID_TOKENS: 'accept',
        }),
      ),
    ).toMatchObject({ authorizedParties: ['app', 'cli'], maxLifetime: 600, acceptIdTokens: true });
    for (const [name, value] of [
      ['JWT_MAX_LIFETIME_SECONDS', '59'],
      ['JWT_MAX_LIFETIME_SECONDS', 'a day'],
      ['JWT_ID_TOKENS', 'yes'],
      ['JWT_AUTHORIZED_PARTIES', 'app,,cli'],
    ] as const)
      expect(() => readEnv({ ...PROVIDER, [name]: value }), `${name}=${value}`).toThrow(name);
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
