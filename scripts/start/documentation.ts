import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../shared/session.ts';

/** What a newcomer reads first: small enough to be searchable within seconds on a slow machine too. */
const FIRST_PAGES = ['README.md', 'docs/questions.md', 'docs/tenancy.md'];
/** And then: what people and client developers ask. What operators read would stand before it in every search. */
const MORE_PAGES = [
  'docs/accounts.md',
  'docs/api.md',
  'docs/glossary.md',
  'docs/import.md',
  'docs/lifecycle.md',
  'docs/search.md',
];

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
  const names = which === 'first' ? FIRST_PAGES : MORE_PAGES;
  const pages = names.map((name) => page(folder, name));
  const { rows } = await session.transaction((client) =>
    client.query<{ outcome: string }>('select outcome from app_public.import_documents($1::jsonb)', [
      JSON.stringify(pages),
    ]),
  );
  return rows.filter((row) => row.outcome === 'added').length;
}
