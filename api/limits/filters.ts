import { type FieldNode, type GraphQLField, getNamedType, valueFromASTUntyped } from 'postgraphile/graphql';
import { ApiError } from '../errors.ts';
import { MAX_FILTER_BRANCHES, MAX_FILTER_VALUES, MAX_LIST } from './values.ts';

type Variables = Readonly<Record<string, unknown>>;

const LOGICAL = new Set(['and', 'or', 'not']);

const TOO_BROAD = `The filters of an operation have at most ${MAX_FILTER_BRANCHES} branches in and, or and not.`;

/**
 * Counts the branches of the filters of an operation, in its document and in its variables. Everything in a filter is looked at, and
 * looking ends where there is too much of it.
 * @throws ApiError CQ424 for one filter that is too much by itself
 */
export function filterCounter(variables: Variables) {
  let values = 0;

  function branchesOf(value: unknown): number {
    values += 1;
    if (values > MAX_FILTER_VALUES) throw tooBroad();
    if (typeof value !== 'object' || value === null) return 0;
    if (Array.isArray(value)) {
      if (value.length > MAX_LIST) {
        const hint = 'Ask several times, each for a part of the list.';
        throw new ApiError('CQ424', `A list in a filter has at most ${MAX_LIST} values.`, hint);
      }
      return value.reduce((sum: number, item) => sum + branchesOf(item), 0);
    }
    let branches = 0;
    for (const [name, inner] of Object.entries(value)) {
      branches += branchesOf(inner);
      if (LOGICAL.has(name)) branches += Array.isArray(inner) ? inner.length : 1;
      if (branches > MAX_FILTER_BRANCHES) throw tooBroad();
    }
    return branches;
  }

  /** Branches of the filters among the arguments of a field. */
  return (field: FieldNode, definition: GraphQLField<unknown, unknown>): number => {
    let branches = 0;
    for (const { name, value } of field.arguments ?? []) {
      const type = definition.args.find((arg) => arg.name === name.value)?.type;
      if (!type || !getNamedType(type).name.endsWith('Filter')) continue;
      branches += branchesOf(valueFromASTUntyped(value, variables));
    }
    return branches;
  };
}

export function tooBroad(): ApiError {
  return new ApiError(
    'CQ424',
    TOO_BROAD,
    'Use in: […] for several values of one field, or ask several times.',
  );
}
