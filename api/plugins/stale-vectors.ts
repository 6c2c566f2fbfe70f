import { execute } from 'postgraphile/grafast';
import { GraphQLError } from 'postgraphile/graphql';
import { errorCode } from '../../lib/errors.ts';

/** The vector of a query belongs to a version that is no longer the active one. */
const STALE = 'CQ301';
/** A switch and its way back may follow each other closely. */
const ATTEMPTS = 3;

function isStale(error: unknown): boolean {
  const cause = error instanceof GraphQLError ? error.originalError : error;
  return errorCode(cause) === STALE;
}

/**
 * A query whose vector was on its way while the embedding version was switched is asked again, so that a switch fails
 * no search. Reading twice changes nothing; a mutation is never repeated.
 */
export const StaleVectorsPlugin: GraphileConfig.Plugin = {
  name: 'StaleVectorsPlugin',
  version: '1.0.0',
  grafast: {
    middleware: {
      async execute(next, { args }) {
        const isQuery = args.document.definitions.every(
          (one) => one.kind !== 'OperationDefinition' || one.operation === 'query',
        );
        let result = await next();
        for (let attempt = 0; isQuery && attempt < ATTEMPTS; attempt += 1) {
          if (!('errors' in result) || !result.errors?.some(isStale)) break;
          result = await execute({ ...args, middleware: null });
        }
        return result;
      },
    },
  },
};
