import { execute } from 'postgraphile/grafast';
import { GraphQLError } from 'postgraphile/graphql';
import { errorCode } from '../../lib/errors.ts';

/** The vector of a query belongs to a version that is no longer the active one. */
const STALE = 'CQ301';

function isStale(error: unknown): boolean {
  const cause = error instanceof GraphQLError ? error.originalError : error;
  return errorCode(cause) === STALE;
}

/**
 * A query whose vector was on its way while the embedding version was switched is asked once more, so that a switch fails
 * no search. Reading twice changes nothing; a mutation is never repeated.
 */
export const StaleVectorsPlugin: GraphileConfig.Plugin = {
  name: 'StaleVectorsPlugin',
  version: '1.0.0',
  grafast: {
    middleware: {
      async execute(next, { args }) {
        const result = await next();
        const isQuery = args.document.definitions.every(
          (one) => one.kind !== 'OperationDefinition' || one.operation === 'query',
        );
        if (!isQuery || !('errors' in result) || !result.errors?.some(isStale)) return result;
        return execute({ ...args, middleware: null });
      },
    },
  },
};
