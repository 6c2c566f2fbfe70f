import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../shared/session.ts';

export interface Progress {
  chunks: string;
  embedded_chunks: string;
  is_complete: boolean;
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

/** Imports the documentation for whoever is signed in. Again, it changes only what was edited. */
export async function importDocumentation(
  session: Session,
  folder: string,
): Promise<{ added: number; progress(): Promise<Progress> }> {
  const { rows } = await session.transaction((client) =>
    client.query<{ outcome: string }>('select outcome from app_public.import_documents($1::jsonb)', [
      JSON.stringify(pages(folder)),
    ]),
  );
  return {
    added: rows.filter((row) => row.outcome === 'added').length,
    progress: async () =>
      (await session.transaction((client) => client.query('select * from app_public.indexing_progress()')))
        .rows[0],
  };
}
