import pino, { type Logger } from 'pino';
import { env } from './env.ts';
import { hideSecrets } from './secrets.ts';

/** Fields that hold a secret by their name, whatever object they are logged in. */
const NAMES = [
  'password',
  'newPassword',
  'oldPassword',
  'token',
  'secret',
  'apiKey',
  'authorization',
  'Authorization',
  'cookie',
  '["set-cookie"]',
  'connectionString',
  'EMBEDDING_API_KEY',
  'EMBEDDING_ENDPOINTS',
];

/**
 * The one logger. Structured JSON in production and when the output is not a terminal; a readable line per event
 * otherwise. Passwords, tokens and keys are cut out by the name of their field, and by their looks out of every line that is written.
 */
export const log: Logger = pino({
  level: env.LOG_LEVEL,
  base: null,
  hooks: { streamWrite: hideSecrets },
  redact: {
    paths: NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
    censor: '[hidden]',
  },
  ...(env.LOG_FORMAT === 'pretty'
    ? {
        transport: {
          target: 'pino-pretty',
          options: { ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' },
        },
      }
    : {}),
});
