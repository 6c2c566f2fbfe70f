import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';

export interface Progress {
  chunks: string;
  embedded_chunks: string;
  is_complete: boolean;
}

/** Runs one request as the holder of a token, as the API does. */
async function asHolder<T>(
  database: Database,
  token: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.pool('authenticator').connect();
  try {
    const { rows } = await client.query('select * from app_hidden.authenticate(token => $1)', [token]);
    const caller = rows[0];
    await client.query('begin');
    await client.query(
      `select set_config('role', $1, true), set_config('colloquy.user_id', $2, true),
         set_config('colloquy.workspace_id', $3, true), set_config('colloquy.member_role', $4, true)`,
      [caller.database_role, caller.user_id, caller.workspace, caller.member_role],
    );
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** The pages of the project's documentation, as import_documents wants them. */
function pages(folder: string): object[] {
  const names = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(folder, 'docs')).map((name) => `docs/${name}`),
  ];
  return names
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => {
      const content = readFileSync(join(folder, name), 'utf8');
      const title = /^# (.+)$/m.exec(content)?.[1] ?? name;
      return { sourceUrl: `colloquy:${name}`, title, content, contentType: 'markdown' };
    });
}

/** Imports the documentation for the holder of a token. Again, it changes only what was edited. */
export async function importDocumentation(
  database: Database,
  token: string,
  folder: string,
): Promise<{ added: number; progress(): Promise<Progress> }> {
  const outcomes = await asHolder(database, token, async (client) => {
    const { rows } = await client.query('select outcome from app_public.import_documents($1::jsonb)', [
      JSON.stringify(pages(folder)),
    ]);
    return rows.map((row: { outcome: string }) => row.outcome);
  });
  return {
    added: outcomes.filter((outcome) => outcome === 'added').length,
    progress: () =>
      asHolder(
        database,
        token,
        async (client) => (await client.query('select * from app_public.indexing_progress()')).rows[0],
      ),
  };
}
