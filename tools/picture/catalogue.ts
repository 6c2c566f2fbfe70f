import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { projectFolder } from '../../lib/migrations.ts';

export interface Table {
  schema: string;
  name: string;
  kind: 'table' | 'view' | 'materialized view';
  comment: string | null;
  partitioned_by: string | null;
  has_row_security: boolean;
  is_row_security_forced: boolean;
  options: string | null;
  /** The query of a view. */
  definition: string | null;
  columns: {
    name: string;
    type: string;
    isNullable: boolean;
    value: string | null;
    comment: string | null;
  }[];
  constraints: { name: string; definition: string; isForeignKey: boolean }[];
  indexes: { name: string; definition: string; constraint: boolean }[];
  policies: {
    name: string;
    command: string;
    isPermissive: boolean;
    roles: string[];
    using: string | null;
    check: string | null;
  }[];
  triggers: { name: string; definition: string }[];
  referenced_by: { table: string; constraint: string; definition: string }[];
}

export interface Privilege {
  role: string;
  kind: string;
  object: string;
  privilege: string;
  /** Null: the whole object. */
  columns: string | null;
}

export interface Role {
  name: string;
  can_login: boolean;
  is_powerful: boolean;
  bypasses_row_security: boolean;
  member_of: { role: string; inherits: boolean; canBecome: boolean }[];
}

export interface Catalogue {
  tables: Table[];
  privileges: Privilege[];
  roles: Role[];
}

/** Reads a migrated database. Every name comes out with its schema, whatever the session was set to. */
export async function readCatalogue(client: pg.Client): Promise<Catalogue> {
  const read = async <Row extends pg.QueryResultRow>(name: string): Promise<Row[]> => {
    const sql = readFileSync(join(projectFolder, 'sql/catalogue', `${name}.sql`), 'utf8');
    return (await client.query<Row>(sql)).rows;
  };
  await client.query('set search_path = pg_catalog');
  return {
    tables: await read<Table>('tables'),
    privileges: await read<Privilege>('privileges'),
    roles: await read<Role>('roles'),
  };
}
