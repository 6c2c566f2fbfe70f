import { type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIPv6 } from 'node:net';

export interface OutgoingRequest {
  headers: Record<string, string>;
  body: string;
  /** Milliseconds for everything. */
  timeout: number;
  /** The addresses to connect to, whatever the name of the host leads to. Absent: those of the name. */
  addresses?: readonly string[];
  signal?: AbortSignal;
}

export interface OutgoingAnswer {
  status: number;
  /** Seconds after which the other end wants to be asked again. */
  retryAfter: number | undefined;
}

/** Reads Retry-After, which is a number of seconds or a date. */
export function readRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}

/** In the place of the resolver: what was looked at is what is connected to. */
function lookupOf(addresses: readonly string[]): NonNullable<RequestOptions['lookup']> {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, callback) => {
    if (options.all) callback(null, found);
    else callback(null, found[0]!.address, found[0]!.family);
  };
}

/**
 * Posts a text on a connection of its own. The status is the answer: its body is never read, and redirects are not followed.
 * @throws Error when there is no answer in time
 */
export function post(
  url: URL,
  { headers, body, timeout, addresses, signal }: OutgoingRequest,
): Promise<OutgoingAnswer> {
  const ends = AbortSignal.timeout(timeout);
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = open(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      agent: false,
      maxHeaderSize: 16_384,
      signal: signal ? AbortSignal.any([signal, ends]) : ends,
      ...(addresses ? { lookup: lookupOf(addresses) } : {}),
    });
    request.once('response', (response) => {
      resolve({
        status: response.statusCode ?? 0,
        retryAfter: readRetryAfter(response.headers['retry-after']),
      });
      request.destroy();
    });
    request.on('error', (error) => {
      // several addresses were tried, each in vain
      const cause = error instanceof AggregateError ? (error.errors[0] as Error) : error;
      reject(ends.aborted ? new Error(`no answer in ${timeout / 1000} seconds`, { cause }) : cause);
    });
    request.end(body);
  });
}
