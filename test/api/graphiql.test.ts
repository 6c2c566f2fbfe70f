import { expect, it } from 'vitest';
import { showsGraphiql } from '../../api/graphiql.ts';
import { readEnv } from '../../lib/env.ts';

const shown = (kind: 'server' | 'embedded', host: string, variables: Record<string, string> = {}) =>
  showsGraphiql({ kind, host, env: readEnv(variables) });

it('is for the person in front of the machine, with the embedded database', () => {
  for (const host of ['127.0.0.1', 'localhost', '::1', '127.0.0.2'])
    expect(shown('embedded', host), host).toBe(true);
  for (const host of ['0.0.0.0', '::', '192.168.1.2', 'colloquy.example.org']) {
    expect(shown('embedded', host), host).toBe(false);
  }
  expect(shown('embedded', '127.0.0.1', { NODE_ENV: 'production' })).toBe(false);
  expect(shown('embedded', '127.0.0.1', { TRUSTED_DOCUMENTS: 'list.json' })).toBe(false);
  expect(shown('server', '127.0.0.1')).toBe(false);
});

it('is what the setting says, wherever there is one', () => {
  expect(shown('server', '0.0.0.0', { GRAPHIQL: 'true', NODE_ENV: 'production' })).toBe(true);
  expect(shown('embedded', '127.0.0.1', { GRAPHIQL: 'false' })).toBe(false);
});
