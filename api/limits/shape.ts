import { type DocumentNode, Kind } from 'postgraphile/graphql';
import { ApiError } from '../errors.ts';
import { selectionSummer } from './fragments.ts';
import { MAX_ALIASES, MAX_COST, MAX_DEPTH, MAX_INTROSPECTION_DEPTH, MAX_ROOT_FIELDS } from './values.ts';

interface Shape {
  /** Fields side by side. */
  width: number;
  /** Fields in all. */
  fields: number;
  aliases: number;
  /** Levels of fields beneath, and those that are within introspection. */
  depth: number;
  introspectionDepth: number;
}

const EMPTY: Shape = { width: 0, fields: 0, aliases: 0, depth: 0, introspectionDepth: 0 };

const add = (a: Shape, b: Shape): Shape => ({
  width: a.width + b.width,
  fields: a.fields + b.fields,
  aliases: a.aliases + b.aliases,
  depth: Math.max(a.depth, b.depth),
  introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
});

/**
 * What can be said without variables and types: depth, root fields, aliases. Comes before validation, whose effort it
 * bounds. Introspection, where it is allowed, may be as deep as tools need it.
 * @throws ApiError CQ400
 */
export function checkShape(document: DocumentNode, options: { introspection: boolean }): void {
  const shapeOf = selectionSummer(document, EMPTY, add, (field, _, sumOf): Shape => {
    const below = field.selectionSet ? sumOf(field.selectionSet, '') : EMPTY;
    const isIntrospection = options.introspection && /^__(schema|type)$/.test(field.name.value);
    return {
      width: 1,
      fields: 1 + below.fields,
      aliases: (field.alias ? 1 : 0) + below.aliases,
      depth: isIntrospection ? 1 : 1 + below.depth,
      introspectionDepth: isIntrospection
        ? 1 + Math.max(below.depth, below.introspectionDepth)
        : below.introspectionDepth && 1 + below.introspectionDepth,
    };
  });

  let all = EMPTY;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const shape = shapeOf(definition.selectionSet, '');
    if (shape.depth > MAX_DEPTH || shape.introspectionDepth > MAX_INTROSPECTION_DEPTH) {
      throw new ApiError('CQ400', `An operation is at most ${MAX_DEPTH} fields deep.`, 'Split it.');
    }
    if (shape.width > MAX_ROOT_FIELDS) {
      throw new ApiError('CQ400', `An operation has at most ${MAX_ROOT_FIELDS} root fields.`, 'Split it.');
    }
    all = add(all, shape);
  }
  if (all.aliases > MAX_ALIASES) {
    const hint = 'Split it.';
    throw new ApiError('CQ400', `A document has at most ${MAX_ALIASES} aliases.`, hint);
  }
  // Fragments within fragments can multiply: more fields than tokens is such a case.
  if (all.fields > MAX_COST) {
    throw new ApiError('CQ400', 'The document selects too many fields.', 'Split it.');
  }
}
