import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type GraphQLSchema } from 'postgraphile/graphql';
import { projectFolder } from '../../lib/migrations.ts';

/** The GraphQL schema of the working tree, as text. test/api/server.test.ts proves that a migrated database has this one. */
export const readSchemaText = (): string => readFileSync(join(projectFolder, 'schema.graphql'), 'utf8');

export const readSchema = (): GraphQLSchema => buildSchema(readSchemaText());
