import { describe, expect, it } from 'vitest';
import {
  addressesOf,
  addressFault,
  changeAddress,
  shownAddress,
} from '../../../lib/connections/addresses.ts';
import { readEnv } from '../../../lib/env.ts';

const BOTH = 'postgres://ann:p%40ss,word@one:5432,[::1]:5433/colloquy?sslmode=require';

describe('a connection string with several servers', () => {
  it('has one for each, with the same login', () => {
    expect(addressesOf(BOTH)).toEqual([
      'postgres://ann:p%40ss,word@one:5432/colloquy?sslmode=require',
      'postgres://ann:p%40ss,word@[::1]:5433/colloquy?sslmode=require',
    ]);
    expect(shownAddress(BOTH)).toBe('one:5432,[::1]:5433/colloquy');
  });

  it('is changed as a whole', () => {
    const changed = changeAddress(BOTH, (url) => {
      url.username = 'bob';
      url.pathname = '/other';
    });
    expect(changed).toBe('postgres://bob:p%40ss,word@one:5432,[::1]:5433/other?sslmode=require');
  });

  it.each([
    'postgres://ann@db/colloquy',
    'postgresql://ann:a,b@db:5432/colloquy',
    'postgres://ann@/colloquy?host=/run/postgresql',
  ])('with one is itself: %s', (url) => {
    expect(addressesOf(url)).toEqual([url]);
    expect(addressFault(url)).toBeUndefined();
  });

  it.each([
    ['postgres://ann@one:5432,two:port/colloquy', 'DATABASE_URL: must name its hosts as host:port,host:port'],
    [
      'postgres://one,two/x?target_session_attrs=standby',
      'DATABASE_URL: target_session_attrs must be read-write',
    ],
  ])('is refused where it cannot be: %s', (DATABASE_URL, message) => {
    expect(() => readEnv({ DATABASE_URL })).toThrow(message);
  });

  it('is taken with the word of libpq', () => {
    const DATABASE_URL = 'postgres://one,two/x?target_session_attrs=read-write';
    expect(readEnv({ DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL);
  });

  it('is none for reads, which need a primary beside them', () => {
    const READ_DATABASE_URL = 'postgres://one,two/x';
    expect(() => readEnv({ DATABASE_URL: 'postgres://one/x', READ_DATABASE_URL })).toThrow(
      'must name one server',
    );
    expect(() => readEnv({ READ_DATABASE_URL: 'postgres://two/x' })).toThrow(
      'READ_DATABASE_URL: needs the primary, too',
    );
  });
});
