import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, code, endScene, one, setScene, tenants } from '../../support/library.ts';
import { describeReal } from '../../support/server.ts';

const RUNS = [
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox',
  'blob:https://example.org/1',
  'view-source:https://example.org',
  'intent://scan/#Intent;end',
  'ms-msdt:/id',
];
const NAMES = [
  'https://example.org/a?b=c#d',
  'http://localhost:3000/',
  'file:notes/tea.md',
  'colloquy:api.md',
  'notion:123',
  'notes on javascript: part one',
  'https://example.org/javascript:void',
  'database:1',
  'ä ö 茶',
];

describeReal('a source that others may click', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const make = (source: string) =>
    one(
      tenants.owner,
      'select * from app_public.create_document(title => $1, content => $1, source_url => $2)',
      'tea',
      source,
    );

  it.each(NAMES)('may be %s', async (source) => {
    expect((await make(source)).source_url).toBe(source);
  });

  it.each(RUNS)('is not %j', async (source) => {
    expect(await code(make(source))).toBe('23514');
    const { id } = await make('https://example.org/changed');
    const change = call(
      tenants.owner,
      'update app_public.documents set source_url = $2 where id = $1',
      id,
      source,
    );
    expect(await code(change)).toBe('23514');
  });

  it.each(RUNS)('is not %j in a list that is imported', async (source) => {
    const documents = JSON.stringify([
      { sourceUrl: source, title: 'bad', content: 'x' },
      { sourceUrl: `https://example.org/${RUNS.indexOf(source)}`, title: 'good', content: 'x' },
    ]);
    const { rows } = await call(
      tenants.owner,
      'select outcome, document_id from app_public.import_documents($1)',
      documents,
    );
    expect(rows.map((row) => row.document_id !== null)).toEqual([false, true]);
  });
});
