import type { Pool } from 'pg';
import type { Terms } from './bm25.ts';

/** Scripts that put no spaces between words: Chinese and Japanese, Thai, Lao, Khmer, Burmese. */
const RUN =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々〆]+/gu;

const BATCH = 500;

export interface Text {
  text: string;
  /** A configuration of PostgreSQL's text search: english, german, simple. */
  language: string;
}

/** Whether most of a text is in scripts without spaces. */
export function isUnspaced(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const within = (text.match(RUN) ?? []).reduce((sum, run) => sum + run.length, 0);
  return letters > 0 && within > letters / 2;
}

/** Pairs of neighbouring characters of what is written without spaces; a single one stands for itself. */
export function bigrams(text: string): string[] {
  return (text.normalize('NFKC').match(RUN) ?? []).flatMap((run) => {
    const characters = [...run];
    if (characters.length === 1) return characters;
    return characters.slice(1).map((character, index) => characters[index]! + character);
  });
}

/** The terms of texts: the lexemes that PostgreSQL makes of words, and pairs of characters where words have no borders. */
export async function termsOf(pool: Pool, texts: readonly Text[]): Promise<Terms[]> {
  const all: Terms[] = [];
  for (let start = 0; start < texts.length; start += BATCH) {
    const batch = texts.slice(start, start + BATCH);
    const { rows } = await pool.query<{ lexemes: Record<string, number> | null }>(
      `select (
         select jsonb_object_agg(l.lexeme, coalesce(cardinality(l.positions), 1))
         from unnest(to_tsvector(('pg_catalog.' || t.language)::regconfig, t.words)) as l
       ) as lexemes
       from unnest($1::text[], $2::text[]) with ordinality as t (words, language, place) order by t.place`,
      [
        batch.map(({ text }) => text.normalize('NFKC').replace(RUN, ' ').replaceAll('\0', ' ')),
        batch.map(({ language }) => language),
      ],
    );
    rows.forEach(({ lexemes }, index) => {
      const terms = new Map(Object.entries(lexemes ?? {}));
      for (const pair of bigrams(batch[index]!.text)) terms.set(pair, (terms.get(pair) ?? 0) + 1);
      all.push(terms);
    });
  }
  return all;
}

/**
 * The configuration whose stop words take most out of a sample; simple when none takes a tenth. None for what is written without
 * spaces: it has no words that rules could be about.
 */
export async function guessLanguage(pool: Pool, texts: readonly string[]): Promise<string | undefined> {
  const sample = texts.slice(0, 200).join('\n').slice(0, 60_000);
  if (isUnspaced(sample)) return undefined;
  const { rows } = await pool.query<{ language: string }>(
    `select c.cfgname as language
     from pg_catalog.pg_ts_config c
     cross join lateral (
       -- how many positions are left: what is no stop word
       select sum(cardinality(l.positions)) * case c.cfgname when 'simple' then 0.9 else 1 end as kept
       from unnest(to_tsvector(c.oid::regconfig, $1)) as l
     ) as words
     where c.cfgnamespace = 'pg_catalog'::regnamespace
     order by words.kept, c.cfgname = 'english' desc, c.cfgname
     limit 1`,
    [sample.replaceAll('\0', ' ')],
  );
  return rows[0]?.language;
}
