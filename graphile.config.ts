import { env, identityProvider } from './lib/env.ts';
import './api/graphile-env.ts';
import pg from 'pg';
import { makePreset } from './api/preset.ts';

export { makePreset };

/**
 * For the tools that read this file (`postgraphile`, `graphile config print`). `npm start` makes its own, in
 * api/server.ts. Whatever user the URL names, its connections are the authenticator's.
 */
export default makePreset({
  pool: new pg.Pool({
    connectionString: env.AUTHENTICATOR_DATABASE_URL ?? env.DATABASE_URL,
    options: '-c role=colloquy_authenticator',
  }),
  identityProvider: identityProvider(env),
  publicUrl: env.PUBLIC_URL,
  graphiql: env.NODE_ENV !== 'production',
});
