import { z } from 'zod';
import { readProxies } from './proxies.ts';

/** What decides how the API is reached: fields of the environment. */
export const httpFields = {
  /** Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses, ranges, `loopback`, `private`. */
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((value, context) => {
      try {
        return readProxies(value);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as TypeError).message });
        return z.NEVER;
      }
    }),
};
