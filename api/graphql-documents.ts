import { LRUCache } from 'lru-cache';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  Source,
  specifiedRules,
  validate,
  visit,
} from 'postgraphile/graphql';
import { cleanText } from '../lib/storable.ts';
import { fieldOfRequest } from './error-fields.ts';
import { ApiError, publicError } from './errors.ts';
import { checkShape } from './limits/shape.ts';
import { MAX_DOCUMENT_LENGTH, MAX_DOCUMENT_TOKENS } from './limits/values.ts';

const CACHE_SIZE = 500;

/** A document that may be executed, or what is wrong with it. */
export type Checked =
  | { document: DocumentNode; errors?: never }
  | { document?: never; errors: GraphQLError[] };

/** An error about the document, with code CQ400 unless it has one, and with its place in the document. */
function coded(error: unknown, options: { introspection: boolean }, document?: DocumentNode): GraphQLError {
  if (error instanceof ApiError) return error;
  if (error instanceof GraphQLError) {
    // Whoever may not ask for the schema is not told its names one guess at a time either.
    const message = options.introspection ? error.message : error.message.replace(/ Did you mean .*$/s, '');
    const field = fieldOfRequest(error, document);
    return new GraphQLError(message, {
      nodes: error.nodes ?? null,
      source: error.source ?? null,
      positions: error.positions ?? null,
      extensions: { code: 'CQ400', ...(field ? { field } : {}) },
    });
  }
  if (error instanceof RangeError) return new ApiError('CQ400', 'The document is nested too deeply.');
  const { message, ...extensions } = publicError(error);
  return new GraphQLError(message, { extensions: { ...extensions } });
}

/** The document with the text of its string literals cleaned, as that of variables is. */
function cleanLiterals(document: DocumentNode): DocumentNode {
  return visit(document, {
    [Kind.STRING](node) {
      const value = cleanText(node.value);
      return value === node.value ? undefined : { ...node, value };
    },
  });
}

/** Validation has nothing to say about operations of a kind that the schema lacks. */
function checkKinds(schema: GraphQLSchema, document: DocumentNode): void {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION || schema.getRootType(definition.operation)) continue;
    throw new ApiError('CQ400', `There is no ${definition.operation} here.`, 'Send a query or a mutation.');
  }
}

/**
 * Parses, bounds and validates documents, and remembers the answers: of all callers together where a document has no text in it,
 * which is how programs write them; else by workspace, so that the time tells no tenant what another one has asked. Of visitors,
 * who share no workspace and write passwords, no text is remembered.
 */
export function documentChecker(
  schema: GraphQLSchema,
  options: { introspection: boolean },
): (query: string, workspaceId?: string) => Checked {
  const cache = new LRUCache<string, Checked>({ max: CACHE_SIZE });
  const rules = options.introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];

  function check(query: string): Checked {
    try {
      if (query.length > MAX_DOCUMENT_LENGTH) {
        const hint = 'Pass long texts as variables.';
        throw new ApiError('CQ400', `A document has at most ${MAX_DOCUMENT_LENGTH} characters.`, hint);
      }
      const source = new Source(query, 'GraphQL request');
      const document = cleanLiterals(parse(source, { maxTokens: MAX_DOCUMENT_TOKENS }));
      checkShape(document, options);
      checkKinds(schema, document);
      const errors = validate(schema, document, rules);
      return errors.length > 0
        ? { errors: errors.map((error) => coded(error, options, document)) }
        : { document };
    } catch (error) {
      return { errors: [coded(error, options)] };
    }
  }

  return (query, workspaceId) => {
    const hasText = query.includes('"');
    if (hasText && !workspaceId) return check(query);
    const key = hasText ? `${workspaceId} ${query}` : query;
    const known = cache.get(key);
    if (known) return known;
    const result = check(query);
    cache.set(key, result);
    return result;
  };
}
