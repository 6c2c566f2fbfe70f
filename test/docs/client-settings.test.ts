import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildSchema, isObjectType, isScalarType, isSpecifiedScalarType, parse } from 'postgraphile/graphql';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { readSchemaText } from '../support/schema.ts';

const page = readFileSync(join(projectFolder, 'docs/api.md'), 'utf8');
const block = (name: string) =>
  JSON.parse(new RegExp(`\`\`\`json ${name}\\n(.*?)\`\`\``, 's').exec(page)![1]!);
const scalars: Record<string, string> = block('scalars');

describe('settings of clients', () => {
  const text = readSchemaText();

  it('name every scalar', () => {
    const types = Object.values(buildSchema(text).getTypeMap());
    const own = types
      .filter((type) => isScalarType(type) && !isSpecifiedScalarType(type))
      .map(({ name }) => name);
    expect(Object.keys(scalars)).toEqual(own.sort());
  });

  it('name only types for the cache that have no id', () => {
    const schema = buildSchema(text);
    const keyless = [.../keys: \{ (.*?) \}/.exec(page)![1]!.matchAll(/(\w+): \(\) => null/g)].map(
      ([, name]) => name!,
    );
    expect(keyless).toContain('SearchResult');
    for (const name of keyless) {
      const type = schema.getType(name);
      expect(isObjectType(type) && !type.getFields().id, name).toBe(true);
    }
  });

  it('let graphql-codegen type every operation of the page', async () => {
    const documents = [...page.matchAll(/```graphql chat ?\w*\n(.*?)```/gs)].map(([, source], index) => ({
      location: `${index}.graphql`,
      // the generator wants names
      document: parse(source!.replace(/^\s*(query|mutation)/, `$1 Operation${index}`)),
    }));
    expect(documents.length).toBeGreaterThan(20);
    const types = await codegen({
      filename: 'types.ts',
      schema: parse(text),
      documents,
      config: { scalars, ...block('client-preset').config },
      plugins: [{ typescript: {} }, { operations: {} }],
      pluginMap: { typescript, operations },
    });
    expect(
      types.match(
        /export type RegisterInput = \{[^}]*\n {2}email: (?:string|Scalars\['String'\]\['input'\]);/,
      ),
    ).not.toBeNull();
    expect(types.match(/status\?: (?:InputMaybe<)?ToolCallStatus/)).not.toBeNull();
    expect(types.match(/: any;|\bany>/)).toBeNull();
  });
});
