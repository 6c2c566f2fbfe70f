import type { IncomingMessage } from 'node:http';
import type { RequestDigest, Result } from 'postgraphile/grafserv';
import { NodeGrafserv } from 'postgraphile/grafserv/node';
import { ColloquyError } from '../lib/errors.ts';
import type { OwnOperation } from './plugins/requests.ts';

/** A server that answers what comes over HTTP, and what this process asks itself. */
export class OwnGrafserv extends NodeGrafserv {
  async answer(digest: RequestDigest): Promise<Result | null> {
    return this.processRequest(digest);
  }
}

interface Answer {
  data?: unknown;
  errors?: { message: string; extensions?: { code?: string; hint?: string } }[];
}

/** Asks the API one operation, and returns its data. */
export type OwnOperations = (
  request: IncomingMessage,
  own: OwnOperation,
  document: string,
  variables: Record<string, unknown>,
) => Promise<unknown>;

/**
 * Asks GraphQL what another kind of request needs, as its caller: the same door, limits, deadline and errors as over HTTP; but for
 * trusted documents, since the document is this server's own.
 */
export const ownOperations =
  (serv: OwnGrafserv): OwnOperations =>
  async (request, own, query, variables) => {
    const result = await serv.answer({
      httpVersionMajor: request.httpVersionMajor,
      httpVersionMinor: request.httpVersionMinor,
      isSecure: false,
      method: 'POST',
      path: '/graphql',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      getQueryParams: () => ({}),
      getBody: () => ({ type: 'json', json: { query, variables: variables as Record<string, never> } }),
      requestContext: { node: { req: request } as never, own },
      preferJSON: true,
    });
    if (result?.type !== 'json') throw new Error(`GraphQL answered with ${result?.type}`);
    const { data, errors } = result.json as Answer;
    const [error] = errors ?? [];
    if (!error) return data;
    const { code = 'CQ500', hint } = error.extensions ?? {};
    throw new ColloquyError(code, error.message, hint === undefined ? {} : { hint });
  };
