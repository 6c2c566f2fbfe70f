import type { ProviderErrorKind } from '../error.ts';
import { LONGEST_PAUSE } from './guard.ts';

const REDIRECTED = 'a redirect, which is not followed: set the address that it leads to';

/** What to do about an answer that will be the same until something is changed. */
export const REMEDIES: Record<number, string> = {
  301: REDIRECTED,
  302: REDIRECTED,
  303: REDIRECTED,
  307: REDIRECTED,
  308: REDIRECTED,
  401: 'check its API key',
  402: 'its account has no credit left',
  403: 'its API key lacks the right to use this model',
  404: 'check its base URL and the name of the model',
};

/** What the status of a refusal says about the next request. */
export function kindOf(status: number): ProviderErrorKind {
  if (status === 429) return 'rate_limited';
  if (status === 408 || status === 409 || status === 425 || status >= 500) return 'unavailable';
  if (status === 400 || status === 413 || status === 422) return 'bad_input';
  return 'misconfigured';
}

/**
 * Seconds that the headers of an answer ask to wait, as a number or a date, an hour at most; undefined when they ask
 * for nothing that can be understood.
 */
export function retryAfterOf(
  headers: Record<string, string> | undefined,
  now = Date.now(),
): number | undefined {
  const milliseconds = headers?.['retry-after-ms']?.trim();
  const value = headers?.['retry-after']?.trim();
  let seconds: number;
  if (milliseconds && /^\d+(\.\d+)?$/.test(milliseconds)) seconds = Number(milliseconds) / 1000;
  else if (value && /^\d+(\.\d+)?$/.test(value)) seconds = Number(value);
  else if (value && !Number.isNaN(Date.parse(value))) seconds = (Date.parse(value) - now) / 1000;
  else return undefined;
  return Math.min(Math.max(seconds, 0), LONGEST_PAUSE);
}
