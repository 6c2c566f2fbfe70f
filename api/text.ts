import { ApiError } from './errors.ts';
import { MAX_VARIABLE_DEPTH } from './limits.ts';

/** PostgreSQL stores neither NUL nor half of a surrogate pair: the first is dropped, the second becomes U+FFFD. */
export function cleanText(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '') : text).toWellFormed();
}

/**
 * The same for every string of a JSON value, keys included.
 * @throws ApiError CQ400 when it is nested deeper than a request may be
 */
export function cleanJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_VARIABLE_DEPTH) {
    throw new ApiError('CQ400', `Variables are nested deeper than ${MAX_VARIABLE_DEPTH} levels.`);
  }
  if (Array.isArray(value)) return value.map((item) => cleanJson(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleanText(key), cleanJson(item, depth + 1)]),
  );
}
