import { inOneLine } from '../lib/in-one-line.ts';
import { post } from '../lib/outgoing-request.ts';
import { allowedAddresses, ForbiddenAddress, type Resolve } from './addresses.ts';
import { signatureOf } from './signature.ts';

/** A delivery as the worker takes it. */
export interface Delivery {
  id: string;
  attempt: number;
  webhook_id: string;
  url: string;
  /** In base64. */
  secrets: string[];
  payload: Record<string, unknown>;
}

/** What became of an attempt; without an error it was accepted. */
export interface Outcome {
  status: number | null;
  error: string | null;
  retryAfter: number | null;
  /** Whether the receiver wants no more. */
  isGone: boolean;
}

export interface SendOptions {
  /** Networks that may be connected to although they are not public. */
  networks: readonly string[];
  /** Milliseconds for one attempt. Default: 10,000. */
  timeout?: number;
  /** Default: the name servers. */
  resolve?: Resolve;
  signal?: AbortSignal;
}

const failed = (error: string): Outcome => ({ status: null, error, retryAfter: null, isGone: false });

/** Makes one attempt to deliver. Nothing of what the receiver says is kept but its status. */
export async function sendDelivery(
  { id, url: address, secrets, payload }: Delivery,
  { networks, timeout = 10_000, resolve, signal }: SendOptions,
): Promise<Outcome> {
  const seconds = Math.floor(Date.now() / 1000);
  const body = JSON.stringify(payload);
  try {
    const url = new URL(address);
    const { status, retryAfter } = await post(url, {
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Colloquy-Webhooks',
        'webhook-id': id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': signatureOf(secrets, id, seconds, body),
      },
      body,
      timeout,
      addresses: await allowedAddresses(url, networks, resolve),
      ...(signal ? { signal } : {}),
    });
    if (status >= 200 && status < 300) return { status, error: null, retryAfter: null, isGone: false };
    return {
      status,
      error:
        status >= 300 && status < 400
          ? `It redirects (${status}), which is not followed.`
          : `It answered ${status}.`,
      retryAfter: retryAfter ?? null,
      isGone: status === 410,
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ForbiddenAddress) return failed(error.message);
    return failed(`It does not answer: ${inOneLine((error as Error).message, secrets)}`);
  }
}
