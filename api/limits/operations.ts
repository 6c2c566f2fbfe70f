import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type ValueNode,
} from 'postgraphile/graphql';
import { ApiError } from '../errors.ts';
import {
  DEFAULT_PAGE_SIZE,
  MAX_ALIASES,
  MAX_COST,
  MAX_DEPTH,
  MAX_PAGE_SIZE,
  MAX_ROOT_FIELDS,
} from './values.ts';

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

function fragmentsOf(document: DocumentNode): Fragments {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** What of a selection set counts, whatever way it is written: a fragment counts at every place it is used. */
function* fieldsOf(
  set: SelectionSetNode,
  fragments: Fragments,
  seen: readonly string[],
): Generator<{ field: FieldNode; on?: string; seen: readonly string[] }> {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      yield { field: selection, seen };
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const on = selection.typeCondition?.name.value;
      for (const inner of fieldsOf(selection.selectionSet, fragments, seen)) {
        yield inner.on || !on ? inner : { ...inner, on };
      }
    } else {
      const name = selection.name.value;
      const fragment = fragments.get(name);
      if (!fragment) continue; // validation says so
      if (seen.includes(name)) throw new ApiError('CQ400', 'A fragment contains itself.');
      for (const inner of fieldsOf(fragment.selectionSet, fragments, [...seen, name])) {
        yield inner.on ? inner : { ...inner, on: fragment.typeCondition.name.value };
      }
    }
  }
}

/**
 * What can be said without variables and types: depth, root fields, aliases. Comes before validation, whose effort it
 * bounds. Introspection, where it is allowed, may be as deep as tools need it.
 * @throws ApiError CQ400
 */
export function checkShape(document: DocumentNode, options: { introspection: boolean }): void {
  const fragments = fragmentsOf(document);
  let aliases = 0;
  let visited = 0;

  function walk(set: SelectionSetNode, depth: number, seen: readonly string[], limit: number): number {
    if (depth > limit) {
      throw new ApiError('CQ400', `An operation is at most ${MAX_DEPTH} fields deep.`, 'Split it.');
    }
    let count = 0;
    for (const { field, seen: within } of fieldsOf(set, fragments, seen)) {
      count += 1;
      visited += 1;
      if (field.alias) aliases += 1;
      if (aliases > MAX_ALIASES)
        throw new ApiError('CQ400', `A document has at most ${MAX_ALIASES} aliases.`);
      // Fragments within fragments can multiply: more fields than tokens is such a case.
      if (visited > MAX_COST)
        throw new ApiError('CQ400', 'The document selects too many fields.', 'Split it.');
      const isIntrospection = options.introspection && /^__(schema|type)$/.test(field.name.value);
      if (field.selectionSet) walk(field.selectionSet, depth + 1, within, isIntrospection ? 30 : limit);
    }
    return count;
  }

  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (walk(definition.selectionSet, 1, [], MAX_DEPTH) > MAX_ROOT_FIELDS) {
      throw new ApiError('CQ400', `An operation has at most ${MAX_ROOT_FIELDS} root fields.`, 'Split it.');
    }
  }
}

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
function withDefaults(
  operation: NonNullable<ReturnType<typeof getOperationAST>>,
  given: Variables,
): Variables {
  const variables: Record<string, unknown> = {};
  for (const definition of operation.variableDefinitions ?? []) {
    const fallback = definition.defaultValue;
    if (fallback?.kind === Kind.INT) variables[definition.variable.name.value] = Number(fallback.value);
  }
  return { ...variables, ...given };
}

/**
 * How many objects an operation may return at most, by the page sizes it asks for.
 * @throws ApiError CQ200 for a page size out of range, CQ400 when the operation may return too much
 */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  given: Variables | null | undefined,
): number {
  const operation = getOperationAST(document, operationName);
  if (!operation) return 0; // execution says so
  const fragments = fragmentsOf(document);
  const variables = withDefaults(operation, given ?? {});
  let cost = 0;

  function walk(
    set: SelectionSetNode,
    parent: GraphQLOutputType,
    times: number,
    rows: number,
    seen: readonly string[],
  ): void {
    for (const { field, on, seen: within } of fieldsOf(set, fragments, seen)) {
      const type = on === undefined ? getNamedType(parent) : (schema.getType(on) ?? parent);
      if (!isObjectType(type) && !isInterfaceType(type)) continue;
      const definition = type.getFields()[field.name.value];
      if (!definition || !field.selectionSet || !isCompositeType(getNamedType(definition.type))) continue;
      const size = pageSize(field, definition, variables);
      // The rows of a connection are below its nodes or edges; whatever else it has is there once.
      const here = isListType(getNullableType(definition.type)) ? times * rows : times;
      if (definition.name !== 'node') cost += here;
      if (cost > MAX_COST) {
        const hint = 'Ask for smaller pages, or for less within each row.';
        throw new ApiError('CQ400', `This operation may return more than ${MAX_COST} objects.`, hint);
      }
      walk(field.selectionSet, definition.type, here, size, within);
    }
  }

  walk(operation.selectionSet, schema.getRootType(operation.operation)!, 1, 1, []);
  return cost;
}
