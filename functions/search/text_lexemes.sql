-- From text to lexemes, the same for what is indexed and for what is asked. Whatever the language that a text is said to have, each
-- word is treated by its script:
--
--   Latin, and what is not named below     the text search configuration of the language
--   Cyrillic, Greek, Devanagari, Armenian, Tamil   the configuration of that script, unless the language is another one of the script
--   Han, Kana, Hangul                      pairs of characters (bigrams): these scripts have no spaces, or endings that stick to words
--   Thai, Lao, Khmer, Burmese, Arabic, Hebrew, and Indic scripts without a configuration   character trigrams
--   emoji and symbols                      each by itself
--
-- (Chinese and Japanese questions found nothing by words, .00 nDCG@10, and .96 and .93 by bigrams; Arabic ones .91 by its stemmer and
-- .95 by trigrams: docs/decisions/text-ranking.md.) Compatibility forms are folded (NFKC: full-width letters, ligatures), and words with
-- accents are kept with and without them, so that "cafe" finds "café" and the other way round.
--
-- Nothing here depends on the locale of the database. All of it is declared immutable although a text search configuration could be
-- altered: PostgreSQL's own ones do not change within a major version, and a generated column needs it.

-- Compatibility forms folded, lower case, punctuation beyond ASCII as spaces: what the parser of PostgreSQL takes for letters in
-- some locales. The parser drops whatever looks like a tag: <rug>, Map<Rug> and all of a JSX element could not be found.
create or replace function app_hidden.text_normalized(content text)
returns text
language sql
immutable
parallel safe
strict
set search_path = pg_catalog, pg_temp
as $$
  select case
    when octet_length(content) = char_length(content) then translate(content, '<>', '  ')
    else translate(
      regexp_replace(
        lower(normalize(content, NFKC) collate pg_catalog.pg_c_utf8),
        '[\u00A0-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u02B9-\u02DF\u2000-\u218F\u3000-\u3004\u3008-\u3020\u3030\u303D\u30FB\uFE00-\uFE0F\U0001F3FB-\U0001F3FF]', ' ', 'g'
      ), '<>', '  ')
  end;
$$;
comment on function app_hidden.text_normalized(text) is 'A text as its words are read: compatibility forms folded (NFKC), lower case where it is not ASCII, punctuation beyond ASCII as spaces.';

-- Accents are taken off letters of Latin and Greek alone: in other scripts these marks make another letter (й, ё is the exception).
create or replace function app_hidden.text_unaccented(content text)
returns text
language sql
immutable
parallel safe
strict
set search_path = pg_catalog, pg_temp
as $$
  select case
    when octet_length(content) = char_length(content) then content
    else translate(
      replace(replace(replace(replace(
        normalize(regexp_replace(normalize(content, NFD), '([a-zA-Z\u0370-\u03FF])[\u0300-\u036F]+', '\1', 'g'), NFC),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
      'øłđðıħŧŋёς', 'oldđihtnеσ')
  end;
$$;
comment on function app_hidden.text_unaccented(text) is 'A text without accents: é as e, ß as ss, ł as l, ё as е.';

-- What a configuration makes of a text with and without its accents, at the same positions.
create or replace function app_hidden.text_lexemes_unaccented(language text, content text)
returns tsvector
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  configuration regconfig := ('pg_catalog.' || language)::regconfig;
  bare text := app_hidden.text_unaccented(content);
  result tsvector := to_tsvector(configuration, bare);
begin
  if bare = content then
    return result;
  end if;
  return (result::text || ' ' || ts_delete(to_tsvector(configuration, content), tsvector_to_array(result))::text)::tsvector;
end
$$;
comment on function app_hidden.text_lexemes_unaccented(text, text) is 'The lexemes of a text by one configuration, with and without accents.';

-- The lexemes of a text with their positions. Of pairs the last character stands by itself too, so that every character begins a lexeme
-- and a single one can be asked for by its prefix; in a question (is_question) that would be another word, and is left out.
create or replace function app_hidden.text_lexemes(language text, content text, is_question boolean default false)
returns tsvector
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  plain text := app_hidden.text_normalized(coalesce(content, ''));
  -- Han with its iteration marks, Kana, Hangul
  pairs constant text := '\u3005-\u3007\u3040-\u30FA\u30FC-\u30FF\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uA960-\uA97F\uAC00-\uD7FF\uF900-\uFAFF\U00020000-\U000323AF';
  -- Hebrew, Arabic; Bengali to Malayalam without Tamil, Sinhala, Thai, Lao, Tibetan, Burmese, Georgian, Ethiopic, Khmer
  trigrams constant text := '\u0590-\u07BF\u08A0-\u08FF\u0980-\u0B7F\u0C00-\u0FFF\u1000-\u10FF\u1200-\u139F\u1780-\u17FF\uFB1D-\uFDFF\uFE70-\uFEFE';
  symbols constant text := '\u2190-\u23FF\u2460-\u27BF\u2900-\u2BFF\U0001F000-\U0001FAFF';
  script text[];
  part text;
  parts tsvector := ''::tsvector;
begin
  if octet_length(plain) = char_length(plain) then
    return to_tsvector(('pg_catalog.' || language)::regconfig, plain);
  end if;

  if plain ~ ('[' || pairs || trigrams || symbols || ']') then
    -- vowel marks and the stretched line are left out where they are optional, and the forms of alef are one
    plain := translate(
      regexp_replace(plain, '[\u0591-\u05BD\u05BF-\u05C7\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06ED]', '', 'g'),
      'أإآٱىة،؛؟۔', 'اااايه    '
    );
    parts := (select coalesce(string_agg('''' || g.gram || ''':' || least(g.position, 16383), ' '), '')
    from (
      select
        substr(m.stretch, place.number, m.size) as gram,
        row_number() over (order by m.number, place.number) as position
      from (
        select
          found.number, coalesce(found.match[1], found.match[2], found.match[3]) as stretch,
          case when found.match[1] is not null then 2 when found.match[2] is not null then 3 else 1 end as size
        from regexp_matches(plain, '([' || pairs || ']+)|([' || trigrams || ']+)|([' || symbols || '])', 'g') with ordinality as found (match, number)
      ) as m
      cross join lateral generate_series(
        1,
        case
          when m.size = 2 and not is_question then char_length(m.stretch)
          else greatest(char_length(m.stretch) - m.size + 1, 1)
        end
      ) as place (number)
    ) as g)::tsvector;
    plain := regexp_replace(plain, '[' || pairs || trigrams || symbols || ']+', ' ', 'g');
  end if;

  -- scripts whose words have a configuration of their own, unless the language is one of the script
  foreach script slice 1 in array array[
    ['\u0400-\u052F', 'russian', 'serbian'], ['\u0370-\u03FF\u1F00-\u1FFF', 'greek', ''], ['\u0900-\u097F', 'hindi', 'nepali'],
    ['\u0530-\u058F', 'armenian', ''], ['\u0B80-\u0BFF', 'tamil', '']
  ]
  loop
    continue when language in (script[2], script[3]) or plain !~ ('[' || script[1] || ']');
    part := regexp_replace(plain, '[^' || script[1] || ']+', ' ', 'g');
    parts := parts || app_hidden.text_lexemes_unaccented(script[2], part);
    plain := regexp_replace(plain, '[' || script[1] || ']+', ' ', 'g');
  end loop;

  return app_hidden.text_lexemes_unaccented(language, plain) || parts;
end
$$;
comment on function app_hidden.text_lexemes(text, text, boolean) is 'The lexemes of a text, with positions: each word by its script, as the head of this file says.';
