import { z } from 'zod';
import { readProxies } from './proxies.ts';

const entries = (value: string): string[] => value.split(',').flatMap((entry) => entry.trim() || []);

/** true, false, or nothing. */
const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((value) => value === 'true' || value === '1')
  .optional();

/** Whether a text is what a browser sends as Origin. */
const isOrigin = (value: string): boolean =>
  /^https?:\/\//.test(value) && URL.canParse(value) && new URL(value).origin === value;

const HOST_NAME = /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i;

/** A text for a reader that throws what is wrong with it. */
export const readBy = <T>(read: (value: string) => T) =>
  z
    .string()
    .default('')
    .transform((value, context) => {
      try {
        return read(value);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    });

/** What decides how the API is reached, and by whom: fields of the environment. */
export const httpFields = {
  /** Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses, ranges, `loopback`, `private`. */
  TRUSTED_PROXIES: readBy(readProxies),
  /** Names under which requests may come, where not all may; `*` lets all. */
  ALLOWED_HOSTS: z
    .string()
    .transform(entries)
    .refine((names) => names.every((name) => name === '*' || HOST_NAME.test(name)), {
      message: 'must be host names without ports, separated by commas, *.example.org for all below one, or *',
    })
    .optional(),
  /** Origins whose pages may call the API. */
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform(entries)
    .refine((origins) => origins.every((origin) => origin === '*' || isOrigin(origin)), {
      message: 'must be origins as https://app.example.org, separated by commas and without a path, or *',
    }),
  /** Seconds that a request to /graphql may take. */
  REQUEST_TIMEOUT_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
  /** Connections of clients that are open at the same time: in all, and from one address. */
  MAX_CONNECTIONS: z.coerce.number().int().min(1).max(1_000_000).default(10_000),
  MAX_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).max(1_000_000).default(2_000),
  /** GraphiQL at `/`, and whether the schema can be asked for, where the default does not fit. */
  GRAPHIQL: flag,
  INTROSPECTION: flag,
  /** File or folder with the only documents that are executed. */
  TRUSTED_DOCUMENTS: z.string().min(1).optional(),
};
