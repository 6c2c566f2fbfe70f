import { createHmac } from 'node:crypto';

/**
 * The header webhook-signature of the Standard Webhooks specification: one signature for each key, so that a receiver that knows
 * one of them can check it.
 * @param keys  in base64, without whsec_
 */
export function signatureOf(keys: readonly string[], id: string, seconds: number, body: string): string {
  return keys
    .map((key) => {
      const hmac = createHmac('sha256', Buffer.from(key, 'base64')).update(`${id}.${seconds}.${body}`);
      return `v1,${hmac.digest('base64')}`;
    })
    .join(' ');
}
