import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../shared/session.ts';

/** What a newcomer reads first: small enough to be searchable within seconds on a slow machine too. */
const FIRST_PAGES = ['README.md', 'docs/questions.md', 'docs/search.md', 'docs/tenancy.md'];

/** The pages of the project's documentation. */
function pageNames(folder: string, which: 'first' | 'rest'): string[] {
  const all = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(folder, 'docs')).map((name) => `docs/${name}`),
  ];
  return all
    .filter((name) => name.endsWith('.md') && FIRST_PAGES.includes(name) === (which === 'first'))
    .sort();
}

/** A page as import_documents wants it. */
function page(folder: string, name: string): object {
  const content = readFileSync(join(folder, name), 'utf8');
  const title = /^# (.+)$/m.exec(content)?.[1] ?? name;
  return { sourceUrl: `colloquy:${name}`, title, content, contentType: 'markdown' };
}

/** Imports documentation for whoever is signed in. Again, it changes only what was edited. Returns how many pages are new. */
export async function importDocumentation(
  session: Session,
  folder: string,
  which: 'first' | 'rest',
): Promise<number> {
  const pages = pageNames(folder, which).map((name) => page(folder, name));
  const { rows } = await session.transaction((client) =>
    client.query<{ outcome: string }>('select outcome from app_public.import_documents($1::jsonb)', [
      JSON.stringify(pages),
    ]),
  );
  return rows.filter((row) => row.outcome === 'added').length;
}
