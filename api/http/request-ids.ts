import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface RequestIds {
  /** Ours: made for every request, so that nobody can choose the id of another's. */
  id: string;
  /** What came as X-Request-Id, when it is fit for a log: of the client, or of a proxy. */
  clientId?: string;
}

const CLIENT_ID = /^[\w.:-]{1,100}$/;
const known = new WeakMap<IncomingMessage, RequestIds>();

/** The ids of a request: the same at every call. */
export function requestIds(request: IncomingMessage): RequestIds {
  let ids = known.get(request);
  if (!ids) {
    const given = request.headers['x-request-id'];
    const isFit = typeof given === 'string' && CLIENT_ID.test(given);
    ids = { id: randomUUID(), ...(isFit ? { clientId: given } : {}) };
    known.set(request, ids);
  }
  return ids;
}
