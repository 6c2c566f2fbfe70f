import pino, { type Logger } from 'pino';
import { env } from './env.ts';

/**
 * The one logger. Structured JSON in production and when the output is not a terminal; a readable line per event
 * otherwise. Passwords, tokens and keys are cut out by path, whatever object they are logged in.
 */
export const log: Logger = pino({
  level: env.LOG_LEVEL,
  base: null,
  redact: {
    paths: [
      'password',
      'token',
      '*.password',
      '*.token',
      'apiKey',
      '*.apiKey',
      'EMBEDDING_API_KEY',
      '*.EMBEDDING_API_KEY',
      'EMBEDDING_ENDPOINTS',
      '*.EMBEDDING_ENDPOINTS',
      'authorization',
      '*.authorization',
      'headers.authorization',
    ],
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
