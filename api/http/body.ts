import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.ts';

/**
 * Reads a body. The connection stays, so that a refusal can be answered.
 * @param what  in the words of the refusal: "A request"
 * @throws ApiError CQ413 for more than so many bytes
 */
export async function readBody(request: IncomingMessage, most: number, what: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    size += part.length;
    if (size > most) throw new ApiError('CQ413', `${what} has at most ${most} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
