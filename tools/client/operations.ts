import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import {
  buildSchema,
  type DocumentNode,
  type FragmentDefinitionNode,
  parse,
  print,
  visit,
} from 'postgraphile/graphql';

const root = resolve(import.meta.dirname, '../..');

/** How values of the API's own scalars come in JSON. Numbers without bounds are strings. */
const SCALARS = {
  Base64EncodedBinary: 'string',
  BigFloat: 'string',
  BigInt: 'string',
  Cursor: 'string',
  Date: 'string',
  Datetime: 'string',
  JSON: 'unknown',
  UUID: 'string',
  Vector: 'number[]',
};

/** The operations as texts that carry their types: each with the fragments that it uses. */
function textsOf({ definitions }: DocumentNode): string {
  const fragments = new Map(
    definitions.filter((node) => node.kind === 'FragmentDefinition').map((node) => [node.name.value, node]),
  );
  const used = (node: Parameters<typeof visit>[0], found = new Set<FragmentDefinitionNode>()) => {
    visit(node, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value)!;
        if (!found.has(fragment)) used(fragment, found.add(fragment));
      },
    });
    return found;
  };
  return definitions
    .filter((node) => node.kind === 'OperationDefinition')
    .map((node) => {
      const name = node.name!.value;
      const kind = node.operation[0]!.toUpperCase() + node.operation.slice(1);
      const text = [node, ...used(node)].map((part) => print(part)).join('\n');
      return `export const ${name}Document = \`${text}\` as Document<${name}${kind}, ${name}${kind}Variables>;\n`;
    })
    .join('');
}

/** The text of client/generated.ts, as schema.graphql and client/operations.graphql are now. */
export async function clientOperations(): Promise<string> {
  const [schema, operations] = await Promise.all(
    ['schema.graphql', 'client/operations.graphql'].map((file) => readFile(resolve(root, file), 'utf8')),
  );
  const text = await codegen({
    filename: 'generated.ts',
    schema: parse(schema!),
    schemaAst: buildSchema(schema!),
    documents: [{ location: 'client/operations.graphql', document: parse(operations!) }],
    config: {
      scalars: SCALARS,
      defaultScalarType: 'unknown',
      enumType: 'string-literal',
      useTypeImports: true,
      skipTypename: true,
    },
    plugins: [{ operations: {} }, { documents: {} }],
    pluginMap: {
      operations: typescriptOperations,
      documents: { plugin: (_, documents) => textsOf(documents[0]!.document!) },
    },
  });
  return `// Made of client/operations.graphql and schema.graphql by tools/client-operations.ts: not to be edited.
import type { Document } from './client.ts';\n${text}`;
}
