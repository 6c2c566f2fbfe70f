import { type ASTNode, type DocumentNode, type GraphQLError, Kind, visit } from 'postgraphile/graphql';

/** What every table has, and no client sends. */
const SILENT = new Set(['id', 'workspace_id', 'owner_id', 'user_id', 'created_by']);

const camelCase = (name: string): string =>
  name.replace(/_+([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** The columns of the constraints of the database, by their names. */
const constraints = new Map<string, readonly string[]>();

/** Takes down which columns a constraint is about; the catalogue is read when the schema is built. */
export function rememberConstraint(name: string, columns: readonly string[]): void {
  constraints.set(name, columns);
}

/** The GraphQL field that a constraint is about, where it is one. */
export function fieldOfConstraint(name: string | undefined): string | undefined {
  const columns = constraints.get(name ?? '') ?? [];
  const said = columns.length === 1 ? columns : columns.filter((column) => !SILENT.has(column));
  return said.length === 1 ? camelCase(said[0]!) : undefined;
}

/** The name of a column, or of an argument of a function, as clients know it. */
export const fieldOfColumn = camelCase;

/** A path as clients think of it: what is in the only argument of a mutation, or in a patch, is called by its own name. */
function shortened(path: string): string | undefined {
  return path.replace(/^\.?input(?:\.|(?=\[)|$)/, '').replace(/^patch(?:\.|$)/, '') || undefined;
}

const joined = (path: string, name: string): string => (path ? `${path}.${name}` : name);

/** What an error about the value of a variable is about: `Variable "$input" got invalid value 1 at "input.title"; …`. */
function fieldOfVariable(message: string): string | undefined {
  const missing = /^Variable "\$(\w+)" of (?:required|non-null) type /.exec(message);
  if (missing) return shortened(missing[1]!);
  const found =
    /^Variable "\$(\w+)" got invalid value .*?(?: at "([^"]*)")?; (?:Field "(\w+)" (?:of required|is not))?/s.exec(
      message,
    );
  if (!found) return undefined;
  const [, variable, path, field] = found;
  const place = path ?? variable!;
  return shortened(field ? joined(place, field) : place);
}

/** What an error about a place in the document is about: the arguments and fields around it. */
function fieldOfPlace(document: DocumentNode, node: ASTNode): string | undefined {
  let found: string | undefined;
  const path: string[] = [];
  visit(document, {
    enter(one, _key, parent) {
      if (
        Array.isArray(parent) &&
        one.kind !== Kind.OBJECT_FIELD &&
        one.kind !== Kind.ARGUMENT &&
        isValue(one)
      )
        path.push(`[${parent.indexOf(one)}]`);
      else if (one.kind === Kind.ARGUMENT || one.kind === Kind.OBJECT_FIELD) path.push(`.${one.name.value}`);
      else path.push('');
      if (
        found === undefined &&
        one.kind === node.kind &&
        one.loc?.start === node.loc?.start &&
        one.loc?.end === node.loc?.end
      )
        found = path.join('').replace(/^\./, '');
    },
    leave() {
      path.pop();
    },
  });
  return found || undefined;
}

const isValue = (node: ASTNode): boolean => node.kind.endsWith('Value') || node.kind === Kind.VARIABLE;

/**
 * The argument or input field that an error of GraphQL is about, by its path: `title`, `toolCalls[0].status`. The document as it was
 * parsed, for errors that validation found in it.
 */
export function fieldOfRequest(error: GraphQLError, document?: DocumentNode): string | undefined {
  const { message, nodes } = error;
  if (message.startsWith('Variable "')) return fieldOfVariable(message);
  const argument =
    /argument "(\w+)" of type .* is required/.exec(message)?.[1] ??
    /^Unknown argument "(\w+)"/.exec(message)?.[1];
  if (argument) return argument;
  if (!document || !nodes?.[0]) return undefined;
  const place = fieldOfPlace(document, nodes[0]) ?? '';
  const missing = /^Field "\w+\.(\w+)" of required type /.exec(message)?.[1];
  return shortened(missing ? joined(place, missing) : place);
}
