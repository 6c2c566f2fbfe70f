import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'postgraphile/graphql';
import { ApiError } from '../errors.ts';
import { filterCounter, tooBroad } from './filters.ts';
import { selectionSummer } from './fragments.ts';
import { type Costs, CREDENTIAL_FIELDS, credentialsOf } from './rates.ts';
import {
  DEFAULT_PAGE_SIZE,
  MAX_COST,
  MAX_CREDENTIALS,
  MAX_FILTER_BRANCHES,
  MAX_PAGE_SIZE,
  MAX_SEARCHES,
} from './values.ts';

type Variables = Readonly<Record<string, unknown>>;

function argument(field: FieldNode, name: string, variables: Variables): unknown {
  const node: ValueNode | undefined = field.arguments?.find(
    (candidate) => candidate.name.value === name,
  )?.value;
  if (!node) return undefined;
  if (node.kind === Kind.VARIABLE) return variables[node.name.value];
  return node.kind === Kind.INT ? Number(node.value) : undefined;
}

/** Rows that a field may return: the page size of a connection, 1 of anything else. */
function pageSize(
  field: FieldNode,
  definition: GraphQLField<unknown, unknown>,
  variables: Variables,
): number {
  if (!definition.args.some((arg) => arg.name === 'first')) return 1;
  const first = argument(field, 'first', variables) ?? undefined;
  const last = argument(field, 'last', variables) ?? undefined;
  if (first !== undefined && last !== undefined) {
    throw new ApiError('CQ200', `${field.name.value} takes either first or last, not both.`);
  }
  const size = first ?? last ?? DEFAULT_PAGE_SIZE;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > MAX_PAGE_SIZE) {
    const hint = 'Ask for a page, then for the next one with after: endCursor.';
    throw new ApiError('CQ200', `first and last are 0 to ${MAX_PAGE_SIZE}.`, hint);
  }
  return size;
}

/** Default values of the operation's variables, beneath those that came with the request. */
function withDefaults(operation: OperationDefinitionNode, given: Variables): Variables {
  const variables: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue) variables[variable.name.value] = valueFromASTUntyped(defaultValue);
  }
  return { ...variables, ...given };
}

interface Sum {
  /** Objects that are there once. */
  once: number;
  /** Objects that are there once for each row of the connection that the selection belongs to. */
  perRow: number;
  branches: number;
}

const EMPTY: Sum = { once: 0, perRow: 0, branches: 0 };

const add = (a: Sum, b: Sum): Sum => ({
  once: a.once + b.once,
  perRow: a.perRow + b.perRow,
  branches: a.branches + b.branches,
});

function demand({ once, perRow, branches }: Sum, costs: Costs): void {
  if (credentialsOf(costs) > MAX_CREDENTIALS) {
    const names = [...CREDENTIAL_FIELDS].join(', ');
    throw new ApiError('CQ423', `An operation has one of ${names}, once.`, 'Send each in its own request.');
  }
  if ((costs.get('searches') ?? 0) > MAX_SEARCHES) {
    const hint = 'Send the others in further requests.';
    throw new ApiError('CQ426', `An operation has at most ${MAX_SEARCHES} searches.`, hint);
  }
  if (branches > MAX_FILTER_BRANCHES) throw tooBroad();
  if (once + perRow > MAX_COST) {
    const hint = 'Ask for smaller pages, or for less within each row.';
    throw new ApiError('CQ400', `This operation may return more than ${MAX_COST} objects.`, hint);
  }
}

/** Objects of operations that ask for the same whatever their variables are; of nothing that is refused. */
const fixed = new WeakMap<OperationDefinitionNode, number>();

/**
 * What an operation asks for at most: objects, by its page sizes; searches; branches of filters; uses of a password or token.
 * @param costs  how often it has the fields that limits count, of operationCosts
 * @throws ApiError CQ200 for a page size out of range, CQ400 when the operation may return too much, CQ423 for several uses of
 *   credentials, CQ424 for filters that are too broad, CQ426 for too many searches
 */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  given: Variables | null | undefined,
  costs: Costs,
): number {
  const operation = getOperationAST(document, operationName);
  if (!operation) return 0; // execution says so
  const known = fixed.get(operation);
  if (known !== undefined) return known;
  let isFixed = true;
  const variables = new Proxy(withDefaults(operation, given ?? {}), {
    get(values, name) {
      isFixed = false;
      return Reflect.get(values, name);
    },
  });
  const branchesOf = filterCounter(variables);

  const sumOf = selectionSummer(document, EMPTY, add, (field, parent, below): Sum => {
    const type = schema.getType(parent);
    if (!isObjectType(type) && !isInterfaceType(type)) return EMPTY;
    const name = field.name.value;
    const definition = type.getFields()[name];
    if (!definition) return EMPTY;
    const branches = branchesOf(field, definition);
    const result = getNamedType(definition.type);
    if (!field.selectionSet || !isCompositeType(result)) return { ...EMPTY, branches };
    const size = pageSize(field, definition, variables);
    const within = below(field.selectionSet, result.name);
    const objects = (name === 'node' ? 0 : 1) + within.once + size * within.perRow;
    // The rows of a connection are below its nodes or edges; whatever else it has is there once.
    const isList = isListType(getNullableType(definition.type));
    return {
      once: isList ? 0 : objects,
      perRow: isList ? objects : 0,
      branches: branches + within.branches,
    };
  });

  const sum = sumOf(operation.selectionSet, schema.getRootType(operation.operation)?.name ?? '');
  demand(sum, costs);
  const objects = sum.once + sum.perRow;
  if (isFixed) fixed.set(operation, objects);
  return objects;
}
