--! Previous: sha1:0e5bdcda699708f4f8bb9c275157e388a141dc83
--! Hash: sha1:13f8718595e07d753eabf39a2f9bab537c8e992e
--! Message: answers

--! split: 1-words.sql
-- Any word matches: what text search sees of a chunk, and what a search tells of its legs.

alter table app_public.chunks add column if not exists context_near text;
alter table app_public.chunks add column if not exists context_far text;
alter table app_public.chunks drop constraint if exists chunks_context_length;
alter table app_public.chunks add constraint chunks_context_length
  check (char_length(context_near) <= 2000 and char_length(context_far) <= 2000);
comment on column app_public.chunks.context_near is 'What stands right beside it and is found with it at lower weight: of a message, the messages before and after it. Null for what stands by itself.';
comment on column app_public.chunks.context_far is 'The same, one step further away, at lower weight still.';

-- A passage stays in one place with its lexemes: moved out of line (TOAST), each that a search looks at cost two more pages.
do $toast$
declare
  part regclass;
begin
  for part in select i.inhrelid::regclass from pg_inherits i where i.inhparent = 'app_public.chunks'::regclass loop
    execute format('alter table %s set (toast_tuple_target = 8160)', part);
  end loop;
end
$toast$;

--! Included search/text_lexemes.sql
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
--! EndIncluded search/text_lexemes.sql
--! Included search/text_search_vector.sql
-- What text search sees of a chunk: its heading and its content in full, and at lower weight what stands beside it.
-- Immutable as app_hidden.text_lexemes is, since a generated column needs it.
create or replace function app_hidden.text_search_vector(language text, heading text, content text, context_near text, context_far text)
returns tsvector
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  result tsvector := setweight(app_hidden.text_lexemes(language, content), 'B');
begin
  if heading is not null then
    result := setweight(app_hidden.text_lexemes(language, heading), 'A') || result;
  end if;
  if context_near is not null then
    result := result || setweight(app_hidden.text_lexemes(language, context_near), 'C');
  end if;
  if context_far is not null then
    result := result || setweight(app_hidden.text_lexemes(language, context_far), 'D');
  end if;
  return result;
end
$$;
comment on function app_hidden.text_search_vector(text, text, text, text, text) is
  'The tsvector of a chunk: heading with weight A, content with weight B, its near context with C, its far context with D.';
--! EndIncluded search/text_search_vector.sql
alter table app_public.chunks alter column text_search set expression as (
  app_hidden.text_search_vector(text_search_language, heading, content, context_near, context_far)
);
drop function if exists app_hidden.text_search_vector(text, text, text);

-- What a question asks for by words.
do $type$
begin
  if to_regtype('app_private.search_question') is null then
    create type app_private.search_question as (words tsquery[], lexemes text[], required tsquery, excluded tsquery, any_word tsquery, grams text);
  end if;
end
$type$;
comment on type app_private.search_question is 'What a question asks for by words.';
comment on column app_private.search_question.words is 'Its words, each as what its languages make of it: any of them finds.';
comment on column app_private.search_question.lexemes is 'The lexemes of each word, with a space between them.';
comment on column app_private.search_question.required is 'What must be there: its phrases in quotes. Null: nothing.';
comment on column app_private.search_question.excluded is 'What must not be there. Null: nothing.';
comment on column app_private.search_question.any_word is 'All words as alternatives.';
comment on column app_private.search_question.grams is 'The regular expression of its n-grams, to mark them in a text. Null: it has none.';
--! Included search/read_question.sql
-- What a question asks for by words. Bare words are alternatives: any of them finds, all of them rank. A "phrase in quotes" must be
-- there, and what has a -word or a -"phrase" is left out; a dash that stands by itself, is doubled, or precedes a number means nothing.
-- In a text of more than 32 words, quotes and dashes are punctuation: somebody pasted it.
--
-- A question is read in every language of the workspace at once: a word is whatever these make of it, and asks for any of that.

create or replace function app_private.quoted_lexeme(lexeme text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select '''' || replace(replace(lexeme, chr(92), chr(92) || chr(92)), '''', '''''') || ''''
    -- pairs of characters are indexed: a single one is the beginning of some
    || case when char_length(lexeme) = 1 and lexeme ~ '[\u3040-\u30FF\u3400-\u9FFF\uAC00-\uD7FF]' then ':*' else '' end;
$$;
comment on function app_private.quoted_lexeme(text) is 'A lexeme as a tsquery writes it.';

create or replace function app_private.phrase_query(language text, phrase text)
returns tsquery
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  with placed as (
    select p.position, string_agg(app_private.quoted_lexeme(l.lexeme), ' | ' order by l.lexeme) as alternatives
    from unnest(app_hidden.text_lexemes(language, phrase, true)) as l (lexeme, positions)
    cross join lateral unnest(l.positions) as p (position)
    group by p.position
  )
  -- words of different scripts are not indexed in one order
  select case
    when phrase ~ '[a-zA-Z]' and phrase ~ '[\u0370-\U000323AF]' then string_agg('(' || p.alternatives || ')', ' & ')
    else string_agg(case when p.distance is null then '' else '<' || p.distance || '>' end || '(' || p.alternatives || ')', ' ' order by p.position)
  end::tsquery
  from (select q.*, q.position - lag(q.position) over (order by q.position) as distance from placed q) as p;
$$;
comment on function app_private.phrase_query(text, text) is 'The tsquery of words in this order, or null where they are none.';

-- A language that takes one of its words for a stop word would ask for less than was asked: only those count that keep most words.
create or replace function app_private.phrase_queries(languages text[], phrase text)
returns tsquery
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(distinct '(' || q.query::text || ')', ' | ')::tsquery
  from (
    select p.query, numnode(p.query) = max(numnode(p.query)) over () as is_whole
    from unnest(languages) as l (language)
    cross join lateral (select app_private.phrase_query(l.language, phrase) as query) as p
  ) as q
  where q.is_whole;
$$;
comment on function app_private.phrase_queries(text[], text) is 'The tsquery of a phrase in any of these languages, or null where it has no words.';

create or replace function app_private.read_question(question text, languages text[])
returns app_private.search_question
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- every word is a look-up of its own: more of them are a text and not a question
  most_words constant integer := 200;
  is_text constant boolean := regexp_count(question, '\S+') > 32;
  excluding constant text := '(?:(?<=\s)|^)-(?:"[^"]+"|[^\s"\d-][^\s"]*)';
  bare text := case when is_text then question else regexp_replace(question, excluding, ' ', 'g') end;
  result app_private.search_question;
begin
  if not is_text then
    select string_agg('(' || q.query::text || ')', ' & ')::tsquery into result.required
    from regexp_matches(bare, '"([^"]+)"', 'g') as m (match)
    cross join lateral (select app_private.phrase_queries(languages, m.match[1]) as query) as q
    where q.query is not null;
    select string_agg('(' || q.query::text || ')', ' | ')::tsquery into result.excluded
    from regexp_matches(question, '(' || excluding || ')', 'g') as m (match)
    cross join lateral (select app_private.phrase_queries(languages, trim(both '-"' from m.match[1])) as query) as q
    where q.query is not null;
  end if;

  select array_agg(w.query order by w.place), array_agg(w.lexeme order by w.place)
  into result.words, result.lexemes
  from (
    select min(p.place) as place, p.query, min(p.lexeme) as lexeme
    from (
      select a.place, string_agg(app_private.quoted_lexeme(a.lexeme), ' | ' order by a.lexeme)::tsquery as query, string_agg(a.lexeme, ' ') as lexeme
      from (
        select distinct p.position as place, x.lexeme
        from unnest(languages) as l (language)
        cross join lateral unnest(app_hidden.text_lexemes(l.language, bare, true)) as x (lexeme, positions)
        cross join lateral unnest(x.positions) as p (position)
      ) as a
      group by a.place
    ) as p
    group by p.query
    order by 1
    limit most_words
  ) as w;
  result.any_word := array_to_string(result.words, ' | ')::tsquery;
  -- a character of a pair or triple where its neighbours are the others of it
  select string_agg(
    case char_length(g.gram)
      when 2 then format('%1$s(?=%2$s)|(?<=%1$s)%2$s', left(g.gram, 1), right(g.gram, 1))
      when 3 then format('%1$s(?=%2$s%3$s)|(?<=%1$s)%2$s(?=%3$s)|(?<=%1$s%2$s)%3$s', left(g.gram, 1), substr(g.gram, 2, 1), right(g.gram, 1))
      else g.gram
    end, '|'
  ) into result.grams
  from unnest(result.lexemes) as g (gram)
  where g.gram ~ '^[\u0590-\u07BF\u08A0-\u08FF\u0980-\u0B7F\u0C00-\u139F\u1780-\u17FF\u2190-\u2BFF\u3005-\uD7FF\uF900-\uFDFF\uFE70-\uFEFE\U0001F000-\U000323AF]{1,3}$';
  return result;
end
$$;
comment on function app_private.read_question(text, text[]) is 'What a question asks for by words, read in these languages: its words, each as a tsquery, what must be there, and what must not.';

create or replace function app_private.question_in(workspace uuid, question text, filters app_public.search_filters default null)
returns app_private.search_question
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select app_private.read_question(question, array(
    select distinct k.text_search_language::text
    from app_hidden.chunk_counts k
    where k.workspace_id = workspace and k.chunk_count > 0
      and ((filters).text_search_languages is null or k.text_search_language::text = any ((filters).text_search_languages))
  ));
$$;
comment on function app_private.question_in(uuid, text, app_public.search_filters) is 'A question, read in the languages of a workspace, or in those that the filters name.';
--! EndIncluded search/read_question.sql

create table if not exists app_hidden.workspace_words (
  workspace_id uuid not null,
  word text not null,
  share real not null default 0,
  constraint workspace_words_pkey primary key (workspace_id, word),
  constraint workspace_words_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint workspace_words_share_range check (share between 0 and 1)
);
alter table app_hidden.workspace_words enable row level security;
alter table app_hidden.workspace_words force row level security;
-- serves: the words that are spelt nearly like one of a question
create index if not exists workspace_words_word_idx on app_hidden.workspace_words using gin (workspace_id, word extensions.gin_trgm_ops) with (gin_pending_list_limit = 256);
comment on table app_hidden.workspace_words is 'The words of each workspace, as they are indexed: tells what is misspelt, and which words are common.';
comment on column app_hidden.workspace_words.workspace_id is 'The tenant.';
comment on column app_hidden.workspace_words.word is 'A lexeme.';
comment on column app_hidden.workspace_words.share is 'Share of the passages that have it, by a sample; 0 when it is rare, or there is no sample.';

create table if not exists app_hidden.word_samples (
  workspace_id uuid not null,
  chunk_count bigint not null,
  sampled_at timestamptz not null default now(),
  constraint word_samples_pkey primary key (workspace_id),
  constraint word_samples_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint word_samples_positive check (chunk_count > 0)
);
alter table app_hidden.word_samples enable row level security;
alter table app_hidden.word_samples force row level security;
comment on table app_hidden.word_samples is 'When the words of a large workspace were last sampled.';
comment on column app_hidden.word_samples.workspace_id is 'The tenant.';
comment on column app_hidden.word_samples.chunk_count is 'How many passages it had then.';
comment on column app_hidden.word_samples.sampled_at is 'When.';
--! Included policies/workspace_words.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.workspace_words;
create policy all_owner on app_hidden.workspace_words to colloquy_owner using (true) with check (true);
--! EndIncluded policies/workspace_words.sql
--! Included policies/word_samples.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.word_samples;
create policy all_owner on app_hidden.word_samples to colloquy_owner using (true) with check (true);
--! EndIncluded policies/word_samples.sql
--! Included search/workspace_words.sql
-- The words of a workspace, for two things that a search needs to know before it searches: that nobody there writes a word (so it is
-- misspelt, and its neighbours are meant), and how common a word is, where there is too much to count.
--
-- Words are noted with the chunks that bring them, and dropped when no chunk has them any more. How common they are is measured on a sample of
-- the workspace's own passages. It names no other tenant's word, and nothing of it is ever returned: what a word finds is decided by what
-- the caller may read.

create or replace function app_private.note_words()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- in the order of the key, so that two statements never wait for each other in a circle
  insert into app_hidden.workspace_words (workspace_id, word)
  select n.workspace_id, l.word
  from new_chunks n
  cross join lateral unnest(tsvector_to_array(n.text_search)) as l (word)
  where l.word ~ '^[^\d\s[:punct:]]{4,40}$' and not exists (
    select from app_hidden.workspace_words w where w.workspace_id = n.workspace_id and w.word = l.word
  )
  group by 1, 2
  order by 1, 2
  on conflict on constraint workspace_words_pkey do nothing;
  return null;
end
$$;
comment on function app_private.note_words() is 'Trigger: keeps workspace_words.';
create or replace trigger chunks_20_note_words after insert on app_public.chunks
referencing new table as new_chunks for each statement execute function app_private.note_words();

-- The words that somebody who wrote this one may have meant: those that share most groups of three letters with it.
create or replace function app_private.similar_words(workspace uuid, word text)
returns text[]
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select array_agg(s.word)
  from (
    select w.word, similarity(w.word, similar_words.word) as similarity,
      max(similarity(w.word, similar_words.word)) over () - similarity(w.word, similar_words.word) as behind
    from app_hidden.workspace_words w
    where w.workspace_id = similar_words.workspace and w.word % similar_words.word
      and abs(char_length(w.word) - char_length(similar_words.word)) <= 4
    order by behind, w.word
    limit 3
  ) as s
  where s.similarity >= 0.35 and s.behind <= 0.1;
$$;
comment on function app_private.similar_words(uuid, text) is 'Up to three words of a workspace that are spelt nearly like this one; null when there are none.';

create or replace function app_hidden.sample_words(max_workspaces integer default 10)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- below it all that a question finds is ranked within milliseconds
  large constant bigint := 8000;
  sample_size constant bigint := 4000;
  found record;
  sampled integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.sample_words')) then
    return 0;
  end if;
  for found in
    select t.workspace_id, t.chunks
    from (select k.workspace_id, sum(k.chunk_count)::bigint as chunks from app_hidden.chunk_counts k group by 1) as t
    left join app_hidden.word_samples s on s.workspace_id = t.workspace_id
    where t.chunks >= large and (s.workspace_id is null or t.chunks not between s.chunk_count * 0.8 and s.chunk_count * 1.25)
    order by s.sampled_at nulls first
    limit max_workspaces
  loop
    with passages as materialized (
      select c.text_search
      from (
        -- by the key alone; hash: spread over all that was ever imported
        select p.id from app_public.chunks p
        where p.workspace_id = found.workspace_id and hashtextextended(p.id::text, 0) % greatest(found.chunks / sample_size, 1) = 0
        offset 0
      ) as p
      cross join lateral (
        select k.text_search from app_public.chunks k where k.workspace_id = found.workspace_id and k.id = p.id offset 0
      ) as c
    ),
    counted as materialized (
      select l.word, count(*) / (select count(*) from passages)::real as share
      from passages p
      cross join lateral unnest(tsvector_to_array(p.text_search)) as l (word)
      where octet_length(l.word) <= 500
      group by l.word
      -- what is rarer than that is not seen often enough to be told from what is not
      having count(*) >= 3
    ),
    forgotten as (
      update app_hidden.workspace_words w
      set share = 0
      where w.workspace_id = found.workspace_id and w.share > 0 and not exists (select from counted c where c.word = w.word)
    )
    insert into app_hidden.workspace_words as w (workspace_id, word, share)
    select found.workspace_id, c.word, c.share from counted c order by c.word
    on conflict on constraint workspace_words_pkey do update set share = excluded.share where w.share is distinct from excluded.share;
    insert into app_hidden.word_samples as s (workspace_id, chunk_count, sampled_at)
    values (found.workspace_id, found.chunks, now())
    on conflict on constraint word_samples_pkey do update set chunk_count = excluded.chunk_count, sampled_at = excluded.sampled_at;
    sampled := sampled + 1;
  end loop;
  delete from app_hidden.word_samples s
  where not exists (
    select from app_hidden.chunk_counts k where k.workspace_id = s.workspace_id group by k.workspace_id having sum(k.chunk_count) >= large / 2
  );
  return sampled;
end
$$;
comment on function app_hidden.sample_words(integer) is
  'Measures how common the words of large workspaces are, of those first whose size has changed by a fifth since. Returns of how many workspaces.';

create or replace function app_hidden.forget_words(max_words integer default 10000, after_workspace uuid default null, after_word text default null)
returns table (checked integer, forgotten integer, last_workspace uuid, last_word text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  with batch as materialized (
    select w.workspace_id, w.word
    from app_hidden.workspace_words w
    where after_workspace is null or (w.workspace_id, w.word) > (after_workspace, after_word)
    order by w.workspace_id, w.word
    limit max_words
  ),
  gone as (
    delete from app_hidden.workspace_words w
    using batch s
    where w.workspace_id = s.workspace_id and w.word = s.word and not exists (
      select from app_public.chunks c
      where c.workspace_id = s.workspace_id and c.text_search @@ app_private.quoted_lexeme(s.word)::tsquery
    )
    returning 1
  )
  select
    (select count(*) from batch), (select count(*) from gone),
    (select s.workspace_id from batch s order by s.workspace_id desc, s.word desc limit 1),
    (select s.word from batch s order by s.workspace_id desc, s.word desc limit 1)
  into checked, forgotten, last_workspace, last_word;
  return next;
end
$$;
comment on function app_hidden.forget_words(integer, uuid, text) is
  'Drops words that no passage of their workspace has any more, of so many after the one that is named; goes on with what it returns, until it checked none.';
grant execute on function app_hidden.sample_words(integer), app_hidden.forget_words(integer, uuid, text) to colloquy_worker;
--! EndIncluded search/workspace_words.sql
-- of what is indexed already
insert into app_hidden.workspace_words (workspace_id, word)
select c.workspace_id, l.word
from app_public.chunks c
cross join lateral unnest(tsvector_to_array(c.text_search)) as l (word)
where l.word ~ '^[^\d\s[:punct:]]{4,40}$'
group by 1, 2
on conflict on constraint workspace_words_pkey do nothing;
--! Included search/split_words.sql
-- In a large workspace, the rarer words of a question find and its common ones only rank what these have found: to look up what stands
-- in a fifth of a million passages, and to rank all of it, costs seconds and finds nothing that the rare words do not. Which are common, a
-- sample of the workspace's own passages says; where there is none, every word finds.
--
-- A word that nobody in the workspace writes is misspelt: it stands for its neighbours too.
create or replace function app_private.split_words(workspace uuid, question app_private.search_question)
returns table (finding tsquery[], ranking tsquery[], shares float8[], total float8)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- so many passages are enough to rank: 95 in 100 of the first ten are the same as of all (docs/decisions/text-ranking.md)
  enough constant float8 := 450;
begin
  select s.chunk_count into total from app_hidden.word_samples s where s.workspace_id = workspace;
  select
    array_agg(w.query order by w.number) filter (where w.finds),
    array_agg(w.query order by w.share, w.number) filter (where not w.finds),
    array_agg(w.share order by w.share, w.number) filter (where not w.finds)
  into finding, ranking, shares
  from (
    select x.query, x.number, x.share,
      total is null or question.required is not null
        or sum(x.share) over (order by x.share, x.number) * total <= 2 * enough or row_number() over (order by x.share, x.number) = 1 as finds
    from (
      select
        q.number, k.share,
        coalesce(
          q.query || case
            when not k.is_known and q.lexemes ~ '^[^\d\s[:punct:]]{4,40}$'
              then (select string_agg(app_private.quoted_lexeme(s.word), ' | ') from unnest(app_private.similar_words(workspace, q.lexemes)) as s (word))::tsquery
          end,
          q.query
        ) as query
      from unnest(question.words, question.lexemes) with ordinality as q (query, lexemes, number)
      cross join lateral (
        select coalesce(max(w.share), 0)::float8 as share, count(*) > 0 as is_known
        from app_hidden.workspace_words w
        where w.workspace_id = split_words.workspace and w.word = any (string_to_array(q.lexemes, ' '))
      ) as k
    ) as x
  ) as w;
  return next;
end
$$;
comment on function app_private.split_words(uuid, app_private.search_question) is
  'The words of a question that find and those that only rank, the rarest first, with the share of passages that have each of these, and how many passages there are; no total where all find.';
--! EndIncluded search/split_words.sql

-- Nothing leaves by age: there is no tier to ask for or to leave out. Archived documents are what their owner put away.
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.chunks_cold_idx;
-- serves: whether a workspace has archived documents, and which a search leaves out
create index if not exists documents_archived_idx on app_public.documents (workspace_id, id) where is_archived;
alter type app_public.search_filters drop attribute if exists include_cold cascade;
alter type app_private.search_hit drop attribute if exists leg cascade;
alter type app_private.search_hit drop attribute if exists is_cold cascade;
alter type app_public.search_response drop attribute if exists searched_cold cascade;
alter type app_public.search_count drop attribute if exists cold_searches cascade;
alter table app_hidden.search_statistics drop constraint if exists search_statistics_positive;
-- squawk-ignore ban-drop-column
alter table app_hidden.search_statistics drop column if exists cold_searches;
alter table app_hidden.search_statistics add constraint search_statistics_positive check (
  searches > 0 and short_returns between 0 and searches and lost_returns between 0 and short_returns and scan_limit_hits between 0 and searches
);
do $types$
begin
  if to_regtype('app_public.search_leg_state') is null then
    create type app_public.search_leg_state as enum ('used', 'left_out');
    create type app_public.search_leg as (
      leg app_public.search_mode, state app_public.search_leg_state, reason text, hits integer, best_score real, weight real
    );
    alter type app_public.search_response add attribute legs app_public.search_leg[];
    alter type app_public.search_filters add attribute include_archived boolean;
  end if;
end
$types$;
comment on type app_public.search_leg_state is 'used, or left_out of a search.';
comment on type app_public.search_leg is 'How one of the two ways of a search did: by meaning (vector) or by words (text).';
comment on column app_public.search_leg.leg is 'vector: by meaning. text: by words.';
comment on column app_public.search_leg.state is 'Whether it was used, or left out.';
comment on column app_public.search_leg.reason is 'Why it was left out: mode (not asked for), no_words (the question has none), no_vector (none was given), provider_unavailable (who computes vectors could not be reached), unreadable_script (the model cannot read it). Null when it was used.';
comment on column app_public.search_leg.hits is 'How many passages it found, of those it was asked for (50, or as far as the page reaches). Null when it was left out.';
comment on column app_public.search_leg.best_score is 'The score of the best of them: cosine similarity, or 0 to 1 by words. Null when there is none.';
comment on column app_public.search_leg.weight is 'Its share of the score. Null when it was left out.';
comment on column app_public.search_response.legs is 'How meaning and words did, and why one was left out.';
comment on column app_public.search_response.results is 'What was found, best first.';
comment on column app_public.search_filters.include_archived is 'Whether documents that their owner archived are found with the others.';
comment on column app_public.search_result.text_score is '0 to 1: how much of what the words could give it has, compared with others of the same search; null when only the vector matched.';
comment on column app_public.search_result.score is 'What the results are ordered by; scores of two searches cannot be compared.';
alter table app_public.embedding_versions add column if not exists vector_weight real not null default 0.4;
alter table app_public.embedding_versions drop constraint if exists embedding_versions_vector_weight_range;
alter table app_public.embedding_versions add constraint embedding_versions_vector_weight_range check (vector_weight between 0 and 1);
comment on column app_public.embedding_versions.vector_weight is 'How much the similarity of vectors counts in a hybrid search, 0 to 1; words have the rest. Measured each night where there is something to measure by.';
drop function if exists app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid);
drop function if exists app_public.search_documents(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer);
drop function if exists app_public.search_memories(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer);
drop function if exists app_private.search_conditions(app_public.search_filters, uuid[], boolean, text);
drop function if exists app_private.chunk_totals(uuid, app_public.source_type[]);
drop function if exists app_private.search_snippet(text, tsvector, text, text);
drop function if exists app_private.search_text(uuid, uuid, text, app_public.source_type[], integer, uuid[], app_public.search_filters, text);
drop function if exists app_private.text_search_query(text, text);
--! Included search/conditions.sql
-- Which chunks a search may find, as the condition that all its legs share: the tenant, what the caller may read, and the
-- filters. Neither age nor tier is among it: what is cold is found where it is the best. This is the only place that says so. It must never contain a value of the caller: values are parameters.
create or replace function app_private.search_conditions(filters app_public.search_filters, sources uuid[], has_memories boolean, has_archived boolean)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select concat_ws(' and ',
    'c.workspace_id = $2 and (c.owner_id = $3 or c.visibility = ''workspace'') and c.source_type = any ($5)',
    case when sources is not null then '(c.document_id = any ($7) or c.conversation_id = any ($7) or c.memory_item_id = any ($7))' end,
    -- a memory that has expired is not found; it keeps its chunks until it is cleared away
    case when has_memories then
      '(c.memory_item_id is null or (select m.expires_at is null or m.expires_at > now() from app_public.memory_items m where m.id = c.memory_item_id))'
    end,
    -- few, as a rule: read once
    case when has_archived and (filters).include_archived is not true then
      '(c.document_id is null or c.document_id not in (select d.id from app_public.documents d where d.workspace_id = $2 and d.is_archived))'
    end,
    case when (filters).content_types is not null then
      '(select d.content_type = any (($8).content_types) from app_public.documents d where d.id = c.document_id)'
    end,
    case when (filters).code_languages is not null then
      '(select d.code_language = any (($8).code_languages) from app_public.documents d where d.id = c.document_id)'
    end,
    case when (filters).text_search_languages is not null then 'c.text_search_language = any (($8).text_search_languages)' end,
    -- ids are ordered by time, and a chunk is never older than what it was cut from
    case when (filters).created_after is not null then
      'c.id >= app_hidden.uuidv7_floor(($8).created_after)
       and coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) >= app_hidden.uuidv7_floor(($8).created_after)'
    end,
    case when (filters).created_before is not null then
      'coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) < app_hidden.uuidv7_floor(($8).created_before)'
    end,
    case when (filters).metadata is not null then
      'case c.source_type
         when ''document'' then (select d.metadata @> ($8).metadata from app_public.documents d where d.id = c.document_id)
         when ''message'' then (select t.metadata @> ($8).metadata from app_public.conversations t where t.id = c.conversation_id)
         when ''memory'' then (select m.metadata @> ($8).metadata from app_public.memory_items m where m.id = c.memory_item_id)
         when ''event'' then (select r.metadata @> ($8).metadata from app_public.raw_events r where r.id = c.raw_event_id)
       end'
    end
  );
$$;
comment on function app_private.search_conditions(app_public.search_filters, uuid[], boolean, boolean) is
  'The condition over a chunk c that all legs of a search share. has_memories, has_archived: whether there are any, so that it need not be asked of each chunk.';

-- The documents, conversations and memories that the filters name, or null when they name none. What the caller may not
-- read may be among them, except through a repository: its chunks are not found anyway.
create or replace function app_private.search_sources(workspace uuid, caller uuid, filters app_public.search_filters)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  result uuid[];
  named uuid[];
begin
  if (filters).document_id is not null then
    result := array[(filters).document_id];
  end if;
  if (filters).conversation_id is not null then
    result := case when result is null then array[(filters).conversation_id] else '{}' end;
  end if;
  if (filters).repository_id is not null then
    select coalesce(array_agg(rd.document_id), '{}') into named
    from app_public.repositories r
    join app_public.repository_documents rd on rd.workspace_id = workspace and rd.repository_id = r.id
    where r.workspace_id = workspace and r.id = (filters).repository_id and (r.owner_id = caller or r.visibility = 'workspace')
      and (result is null or rd.document_id = any (result));
    result := named;
  end if;
  if (filters).tag_ids is not null then
    select coalesce(array_agg(distinct et.entity_id), '{}') into named
    from app_public.entity_tags et
    where et.workspace_id = workspace and et.tag_id = any ((filters).tag_ids) and et.entity_type in ('document', 'conversation', 'memory_item')
      and (result is null or et.entity_id = any (result));
    result := named;
  end if;
  if (filters).tags is not null then
    select coalesce(array_agg(distinct et.entity_id), '{}') into named
    from app_public.tags t
    join app_public.entity_tags et on et.workspace_id = workspace and et.tag_id = t.id
    where t.workspace_id = workspace and t.name = any ((filters).tags::citext[]) and et.entity_type in ('document', 'conversation', 'memory_item')
      and (result is null or et.entity_id = any (result));
    result := named;
  end if;
  return result;
end
$$;
comment on function app_private.search_sources(uuid, uuid, app_public.search_filters) is 'What the filters name by id, repository or tag; null when they do not.';

create or replace function app_private.check_search_filters(filters app_public.search_filters)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if greatest(
    cardinality((filters).tag_ids), cardinality((filters).tags), cardinality((filters).content_types), cardinality((filters).code_languages),
    cardinality((filters).text_search_languages)
  ) > 100 then
    raise exception 'A filter has at most 100 values.' using errcode = 'CQ200', hint = 'Search several times.';
  end if;
  if jsonb_typeof((filters).metadata) <> 'object' or pg_column_size((filters).metadata) > 65536 then
    raise exception 'The filter "metadata" is an object of at most 64 KiB.' using errcode = 'CQ200', hint = 'For example {"project": "x"}.';
  end if;
  if (filters).created_after in ('infinity', '-infinity') or (filters).created_before in ('infinity', '-infinity')
    or least((filters).created_after, (filters).created_before) < '1970-01-01' or greatest((filters).created_after, (filters).created_before) > '9999-01-01'
  then
    raise exception 'A time range lies between the years 1970 and 9999.' using errcode = 'CQ200', hint = 'Leave the open end of it out.';
  end if;
end
$$;
comment on function app_private.check_search_filters(app_public.search_filters) is 'Raises CQ200 for filters that cannot be used.';
--! EndIncluded search/conditions.sql
--! Included search/chunk_totals.sql
-- How much there is to search in a workspace, by the counts that triggers keep: never by counting. Without a set clause, so
-- that it becomes a part of the query that asks.
create or replace function app_private.chunk_totals(workspace uuid, kinds app_public.source_type[])
returns table (available bigint, everything bigint, has_memories boolean, has_archived boolean)
language sql
stable
as $$
  select
    coalesce(sum(k.chunk_count) filter (where k.source_type = any (kinds)), 0)::bigint, coalesce(sum(k.chunk_count), 0)::bigint,
    coalesce(bool_or(k.source_type = 'memory' and k.chunk_count > 0), false) and 'memory' = any (kinds),
    'document' = any (kinds) and exists (select from app_public.documents d where d.workspace_id = chunk_totals.workspace and d.is_archived)
  from app_hidden.chunk_counts k
  where k.workspace_id = workspace;
$$;
comment on function app_private.chunk_totals(uuid, app_public.source_type[]) is
  'Chunks of the asked kinds, chunks of all kinds, whether memories are among what is asked for and there, and whether archived documents are.';
--! EndIncluded search/chunk_totals.sql
--! Included search/snippet.sql
-- The best part of a text as safe HTML: the text is escaped before words are marked, so nothing of it is markup. A text
-- that does not match is not read for words, which takes 0.1 ms for 500 characters. One expression, and no set clause: so it becomes
-- a part of the query that asks.
create or replace function app_private.search_snippet(language text, text_search tsvector, content text, question app_private.search_question)
returns text
language sql
stable
as $$
  select case
    -- scripts without spaces: from a little before the first match on, its characters marked where they stand together
    when (question).grams is not null and content ~ (question).grams then
      replace(regexp_replace(
        replace(replace(replace(
          substr(content, greatest(1, regexp_instr(content, (question).grams) - 30), 160), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
        '(' || (question).grams || ')', '<mark>\1</mark>', 'g'
      ), '</mark><mark>', '')
    when (question).any_word is null or not text_search @@ (question).any_word then
      replace(replace(replace(
        -- whole words, where there are any
        case when char_length(content) > 250 then left(regexp_replace(left(content, 251), '\s+\S*$', ''), 250) else content end,
        '&', '&amp;'), '<', '&lt;'), '>', '&gt;'
      )
    else ts_headline(
      ('pg_catalog.' || language)::regconfig,
      replace(replace(replace(content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
      (question).any_word,
      'StartSel=<mark>, StopSel=</mark>, MaxWords=40, MinWords=20, MaxFragments=1'
    )
  end;
$$;
comment on function app_private.search_snippet(text, tsvector, text, app_private.search_question) is
  'The best part of a text as safe HTML, with the words of a question in <mark>; where they are not, its beginning (up to 250 characters).';
--! EndIncluded search/snippet.sql
drop function if exists app_private.search_text_plain(uuid, uuid, uuid, tsquery, app_public.source_type[], integer, uuid[], app_public.search_filters, text[], bigint[], tsquery[], tsquery[], integer);
--! Included search/legs.sql
-- The legs of search. Each applies tenant, ownership and visibility itself: it runs as the owner of the tables, because
-- operators like @@ are not leakproof and could not use an index below a policy. Granted to nobody; only app_public.search
-- and its kin call them, with the caller that the session says.
--
-- What uses the vector index is planned anew at each call (dynamic statements): a plan made for a tenant of 20,000 chunks and
-- kept by a pooled connection returned 0 of 10 rows for a tenant of 50. So is what has filters. Without filters, the legs that
-- are exact whatever the plan (all vectors, words) keep one plan, made for no tenant in particular: planning took more time
-- than the work of a small tenant (vectors of 600 chunks: 0.50 of 0.87 ms are left; words: 0.26 of 0.58 ms).
--
-- In all of them $2 is the workspace, $3 the caller, $5 the kinds, $7 the sources and $8 the filters; conditions is what
-- app_private.search_conditions made of these, or null for those of a search without filters, where no document is archived.
-- Where all vectors are compared, $9 is among how many of the nearest to look, or null.

-- Loads the libraries of pgvector and pg_trgm into this session: a role that is not a superuser may name their settings in
-- a function only then.
do $load$ begin perform '[1]'::extensions.halfvec, extensions.similarity('a', 'b'); end $load$;

-- The statements that are both: dynamic with conditions, and the bodies of functions without (below).
create or replace function app_private.search_statement(leg app_public.search_mode, conditions text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    case leg
      -- all vectors are compared and sorted, then chunks are looked up in that order until there are enough: chunks are wide
      when 'vector' then $query$
        select e.chunk_id, (1 - e.distance)::real, c.importance_score
        from (
          select v.chunk_id, v.embedding operator(extensions.<=>) $4 as distance
          from app_public.embeddings v
          where v.version_id = $1 and v.workspace_id = $2
          order by distance, v.chunk_id
          limit $9
        ) as e
        -- one lookup by key for each, whatever the planner believes about what is rare
        cross join lateral (select c.importance_score from app_public.chunks c where c.id = e.chunk_id and %s offset 0) as c
        order by e.distance, e.chunk_id
        limit $6
      $query$
      -- BM25 (Robertson, Walker 1994; k1 1.2, b 0.75) twice, in equal parts: of the chunk, and of all of its document that matches. Rarity
      -- is counted among the chunks that this very search matches: nothing but what the caller may read weighs
      -- (docs/decisions/text-ranking.md).
      when 'text' then $query$
        with by_index as materialized (
          select
            w.number, c.id, c.importance_score, coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) as source, c.size,
            c.places, case when $11 is not null then c.text_search end as text_search
          from unnest($4) with ordinality as w (query, number)
          cross join lateral (
            select
              c.id, c.importance_score, c.document_id, c.message_id, c.memory_item_id, c.raw_event_id, c.text_search,
              octet_length(c.content) + octet_length(coalesce(c.context_near, '')) / 2 + octet_length(coalesce(c.context_far, '')) / 4 as size,
              ts_rank_cd('{0.000244140625, 0.00048828125, 0.0009765625, 1}', c.text_search, w.query)::float8 as places
            from app_public.chunks c
            where %s
              and c.text_search @@ w.query
              and ($9 is null or c.text_search @@ $9)
              and ($10 is null or not c.text_search @@ $10)
            offset 0
          ) as c
        ),
        -- common words find nothing by themselves, they only rank
        found as materialized (
          select
            p.number, p.id, p.importance_score, p.source, p.size,
            -- of one word, ts_rank_cd is the sum of the weights of its places: the heading's before, the others' after the point
            floor(p.places) as headed, (p.places - floor(p.places)) * 1024 as said
          from (
            select i.number, i.id, i.importance_score, i.source, i.size, i.places from by_index i
            union all
            select
              w.number + cardinality($4), c.id, c.importance_score, c.source, c.size,
              ts_rank_cd('{0.000244140625, 0.00048828125, 0.0009765625, 1}', c.text_search, w.query)::float8
            from (
              select i.id, i.source, min(i.importance_score) as importance_score, min(i.size) as size, any_value(i.text_search) as text_search
              from by_index i
              where $11 is not null
              group by i.id, i.source
            ) as c
            cross join unnest($11) with ordinality as w (query, number)
            where c.text_search @@ w.query
          ) as p
        ),
        facts as materialized (
          select sum(f.chunks)::float8 as chunks, (sum(f.size) / sum(f.chunks))::float8 as size, count(*)::float8 as sources
          from (
            select f.source, count(*) as chunks, sum(f.size) as size
            from (select f.id, f.source, min(f.size) as size from found f group by f.id, f.source) as f
            group by f.source
          ) as f
        ),
        rarity as materialized (
          select
            f.number,
            ln(1 + coalesce(1 / ($12)[f.number - cardinality($4)], greatest($13, a.chunks) / f.chunks)) as of_chunks,
            ln(1 + coalesce(1 / ($12)[f.number - cardinality($4)], coalesce($13 * a.sources / a.chunks, a.sources) / f.sources)) as of_sources
          from (
            select f.number, sum(f.chunks)::float8 as chunks, count(*)::float8 as sources
            from (select f.number, f.source, count(*) as chunks from found f group by f.number, f.source) as f
            group by f.number
          ) as f
          cross join facts a
        ),
        -- what a chunk by itself would have
        best as materialized (
          select f.id, f.source, min(f.importance_score) as importance_score,
            sum(r.of_chunks * 2.2 * (f.headed + f.said) / (f.headed + f.said + 1.2 * (0.25 + 0.75 * f.size / a.size))) as score
          from found f
          join rarity r on r.number = f.number
          cross join facts a
          group by f.id, f.source
          order by score desc, f.id desc
          limit 200
        ),
        lengths as materialized (
          select b.source, coalesce(
            (select octet_length(d.content) from app_public.documents d where d.id = b.source),
            (select sum(x.size) from (select distinct on (f.id) f.size from found f where f.source = b.source) as x)
          )::float8 as size
          from (select distinct b.source from best b) as b
        ),
        -- and its document: a title counts once, however many chunks begin with it
        documents as (
          select t.source,
            sum(r.of_sources * 2.2 * (t.headed + t.said) / (t.headed + t.said + 1.2 * (0.25 + 0.75 * t.size / t.mean))) as score
          from (
            select f.source, f.number, l.size, max(f.headed) as headed, sum(f.said) as said, (select avg(l.size) from lengths l) as mean
            from found f
            join lengths l on l.source = f.source
            group by f.source, f.number, l.size
          ) as t
          join rarity r on r.number = t.number
          group by t.source
        ),
        ranked as (
          select b.id, b.importance_score, b.score, row_number() over (partition by b.source order by b.score desc, b.id desc) as place,
            0.5 * first_value(b.score) over (partition by b.source order by b.score desc, b.id desc) + 0.5 * d.score as of_document
          from best b
          join documents d on d.source = b.source
        ),
        -- the best chunk of a document stands for it, the others for themselves
        scored as (
          select r.id, r.importance_score, case when r.place = 1 then r.of_document else least(r.score, r.of_document) end as score
          from ranked r
        )
        select
          c.id,
          -- 1 is what has most of what the words could give; a word that nothing has is the rarest
          (c.score / greatest(
            max(c.score) over (),
            0.3 * 2.2 * ((select sum(r.of_chunks) from rarity r) + (cardinality($4) + coalesce(cardinality($11), 0) - (select count(*) from rarity r)) * ln(1 + 2 * (select coalesce($13, a.chunks) from facts a)))
          ))::real,
          c.importance_score
        from scored c
        order by c.score desc, c.id desc
        limit $6
      $query$
    end,
    conditions
  );
$$;
comment on function app_private.search_statement(app_public.search_mode, text) is 'The statement of the leg that compares all vectors, or of that of words, over the chunks c that fit the conditions.';

do $make$
declare
  -- a memory may expire, and which tenant has memories is not known here
  conditions text := app_private.search_conditions(null, null, true, false);
begin
  execute format($function$
    create or replace function app_private.search_vector_plain(
      uuid, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, integer
    )
    returns table (chunk_id uuid, score real, importance real)
    language sql
    stable
    set search_path = pg_catalog, extensions, pg_temp
    set plan_cache_mode = force_generic_plan
    -- other tenants share the partition
    set enable_seqscan = off
    as $body$%s$body$
  $function$, app_private.search_statement('vector', conditions));
  execute format($function$
    create or replace function app_private.search_text_plain(
      uuid, uuid, uuid, tsquery[], app_public.source_type[], integer, uuid[], app_public.search_filters, tsquery, tsquery,
      tsquery[], float8[], float8
    )
    returns table (chunk_id uuid, score real, importance real)
    language sql
    stable
    set search_path = pg_catalog, extensions, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    as $body$%s$body$
  $function$, app_private.search_statement('text', conditions));
end
$make$;
comment on function app_private.search_vector_plain(uuid, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, integer) is
  'The same as search_vector_exact, without filters, by one plan for all tenants.';
comment on function app_private.search_text_plain(uuid, uuid, uuid, tsquery[], app_public.source_type[], integer, uuid[], app_public.search_filters, tsquery, tsquery, tsquery[], float8[], float8) is
  'The same as search_text, without filters, by one plan for all tenants.';

create or replace function app_private.search_vector_exact(
  version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec,
  kinds app_public.source_type[], max_results integer, sources uuid[], filters app_public.search_filters, conditions text, is_narrow boolean,
  nearest integer default null
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
set constraint_exclusion = off
as $$
begin
  -- without the cast to halfvec(n) the vector index does not fit, so either way this compares what there is
  if is_narrow then
    return query execute format($query$
      with asked as materialized (
        select c.id, c.importance_score from app_public.chunks c where %s
      )
      select a.id, (1 - (e.embedding operator(extensions.<=>) $4))::real, a.importance_score
      from asked a
      join app_public.embeddings e on e.version_id = $1 and e.workspace_id = $2 and e.chunk_id = a.id
      order by e.embedding operator(extensions.<=>) $4, a.id
      limit $6
    $query$, conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters;
  elsif conditions is not null then
    return query execute app_private.search_statement('vector', conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters, nearest;
  else
    return query select * from app_private.search_vector_plain(version.id, workspace, caller, query_embedding, kinds, max_results, null, null, nearest);
  end if;
end
$$;
comment on function app_private.search_vector_exact(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, text, boolean, integer) is
  'Nearest chunks by comparing all vectors of the workspace, or when is_narrow only those of the chunks that fit; only among the nearest so many, where given, fit or not. Score: cosine similarity.';

create or replace function app_private.search_vector_index(
  version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec,
  kinds app_public.source_type[], max_results integer, sources uuid[], filters app_public.search_filters, conditions text,
  ef_search integer, max_scan_tuples integer
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '200'
set hnsw.max_scan_tuples = '20000'
set enable_seqscan = off
set enable_sort = off
set jit = off
set constraint_exclusion = off
as $$
begin
  perform set_config('hnsw.ef_search', greatest(ef_search, max_results)::text, true),
    set_config('hnsw.max_scan_tuples', max_scan_tuples::text, true);
  -- relaxed order is almost sorted, so what the index gives is sorted again
  return query execute format($query$
    with nearest as materialized (
      select e.chunk_id as id, e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s) as distance, c.importance_score
      from app_public.embeddings e
      cross join lateral (select c.importance_score from app_public.chunks c where c.id = e.chunk_id and %2$s offset 0) as c
      where e.version_id = $1 and e.workspace_id = $2
      order by e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s)
      limit $6
    )
    select n.id, (1 - n.distance)::real, n.importance_score from nearest n order by n.distance, n.id
  $query$, version.dimensions, conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters;
end
$$;
comment on function app_private.search_vector_index(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, text, integer, integer) is
  'Nearest chunks by the vector index, continued until enough rows pass the filter. Score: cosine similarity.';

create or replace function app_private.search_text(
  workspace uuid, caller uuid, question app_private.search_question, kinds app_public.source_type[], max_results integer, sources uuid[],
  filters app_public.search_filters, conditions text
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
set constraint_exclusion = off
as $$
declare
  -- what finds, and what only ranks
  finding tsquery[] := question.words;
  ranking tsquery[];
  shares float8[];
  total float8;
  ids uuid[];
  scores real[];
  importances real[];
begin
  if question.words is null then
    return;
  end if;
  select s.finding, s.ranking, s.shares, s.total into finding, ranking, shares, total
  from app_private.split_words(workspace, question) as s;
  loop
    if conditions is not null then
      execute format(
        'select array_agg(t.id), array_agg(t.score), array_agg(t.importance) from (%s) as t (id, score, importance)', app_private.search_statement('text', conditions)
      )
      into ids, scores, importances
      using null, workspace, caller, finding, kinds, max_results, sources, filters, question.required, question.excluded, ranking, shares, total;
    else
      select array_agg(t.chunk_id), array_agg(t.score), array_agg(t.importance) into ids, scores, importances
      from app_private.search_text_plain(
        null, workspace, caller, finding, kinds, max_results, null, null, question.required, question.excluded, ranking, shares, total
      ) as t;
    end if;
    exit when cardinality(ids) >= max_results or ranking is null;
    -- the rare words find too little for this caller: the next one finds too
    finding := finding || ranking[1];
    ranking := nullif(ranking[2:], '{}');
    shares := nullif(shares[2:], '{}');
  end loop;
  return query select * from unnest(ids, scores, importances);
end
$$;
comment on function app_private.search_text(uuid, uuid, app_private.search_question, app_public.source_type[], integer, uuid[], app_public.search_filters, text) is
  'Chunks that have any word of a question, each with 0 to 1: the better, the more of its words they and their documents have, and the rarer these are. It compares within one search only.';
--! EndIncluded search/legs.sql
--! Included search/search.sql
-- Hybrid search over everything the caller may read in the workspace of the request. Sealed, see legs.sql for why. The
-- caller and the workspace come from the session alone, never from an argument.
--
-- Fusion: a weighted sum of both scores, each from 0 to 1: how much of what the words could give a passage has, and how similar its
-- vector is. The weight belongs to the embedding version (vector_weight). The similarity is taken as it is and not stretched between
-- the least and the most similar, so a model that finds all texts alike has no say (docs/decisions/fusion.md). The first 50 of each
-- leg are fused; what is in neither comes after all that, by the better of its places. So the next page goes on where this one ends.
create or replace function app_public.search(
  query text,
  query_embedding extensions.halfvec default null,
  kinds app_public.source_type[] default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid',
  filters app_public.search_filters default null,
  skip integer default 0,
  embedding_version_id uuid default null,
  without_vector text default null
)
returns app_public.search_response
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
-- its own statements look up single rows, and planning them took 1 ms of 3; the legs are dynamic and planned anew in any case
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.searched_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version app_public.embedding_versions;
  wanted integer;
  -- as good as 100 on four public sets, and 20 was as good on three (docs/decisions/fusion.md)
  fused constant integer := 50;
  candidates integer;
  nearest integer;
  exact_limit bigint;
  available bigint;
  everything bigint;
  matching bigint;
  has_memories boolean;
  has_archived boolean;
  is_keyed boolean;
  is_exact boolean;
  sources uuid[];
  conditions text;
  is_plain boolean;
  vectors app_private.search_hit[] := '{}';
  texts app_private.search_hit[] := '{}';
  vector_leg app_public.search_leg := row('vector', 'used', null, null, null, null);
  text_leg app_public.search_leg := row('text', 'used', null, null, null, null);
  question app_private.search_question;
  response app_public.search_response;
begin
  -- an API key may search without the right to read anything else
  if workspace is null or caller is null or not app_hidden.has_scope('search') then
    perform app_hidden.require_member();
  end if;
  mode := coalesce(mode, 'hybrid');
  max_results := coalesce(max_results, 10);
  skip := coalesce(skip, 0);
  query := coalesce(query, '');
  kinds := coalesce(kinds, enum_range(null::app_public.source_type));
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  wanted := skip + max_results;
  if skip < 0 or wanted > 200 then
    raise exception 'Pages reach as far as the first 200 results: skip % and maxResults % do not.', skip, max_results
      using errcode = 'CQ200', hint = 'Narrow the search by filters.';
  end if;
  if char_length(query) > 10000 then
    raise exception 'A query has at most 10,000 characters; this one has %.', char_length(query) using errcode = 'CQ200', hint = 'Ask a shorter question.';
  end if;
  if threshold not between -1 and 1 then
    raise exception 'threshold is -1 to 1, not %.', threshold using errcode = 'CQ200', hint = 'Cosine similarity lies between -1 and 1.';
  end if;
  if trim(query) = '' and query_embedding is null then
    raise exception 'There is nothing to search for.' using errcode = 'CQ200', hint = 'Pass some words as "query".';
  end if;
  -- "is not null" would mean that each of them is given
  if not (filters is null) then
    perform app_private.check_search_filters(filters);
    sources := app_private.search_sources(workspace, caller, filters);
  end if;

  response.requested := max_results;
  response.path := 'none';
  response.scan_limit_hit := false;
  -- each leg of a hybrid hands more than was asked for to the fusion, since what is second in both may be the best of all
  candidates := case mode when 'hybrid' then greatest(fused, wanted) else wanted end;

  if embedding_version_id is null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active';
  else
    select v.* into version from app_public.embedding_versions v
    where v.id = search.embedding_version_id and v.status <> 'archived'
      and to_regclass(format('app_partitions.embeddings_%s', v.number)) is not null;
    if version.id is null then
      raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'Leave it out to search the active one.';
    end if;
  end if;
  if mode = 'text' or query_embedding is null then
    vector_leg.state := 'left_out';
    vector_leg.reason := case mode when 'text' then 'mode' else coalesce(without_vector, 'no_vector') end;
    version := null;
  elsif vector_dims(query_embedding) <> version.dimensions then
    raise exception 'The vector has % dimensions, the % embedding version "%" has %.', vector_dims(query_embedding), version.status, version.name, version.dimensions
      using errcode = 'CQ301', hint = 'Embed the query with the model of that version, or leave queryEmbedding out.';
  end if;
  response.embedding_version_id := version.id;

  select t.* into available, everything, has_memories, has_archived from app_private.chunk_totals(workspace, kinds) as t;
  conditions := app_private.search_conditions(filters, sources, has_memories, has_archived);
  is_plain := filters is null and not has_archived;

  if version.id is not null then
    exact_limit := app_hidden.setting('search_exact_limit')::bigint;
    is_exact := available <= exact_limit;
    is_keyed := sources is not null or filters.created_after is not null;
    if is_keyed and not is_exact then
      -- by index, and no further than it takes to decide
      execute format('select count(*) from (select from app_public.chunks c where %s limit $6) as c', conditions)
      into matching
      using null, workspace, caller, null, kinds, exact_limit + 1, sources, filters;
      is_exact := matching <= exact_limit;
    end if;
    -- a version that is being built has no index yet
    is_exact := is_exact or to_regclass(format('app_partitions.embeddings_%s_hnsw', version.number)) is null;
    response.path := case when is_exact then 'exact' else 'index' end;
    -- few of many: from the chunks to their vectors, not the other way round
    is_keyed := is_exact and (is_keyed or 4 * available < everything);
  end if;

  if version.id is not null then
    if not is_exact then
      vectors := array(
        select row(s.chunk_id, s.place, s.score, s.importance)::app_private.search_hit
        from app_private.search_vector_index(
          version, workspace, caller, query_embedding, kinds, candidates, sources, filters, conditions,
          app_private.search_ef_search(version), app_private.search_max_scan_tuples(filters)
        ) with ordinality as s (chunk_id, score, importance, place)
      );
      -- too few although there are more: the scan stopped at its limit, so nothing may be trusted to the index
      if cardinality(vectors) < candidates then
        response.path := 'index, then exact';
        response.scan_limit_hit := true;
      end if;
    end if;
    if is_exact or cardinality(vectors) < candidates then
      -- most of what is near may be read, as a rule: to sort no more than that makes a search of 2,000 chunks a tenth cheaper
      nearest := case when is_exact and is_plain and not is_keyed and available > 4 * candidates then 4 * candidates end;
      loop
        vectors := array(
          select row(s.chunk_id, s.place, s.score, s.importance)::app_private.search_hit
          from app_private.search_vector_exact(
            version, workspace, caller, query_embedding, kinds, candidates, sources, filters,
            case when not is_plain or is_keyed then conditions end, is_keyed, nearest
          ) with ordinality as s (chunk_id, score, importance, place)
        );
        exit when nearest is null or cardinality(vectors) >= candidates;
        nearest := null;
      end loop;
    end if;
    if threshold is not null then
      vectors := array(select v::app_private.search_hit from unnest(vectors) as v where v.score >= threshold);
    end if;
    vector_leg.hits := cardinality(vectors);
    vector_leg.best_score := vectors[1].score;
    vector_leg.weight := case mode when 'hybrid' then version.vector_weight else 1 end;
  end if;
  question := app_private.question_in(workspace, query, filters);
  if mode = 'vector' or question.words is null then
    text_leg.state := 'left_out';
    text_leg.reason := case mode when 'vector' then 'mode' else 'no_words' end;
  else
    texts := array(
      select row(s.chunk_id, s.place, s.score, s.importance)::app_private.search_hit
      from app_private.search_text(
        workspace, caller, question, kinds, candidates, sources, filters,
        -- a plan for no tenant in particular may read all chunks of the tenant: 3 ms for 2,000
        case when not is_plain or everything > 2000 then conditions end
      ) with ordinality as s (chunk_id, score, importance, place)
    );
    text_leg.hits := cardinality(texts);
    text_leg.best_score := texts[1].score;
    text_leg.weight := 1 - coalesce(vector_leg.weight, 0);
  end if;
  response.legs := array[vector_leg, text_leg];

  select array_agg(row(found.*)::app_public.search_result order by fused.is_after, fused.score desc, fused.importance desc, fused.chunk_id desc)
  into response.results
  from (
    with hits as (
      select
        h.chunk_id, max(h.importance) as importance, min(h.place) as place, max(h.vector_score) as vector_score,
        -- beyond the first of its leg it is known on late pages alone: what counts there must not count here
        max(h.text_score) filter (where mode <> 'hybrid' or h.place <= fused) as text_score
      from (
        select v.chunk_id, v.importance, v.place, v.score as vector_score, null::real as text_score from unnest(vectors) as v
        union all
        select t.chunk_id, t.importance, t.place, null, t.score from unnest(texts) as t
      ) as h
      group by h.chunk_id
    ),
    -- what words alone have found is as similar as it is, although not among the nearest
    compared as materialized (
      select
        h.chunk_id, h.importance, h.place, h.text_score,
        coalesce(h.vector_score, case when version.id is not null then (
          select (1 - (e.embedding operator(extensions.<=>) query_embedding))::real
          from app_public.embeddings e
          where e.version_id = version.id and e.workspace_id = workspace and e.chunk_id = h.chunk_id
          offset 0
        ) end) as vector_score,
        (
          select coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id)
          from app_public.chunks c where c.workspace_id = workspace and c.id = h.chunk_id
        ) as source
      from hits h
    ),
    weighed as (
      select c.*, coalesce(vector_leg.weight * greatest(c.vector_score, 0), 0) + coalesce(text_leg.weight * c.text_score, 0) as own
      from compared c
    ),
    -- the best passage of a document stands for the best of all that was found of it
    standing as (
      select
        w.*, mode = 'hybrid' and w.place > fused as is_after,
        case when row_number() over (partition by w.source, w.place > fused order by w.own desc, w.chunk_id desc) = 1
          then coalesce(vector_leg.weight * greatest(max(w.vector_score) over (partition by w.source, w.place > fused), 0), 0)
            + coalesce(text_leg.weight * max(w.text_score) over (partition by w.source, w.place > fused), 0)
          else w.own
        end as of_source
      from weighed w
    )
    select
      s.chunk_id, s.vector_score, s.text_score, s.is_after, s.importance,
      (case
        when mode = 'vector' then s.vector_score
        when mode = 'text' then s.text_score
        when s.is_after then min(s.of_source) filter (where not s.is_after) over () - s.place * 1e-6
        else s.of_source
      end)::real as score
    from standing s
    -- ties go to the more important chunk, then to the newer: ids are ordered by time
    order by s.is_after, score desc, s.importance desc, s.chunk_id desc
    limit max_results offset skip
  ) as fused
  cross join lateral (
    select
      fused.chunk_id, c.source_type, c.document_id, c.conversation_id, c.message_id,
      coalesce(
        (select d.title from app_public.documents d where d.id = c.document_id),
        (select t.title from app_public.conversations t where t.id = c.conversation_id),
        (select i.subject from app_public.memory_items i where i.id = c.memory_item_id),
        case when c.raw_event_id is not null then app_hidden.event_title(c.raw_event_id) end
      ) as title,
      c.heading,
      app_private.search_snippet(c.text_search_language, c.text_search, c.content, question) as snippet,
      c.content, c.page_number, fused.vector_score, fused.text_score, fused.score, c.memory_item_id, c.raw_event_id
    from app_public.chunks c
    where c.workspace_id = workspace and c.id = fused.chunk_id
  ) as found;
  response.results := coalesce(response.results, '{}');
  response.returned := cardinality(response.results);
  return response;
end
$$;
comment on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid, text) is
  'Finds chunks of documents, messages, memories and events by meaning and by words. The API computes the vector of "query" itself; kinds, filters, threshold (cosine similarity) and mode narrow the search; maxResults (1 to 100) and skip page through its first 200 results. without_vector says why the caller brings no vector, and is repeated in the answer. Errors: CQ101 not signed in, CQ200 unusable argument, CQ204 no such embedding version, CQ301 vector of another model.';
grant execute on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid, text)
  to colloquy_user, colloquy_admin;
--! EndIncluded search/search.sql
--! Included search/narrow.sql
-- Narrower ways to ask app_public.search, which does all of the work: nothing here reads a table, so nothing here is sealed.

create or replace function app_public.search_similar_chunks(
  embedding extensions.halfvec,
  threshold real default null,
  max_results integer default 10,
  kinds app_public.source_type[] default null,
  filters app_public.search_filters default null,
  skip integer default 0,
  embedding_version_id uuid default null
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search(
    query => '', query_embedding => embedding, kinds => kinds, max_results => max_results, threshold => threshold, mode => 'vector',
    filters => filters, skip => skip, embedding_version_id => embedding_version_id
  );
$$;
comment on function app_public.search_similar_chunks(extensions.halfvec, real, integer, app_public.source_type[], app_public.search_filters, integer, uuid) is
  'Chunks nearest to a vector, from the cosine similarity "threshold" on. Errors: CQ101 not signed in, CQ200 unusable argument, CQ204 no such embedding version, CQ301 vector of another model.';

create or replace function app_public.search_similar_messages(
  embedding extensions.halfvec,
  conversation_id uuid default null,
  threshold real default null,
  max_results integer default 10,
  skip integer default 0
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search_similar_chunks(
    embedding => embedding, threshold => threshold, max_results => max_results, kinds => array['message']::app_public.source_type[],
    filters => case
      when search_similar_messages.conversation_id is not null
        then jsonb_populate_record(null::app_public.search_filters, jsonb_build_object('conversation_id', search_similar_messages.conversation_id))
    end,
    skip => skip
  );
$$;
comment on function app_public.search_similar_messages(extensions.halfvec, uuid, real, integer, integer) is
  'Messages nearest to a vector, of one conversation or of all. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

create or replace function app_public.search_documents(
  query text,
  query_embedding extensions.halfvec default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid',
  filters app_public.search_filters default null,
  skip integer default 0,
  without_vector text default null
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search(
    query => query, query_embedding => query_embedding, kinds => array['document']::app_public.source_type[], max_results => max_results,
    threshold => threshold, mode => mode, filters => filters, skip => skip, without_vector => without_vector
  );
$$;
comment on function app_public.search_documents(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer, text) is
  'Search in documents alone. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

create or replace function app_public.search_memories(
  query text,
  query_embedding extensions.halfvec default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid',
  filters app_public.search_filters default null,
  skip integer default 0,
  without_vector text default null
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search(
    query => query, query_embedding => query_embedding, kinds => array['memory']::app_public.source_type[], max_results => max_results,
    threshold => threshold, mode => mode, filters => filters, skip => skip, without_vector => without_vector
  );
$$;
comment on function app_public.search_memories(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer, text) is
  'Search in memories alone, by their fit only; recall also weighs importance and recency. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

grant execute on function
  app_public.search_similar_chunks(extensions.halfvec, real, integer, app_public.source_type[], app_public.search_filters, integer, uuid),
  app_public.search_similar_messages(extensions.halfvec, uuid, real, integer, integer),
  app_public.search_documents(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer, text),
  app_public.search_memories(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer, text)
to colloquy_user, colloquy_admin;
--! EndIncluded search/narrow.sql
--! Included search/search_facts.sql
-- What the API keeps of a search that it answered, to hand it to record_searches with others. Asked for in the statement of
-- the search itself, so that tenant and caller come from the session of the request and from nothing that a client sends. It
-- reads nothing: what it returns is in the answer that it is given.
create or replace function app_hidden.search_facts(response app_public.search_response)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'workspace_id', app_hidden.searched_workspace_id(), 'user_id', app_hidden.current_user_id(), 'version_id', response.embedding_version_id,
    'requested', response.requested, 'returned', response.returned, 'path', response.path, 'scan_limit_hit', response.scan_limit_hit,
    'chunk_ids', array(select r.chunk_id from unnest(response.results) as r)
  );
$$;
comment on function app_hidden.search_facts(app_public.search_response) is 'Whose search an answer belongs to, how it was found, and the ids of its chunks.';
grant execute on function app_hidden.search_facts(app_public.search_response) to colloquy_user, colloquy_admin;
--! EndIncluded search/search_facts.sql
--! Included search/record_searches.sql
-- Counts what searches answered, and that chunks were read, a batch at a time: search itself is stable and writes nothing.
-- Called by the API server on a connection of its own, as colloquy_authenticator and outside any request. Not granted to the
-- roles of requests: nobody counts for somebody else. A chunk of another tenant than the search's is not counted.
--
-- It must never hold up those who write: it waits for no row of theirs (skip locked), and batches of several servers come one
-- after the other. What is locked by somebody else at that moment, since it is cut anew or moved to another tier, is not
-- counted. A batch that comes twice counts twice.
create or replace function app_hidden.record_searches(searches jsonb)
returns table (sample_share real, keeps_text boolean)
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
set jit = off
-- a few thousand keys: each is looked up, whatever the planner believes how many there are
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  text_allowed boolean := app_hidden.setting('search_sample_keeps_text') = 'on';
  least_samples integer := app_hidden.setting('search_sample_minimum')::integer;
  share real := app_hidden.setting('search_sample_share')::real;
  today date := (now() at time zone 'UTC')::date;
begin
  if jsonb_typeof(searches) is distinct from 'array' or jsonb_array_length(searches) > 1000 then
    raise exception 'A batch is an array of at most 1,000 searches.' using errcode = 'CQ200', hint = 'Send several batches.';
  end if;
  perform pg_advisory_xact_lock(hashtext('colloquy.record_searches'));

  insert into app_hidden.search_samples (workspace_id, user_id, version_id, kinds, filters, embedding, query)
  select
    s.workspace_id, s.user_id, v.id, (select array_agg(distinct k.kind) from unnest(s.kinds) as k (kind)),
    (
      select jsonb_object_agg(f.key, f.value)
      from jsonb_each(to_jsonb(jsonb_populate_record(null::app_public.search_filters, s.filters))) as f
      where f.value <> 'null'
    ),
    s.embedding::halfvec,
    case when text_allowed then left(nullif(trim(s.query), ''), 10000) end
  from jsonb_to_recordset(searches) as s (
    workspace_id uuid, user_id uuid, version_id uuid, kinds app_public.source_type[], filters jsonb, embedding text, query text
  )
  join app_public.embedding_versions v on v.id = s.version_id
  -- who leaves the workspace, or ends it, at this moment is not waited for
  cross join lateral (
    select from app_public.workspace_members m where m.workspace_id = s.workspace_id and m.user_id = s.user_id for key share skip locked
  ) as member
  -- a vector of zeros is as far from everything as from anything: nothing to measure by
  where s.embedding is not null and l2_norm(s.embedding::halfvec) > 0
    -- names and values that somebody wrote: without them it would be another search
    and (text_allowed or not exists (
      select
      from jsonb_each(s.filters) as f
      where f.value <> 'null' and case f.key
        when 'text_search_languages' then not coalesce(
          (select bool_and(pg_input_is_valid(l, 'app_public.text_search_language')) from jsonb_array_elements_text(f.value) as l), true
        )
        else f.key in ('tags', 'content_types', 'code_languages', 'metadata')
      end
    ))
  limit 100;

  insert into app_hidden.search_statistics as x (
    day, version_id, size_class, path, searches, short_returns, lost_returns, scan_limit_hits
  )
  select
    today, v.id, size.class, s.path, count(*), count(*) filter (where s.returned < s.requested),
    -- on the first page and without a threshold, an index that was not given up has returned enough
    count(*) filter (where s.returned < s.requested and s.path = 'index' and s.is_plain),
    count(*) filter (where s.scan_limit_hit)
  from jsonb_to_recordset(searches) as s (
    workspace_id uuid, version_id uuid, path text, requested integer, returned integer, is_plain boolean, scan_limit_hit boolean
  )
  left join app_public.embedding_versions v on v.id = s.version_id
  cross join lateral (
    select app_private.search_size_class(coalesce(sum(k.chunk_count), 0)::bigint) as class
    from app_hidden.chunk_counts k where k.workspace_id = s.workspace_id
  ) as size
  group by v.id, size.class, s.path
  on conflict on constraint search_statistics_day_version_id_size_class_path_key do update
  set searches = x.searches + excluded.searches, short_returns = x.short_returns + excluded.short_returns,
    lost_returns = x.lost_returns + excluded.lost_returns, scan_limit_hits = x.scan_limit_hits + excluded.scan_limit_hits;

  with reads as (
    select s.workspace_id, r.id, count(*) as times
    from jsonb_to_recordset(searches) as s (workspace_id uuid, chunk_ids uuid[])
    cross join lateral unnest(s.chunk_ids) as r (id)
    group by s.workspace_id, r.id
    order by s.workspace_id, r.id
  ),
  readable as materialized (
    select r.workspace_id, r.id, r.times
    from reads r
    cross join lateral (
      select from app_public.chunks c where c.workspace_id = r.workspace_id and c.id = r.id for no key update skip locked
    ) as chunk
  )
  update app_public.chunks c
  set access_count = least(c.access_count + r.times, 2147483647)::integer, last_accessed_at = now()
  from readable r
  where c.workspace_id = r.workspace_id and c.id = r.id;

  return query
  select
    case when count(*) < least_samples then 1 else greatest(0, least(share, 1)) end::real,
    text_allowed
  from (
    select from app_hidden.search_samples s where s.id >= app_hidden.uuidv7_floor(today::timestamp at time zone 'UTC') limit least_samples
  ) as taken;
end
$$;
comment on function app_hidden.record_searches(jsonb) is
  'Counts a batch of finished searches and the chunks that they returned, and keeps the vectors that came with some of them. Returns which share of the following shall bring theirs, and whether with words. For the API server. Error: CQ200 no batch.';
grant execute on function app_hidden.record_searches(jsonb) to colloquy_authenticator;
--! EndIncluded search/record_searches.sql
--! Included search/search_quality.sql
-- What an administrator asks about searches: the latest measurements, and what was counted. It names no tenant.
create or replace function app_private.latest_recall()
returns setof app_public.recall_figure
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    v.id, v.name, m.size_class, m.source, uuid_extract_timestamp(m.id), m.recall, m.recall >= app_hidden.setting('search_recall_objective')::real,
    m.queries, m.index_queries, m.filtered_queries, m.filtered_recall, m.short_returns, m.scan_limit_hits, m.exact_p50_ms, m.exact_p95_ms, m.index_p50_ms, m.index_p95_ms,
    m.ef_search, app_private.search_ef_search(v), m.suggested_ef_search, m.suggested_recall, m.suggested_exact_limit
  from app_public.embedding_versions v
  cross join lateral (
    select distinct on (r.size_class) r.* from app_hidden.recall_measurements r where r.version_id = v.id order by r.size_class, r.id desc
  ) as m
  where v.status in ('active', 'building')
  order by v.status = 'active' desc, v.id, m.size_class desc;
$$;
comment on function app_private.latest_recall() is 'The latest measurement per version, active or building, and size of workspaces.';

create or replace function app_public.search_quality(days integer default 7)
returns app_public.search_quality
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.search_quality;
begin
  perform app_private.require_administrator();
  days := coalesce(days, 7);
  if days not between 1 and 400 then
    raise exception 'days is 1 to 400, not %.', days using errcode = 'CQ200', hint = 'Ask for fewer.';
  end if;
  result.objective := app_hidden.setting('search_recall_objective')::real;
  result.recall := array(select f from app_private.latest_recall() as f);
  result.vector_weights := array(select f from app_private.latest_vector_weights() as f);
  result.searches := array(
    select row(
      s.version_id, s.size_class, s.path, sum(s.searches), sum(s.short_returns), sum(s.lost_returns), sum(s.scan_limit_hits)
    )::app_public.search_count
    from app_hidden.search_statistics s
    where s.day > (now() at time zone 'UTC')::date - days
    group by s.version_id, s.size_class, s.path
    order by s.version_id, s.size_class desc, s.path
  );
  return result;
end
$$;
comment on function app_public.search_quality(integer) is
  'The latest measurements of recall per embedding version and size of workspaces, how much the vectors of each version count, and the searches of the last days, counted. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument.';
grant execute on function app_public.search_quality(integer) to colloquy_admin;
--! EndIncluded search/search_quality.sql
--! Included search/measure_recall.sql
-- Asks some queries by search itself, as whoever asked them, and by the exact leg beside it, and writes down what the index
-- missed. Below the objective it looks for the smallest ef_search that meets it, and puts that in force when the settings let
-- it. Everything in one transaction: a run that is killed leaves nothing. One run at a time; its time is bounded by
-- search_recall_seconds, and what it has asked until then counts. It must never return or keep the id of a tenant.
create or replace function app_private.tune_ef_search(for_version uuid)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  update app_public.embedding_versions v
  set search_ef_search = wanted.ef_search
  from (
    -- as far as the most demanding size needs
    select case when max(latest.suggested_ef_search) > 0 then least(max(latest.suggested_ef_search), app_hidden.setting('search_ef_search_max')::integer, 1000) end as ef_search
    from (
      select distinct on (m.size_class) m.suggested_ef_search
      from app_hidden.recall_measurements m
      where m.version_id = for_version and m.suggested_ef_search is not null and m.id > app_hidden.uuidv7_floor(now() - interval '30 days')
      order by m.size_class, m.id desc
    ) as latest
  ) as wanted
  where v.id = for_version and wanted.ef_search > 0 and v.search_ef_search is distinct from wanted.ef_search
    and app_hidden.setting('search_ef_search_auto') = 'on';
$$;
comment on function app_private.tune_ef_search(uuid) is 'Puts the ef_search that the latest measurements ask for in force, if search_ef_search_auto says so.';

create or replace function app_private.recall_of_index(
  version app_public.embedding_versions, truths app_private.recall_truth[], with_ef_search integer, deadline timestamptz, k integer,
  out recall real, out scan_limit_hits integer, out milliseconds double precision[]
)
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  truth app_private.recall_truth;
  query app_private.recall_query;
  kinds app_public.source_type[];
  found uuid[];
  started timestamptz;
  spent double precision;
  share double precision;
  -- of those without filters, and of those with
  shares double precision[] := array[0, 0]::double precision[];
  counts integer[] := array[0, 0];
  place integer;
begin
  scan_limit_hits := 0;
  milliseconds := '{}';
  foreach truth in array truths loop
    if clock_timestamp() > deadline then
      recall := null;
      return;
    end if;
    query := truth.query;
    kinds := coalesce(query.kinds, enum_range(null::app_public.source_type));
    started := clock_timestamp();
    found := array(
      select s.chunk_id
      from app_private.search_vector_index(
        version, query.workspace_id, query.user_id, query.embedding, kinds, k, truth.sources, query.filters, truth.conditions,
        with_ef_search, app_private.search_max_scan_tuples(query.filters)
      ) as s
    );
    spent := 1000 * extract(epoch from clock_timestamp() - started);
    if cardinality(found) < k then
      -- as search does it: too few are not trusted
      scan_limit_hits := scan_limit_hits + 1;
      found := truth.nearest;
      spent := spent + truth.milliseconds;
    end if;
    milliseconds := milliseconds || spent;
    share := (select count(*) from unnest(truth.nearest) as n where n = any (found))::float8 / cardinality(truth.nearest);
    place := case when query.filters is null then 1 else 2 end;
    shares[place] := shares[place] + share;
    counts[place] := counts[place] + 1;
  end loop;
  -- what is repeated exactly finds all: many with filters would hide that the others do not
  recall := least(shares[1] / nullif(counts[1], 0), shares[2] / nullif(counts[2], 0));
end
$$;
comment on function app_private.recall_of_index(app_public.embedding_versions, app_private.recall_truth[], integer, timestamptz, integer) is
  'Mean share of the nearest that the index leg finds with an ef_search, of queries with or without filters, whichever is less, how often its scan gave up, and its times. Recall is null when the deadline came first.';

create or replace function app_hidden.measure_recall(for_version uuid, of_size app_public.search_size_class)
returns setof app_hidden.recall_measurements
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
as $$
declare
  most_queries integer := app_hidden.setting('search_recall_queries')::integer;
  seconds double precision := app_hidden.setting('search_recall_seconds')::double precision;
  began timestamptz := clock_timestamp();
  deadline timestamptz := began + make_interval(secs => seconds);
  version app_public.embedding_versions;
  asked record;
  query app_private.recall_query;
  kinds app_public.source_type[];
  conditions text;
  available bigint;
  everything bigint;
  has_memories boolean;
  has_archived boolean;
  is_filtered boolean;
  sources uuid[];
  is_narrow boolean;
  nearest uuid[];
  answered app_public.search_response;
  started timestamptz;
  spent double precision;
  exact_times double precision[] := array[]::double precision[];
  tries integer := 0;
  share double precision;
  shares double precision := 0;
  filtered_shares double precision := 0;
  by_index app_private.recall_truth[] := array[]::app_private.recall_truth[];
  indexed_chunks bigint := 0;
  leg record;
  tried integer;
  result app_hidden.recall_measurements;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.measure_recall')) then
    return;
  end if;
  select v.* into version from app_public.embedding_versions v where v.id = for_version and v.status <> 'archived';
  if version.id is null then
    raise exception 'There is no such embedding version, or it is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  result.id := uuidv7();
  result.version_id := version.id;
  result.size_class := of_size;
  result.k := 10;
  result.objective := app_hidden.setting('search_recall_objective')::real;
  result.ef_search := app_private.search_ef_search(version);
  result.queries := 0;
  result.filtered_queries := 0;
  result.short_returns := 0;
  result.scan_limit_hits := 0;

  for asked in select q.source, q.query from app_private.recall_queries(version.id, of_size, most_queries) q loop
    -- a quarter for what is true; the rest is for the index
    exit when tries > 0 and clock_timestamp() > case when result.queries > 0 then began + make_interval(secs => seconds / 4) else deadline end;
    tries := tries + 1;
    query := asked.query;
    kinds := coalesce(query.kinds, enum_range(null::app_public.source_type));
    select t.* into available, everything, has_memories, has_archived from app_private.chunk_totals(query.workspace_id, kinds) as t;
    is_filtered := not (query.filters is null);
    sources := case when is_filtered then app_private.search_sources(query.workspace_id, query.user_id, query.filters) end;
    is_narrow := 4 * available < everything or sources is not null;
    conditions := app_private.search_conditions(query.filters, sources, has_memories, has_archived);

    started := clock_timestamp();
    nearest := array(
      select s.chunk_id
      from app_private.search_vector_exact(
        version, query.workspace_id, query.user_id, query.embedding, kinds, result.k, sources, query.filters, conditions, is_narrow
      ) as s
    );
    spent := 1000 * extract(epoch from clock_timestamp() - started);
    continue when cardinality(nearest) = 0;

    perform set_config('colloquy.user_id', query.user_id::text, true), set_config('colloquy.workspace_id', query.workspace_id::text, true),
      set_config('colloquy.scopes', '', true);
    answered := app_public.search(
      query => '', query_embedding => query.embedding, kinds => kinds, max_results => result.k, mode => 'vector', filters => query.filters,
      embedding_version_id => version.id
    );

    result.source := asked.source;
    result.queries := result.queries + 1;
    exact_times := exact_times || spent;
    share := (
      select count(*) from unnest(nearest) as n where n in (select r.chunk_id from unnest(answered.results) as r)
    )::float8 / cardinality(nearest);
    shares := shares + share;
    if is_filtered then
      result.filtered_queries := result.filtered_queries + 1;
      filtered_shares := filtered_shares + share;
    end if;
    -- asked once more: a passage may have been removed in between
    if answered.returned < cardinality(nearest) and answered.returned < (
      select count(*)
      from app_private.search_vector_exact(
        version, query.workspace_id, query.user_id, query.embedding, kinds, result.k, sources, query.filters, conditions, is_narrow
      )
    ) then
      result.short_returns := result.short_returns + 1;
    end if;
    -- where fewer fit, the index is not what answers
    if answered.path <> 'exact' and cardinality(nearest) = result.k then
      by_index := by_index || row(query, sources, conditions, nearest, spent)::app_private.recall_truth;
      indexed_chunks := greatest(indexed_chunks, case when is_filtered then 0 else available end);
    end if;
  end loop;
  perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true);
  if result.queries = 0 then
    return;
  end if;
  result.recall := shares / result.queries;
  result.filtered_recall := filtered_shares / nullif(result.filtered_queries, 0);
  select percentile_cont(0.5) within group (order by t), percentile_cont(0.95) within group (order by t)
  into result.exact_p50_ms, result.exact_p95_ms
  from unnest(exact_times) as t;

  result.index_queries := cardinality(by_index);
  if result.index_queries > 0 then
    leg := app_private.recall_of_index(version, by_index, result.ef_search, 'infinity', result.k);
    result.scan_limit_hits := leg.scan_limit_hits;
    select percentile_cont(0.5) within group (order by t), percentile_cont(0.95) within group (order by t)
    into result.index_p50_ms, result.index_p95_ms
    from unnest(leg.milliseconds) as t;
    -- few that fit a filter are compared soon, however many chunks there are: that says nothing about the limit
    if (
      select percentile_cont(0.5) within group (order by t.milliseconds)
        <= percentile_cont(0.5) within group (order by (leg.milliseconds)[t.n::integer])
      from unnest(by_index) with ordinality as t (query, sources, conditions, nearest, milliseconds, n)
      where (t.query).filters is null
    ) then
      result.suggested_exact_limit := indexed_chunks;
    end if;

    -- what is in force: enough, and there may be a smaller one; or not, and there must be a larger one
    result.suggested_ef_search := result.ef_search;
    result.suggested_recall := leg.recall;
    for tried in
      select e.ef_search
      from (
        select app_hidden.setting('search_ef_search')::integer as ef_search
        union
        select unnest(array[20, 40, 60, 100, 150, 200, 300, 400, 600, 800, 1000])
      ) as e
      where e.ef_search between app_hidden.setting('search_ef_search')::integer and 1000
        and case when leg.recall >= result.objective then e.ef_search < result.ef_search else e.ef_search > result.ef_search end
      order by e.ef_search
    loop
      leg := app_private.recall_of_index(version, by_index, tried, deadline, result.k);
      if leg.recall is null then
        -- no time left: what is in force stays, if it is enough; otherwise there is no answer yet
        if result.suggested_recall < result.objective then
          result.suggested_ef_search := null;
          result.suggested_recall := null;
        end if;
        exit;
      end if;
      if leg.recall >= result.objective or result.suggested_recall < result.objective then
        result.suggested_ef_search := tried;
        result.suggested_recall := leg.recall;
      end if;
      exit when leg.recall >= result.objective;
    end loop;
  end if;

  insert into app_hidden.recall_measurements (
    id, version_id, size_class, source, k, queries, index_queries, filtered_queries, recall, filtered_recall, objective, short_returns, scan_limit_hits, exact_p50_ms,
    exact_p95_ms, index_p50_ms, index_p95_ms, ef_search, suggested_ef_search, suggested_recall, suggested_exact_limit
  )
  values (
    result.id, result.version_id, result.size_class, result.source, result.k, result.queries, result.index_queries, result.filtered_queries,
    result.recall, result.filtered_recall, result.objective, result.short_returns, result.scan_limit_hits, result.exact_p50_ms, result.exact_p95_ms, result.index_p50_ms,
    result.index_p95_ms, result.ef_search, result.suggested_ef_search, result.suggested_recall, result.suggested_exact_limit
  )
  returning * into result;
  perform app_private.tune_ef_search(version.id);
  return next result;
end
$$;
comment on function app_hidden.measure_recall(uuid, app_public.search_size_class) is
  'Measures the recall of a version in workspaces of a size, writes it down, and puts a larger or smaller ef_search in force if the settings say so. No row: another run is at work, or there is nothing to ask. Error: CQ204 no such version.';
grant execute on function app_hidden.measure_recall(uuid, app_public.search_size_class) to colloquy_worker;
--! EndIncluded search/measure_recall.sql
--! Included memory/recall.sql
-- Recall: the memories that fit a question, weighed by importance and recency. Sealed, as search is, and the caller comes
-- from the session alone. It counts nothing: what an answer really used is told by use_memories.
--
-- Relevance is what a hybrid search gives, 0 to 1: similarity and words by the weight of the embedding version. Then it is weighed:
-- half of the score for the fit alone, up to three tenths for importance, up to two for recency.

create or replace function app_public.recall(query text, query_embedding extensions.halfvec default null, max_results integer default 10)
returns app_public.recall_response
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version app_public.embedding_versions;
  candidates integer;
  kinds app_public.source_type[] := array['memory']::app_public.source_type[];
  conditions text := app_private.search_conditions(null, null, true, false);
  weight real := 0;
  response app_public.recall_response;
begin
  perform app_hidden.require_member();
  query := coalesce(query, '');
  max_results := coalesce(max_results, 10);
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  if char_length(query) > 10000 then
    raise exception 'A query has at most 10,000 characters; this one has %.', char_length(query) using errcode = 'CQ200', hint = 'Ask a shorter question.';
  end if;
  if trim(query) = '' and query_embedding is null then
    raise exception 'There is nothing to recall.' using errcode = 'CQ200', hint = 'Pass some words as "query".';
  end if;
  candidates := greatest(4 * max_results, 40);
  if query_embedding is not null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active';
    if vector_dims(query_embedding) <> version.dimensions then
      raise exception 'The vector has % dimensions, the active embedding version "%" has %.', vector_dims(query_embedding), version.name, version.dimensions
        using errcode = 'CQ301', hint = 'Embed the query with the model of the active version, or leave queryEmbedding out.';
    end if;
    weight := version.vector_weight;
  end if;

  select array_agg(row(found.*)::app_public.recalled_memory order by found.score desc, found.id desc) into response.memories
  from (
    select
      m.id, m.content, m.subject, m.importance, fits.vector_score, fits.text_score, aged.recency,
      (fits.relevance * (0.5 + 0.3 * m.importance + 0.2 * aged.recency))::real as score
    from (
      -- a memory of several pieces counts by its best ones
      select
        c.memory_item_id, max(legs.vector_score) as vector_score, max(legs.text_score) as text_score,
        coalesce(weight * greatest(max(legs.vector_score), 0), 0) + coalesce((1 - weight) * max(legs.text_score), 0) as relevance
      from (
        -- always exact: memories have an index of their own among the chunks, and a workspace has thousands of them, not millions
        select v.chunk_id, v.score as vector_score, null::real as text_score
        from app_private.search_vector_exact(version, workspace, caller, query_embedding, kinds, candidates, null, null, conditions, true) as v
        where version.id is not null
        union all
        select x.chunk_id, null, x.score
        from app_private.search_text(workspace, caller, app_private.question_in(workspace, query), kinds, candidates, null, null, conditions) as x
      ) as legs
      join app_public.chunks c on c.workspace_id = workspace and c.id = legs.chunk_id
      group by c.memory_item_id
    ) as fits
    join app_public.memory_items m on m.workspace_id = workspace and m.id = fits.memory_item_id
    cross join lateral (
      select (0.5 ^ greatest(0, extract(epoch from now() - greatest(m.last_accessed_at, lower(m.validity))) / 2592000.0))::real as recency
    ) as aged
    where upper_inf(m.validity) and (m.expires_at is null or m.expires_at > now())
    order by score desc, m.id desc
    limit max_results
  ) as found;
  response.requested := max_results;
  response.embedding_version_id := version.id;
  response.memories := coalesce(response.memories, '{}');
  response.returned := cardinality(response.memories);
  return response;
end
$$;
comment on function app_public.recall(text, extensions.halfvec, integer) is
  'The memories that fit a question best, weighed by importance and recency. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';
grant execute on function app_public.recall(text, extensions.halfvec, integer) to colloquy_user, colloquy_admin;

create or replace function app_public.use_memories(ids uuid[])
returns setof app_public.memory_items
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  if cardinality(ids) > 100 then
    raise exception 'At most 100 memories at a time, not %.', cardinality(ids) using errcode = 'CQ200', hint = 'Call it again for the rest.';
  end if;
  return query
  with readable as (
    select m.id
    from app_public.memory_items m
    where m.workspace_id = app_hidden.current_workspace_id() and m.id = any (ids) and upper_inf(m.validity)
      and (m.owner_id = app_hidden.current_user_id() or m.visibility = 'workspace')
    order by m.id
    for no key update
  )
  update app_public.memory_items m
  set access_count = m.access_count + 1, last_accessed_at = clock_timestamp()
  from readable r
  where m.id = r.id
  returning m.*;
end
$$;
comment on function app_public.use_memories(uuid[]) is
  'Says which recalled memories an answer used, which keeps them recent. Returns them; what is not there or not readable is passed over. Errors: CQ101 not signed in, CQ109 read-only, CQ200 too many.';
grant execute on function app_public.use_memories(uuid[]) to colloquy_user, colloquy_admin;
--! EndIncluded memory/recall.sql

--! split: 20-context.sql
-- A message is found with its context: what stands around it, by which branch that was made, and what its vector is made with.

alter table app_public.chunks add column if not exists lead_in text;
alter table app_public.chunks drop constraint if exists chunks_lead_in_length;
alter table app_public.chunks add constraint chunks_lead_in_length check (char_length(lead_in) <= 1000);
comment on column app_public.chunks.lead_in is 'What its vector is made with, before its own text: of the first piece of a message, the end of the message before it and who spoke. It never changes.';
comment on column app_public.chunks.content_hash is 'SHA-256 of lead-in, heading and content: what is embedded.';
comment on column app_public.chunks.context_near is 'What stands right beside it and is found with it at lower weight: of a message, who spoke and when, and the messages before and after it. Null for what stands by itself, and for a message that is to be given one.';

-- serves: the sweep for messages without their context, newest first; holds only those
create index if not exists chunks_context_idx on app_public.chunks (id) where source_type = 'message' and context_near is null;

alter table app_public.conversations add column if not exists indexed_leaf_id uuid;
comment on column app_public.conversations.indexed_leaf_id is 'The end of the branch by which its messages are found with what stands around them; another than preferred_leaf_id while that is to be done.';
-- serves: the sweep for conversations in which another branch was chosen; holds only those
create index if not exists conversations_leaf_idx on app_public.conversations (id)
where indexed_leaf_id is distinct from preferred_leaf_id and storage_tier = 'hot';

--! Included embeddings/date_words.sql
-- A time in the words that a question would use: "what did Ana say in May". Written out here, since to_char speaks the language
-- of the server only. In UTC; in English where a language is not listed, with the numbers that every language has.
create or replace function app_private.date_words(at timestamptz, language text)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select concat_ws(
    ' ', extract(day from d.at)::integer, d.months[extract(month from d.at)], extract(year from d.at)::integer,
    d.days[extract(isodow from d.at)], to_char(d.at, 'YYYY-MM-DD')
  )
  from (
    select
      date_words.at at time zone 'UTC' as at,
      string_to_array(case language
        when 'german' then 'Januar Februar März April Mai Juni Juli August September Oktober November Dezember'
        when 'french' then 'janvier février mars avril mai juin juillet août septembre octobre novembre décembre'
        when 'spanish' then 'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre'
        when 'portuguese' then 'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro'
        when 'italian' then 'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre'
        when 'dutch' then 'januari februari maart april mei juni juli augustus september oktober november december'
        else 'January February March April May June July August September October November December'
      end, ' ') as months,
      string_to_array(case language
        when 'german' then 'Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag'
        when 'french' then 'lundi mardi mercredi jeudi vendredi samedi dimanche'
        when 'spanish' then 'lunes martes miércoles jueves viernes sábado domingo'
        when 'portuguese' then 'segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo'
        when 'italian' then 'lunedì martedì mercoledì giovedì venerdì sabato domenica'
        when 'dutch' then 'maandag dinsdag woensdag donderdag vrijdag zaterdag zondag'
        else 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'
      end, ' ') as days
  ) as d;
$$;
comment on function app_private.date_words(timestamptz, text) is 'Day, month, year, day of the week and ISO date of a time, in the words of a text search language.';
--! EndIncluded embeddings/date_words.sql
--! Included embeddings/message_context.sql
-- What stands around a message, so that it is found with it: "Yes, last week!" answers a question that is in the message before.
-- Its words count less than its own (weights C and D), with who spoke and when among the nearer ones; and its vector is made
-- with the end of the message before it. Neighbours are those on the same branch, never a branch that was left, and never
-- another conversation.
--
-- A vector is made with what came before alone: that never changes, so a vector that was paid for is never made again when
-- a message follows, or another branch is chosen. It finds as much as one made with what follows too (measured:
-- docs/decisions/message-context.md). What follows counts by its words, which cost nothing but a row.

create or replace function app_private.speaks(role app_public.message_role, content text)
returns boolean
language sql
immutable
parallel safe
as $$
  select speaks.role in ('user', 'assistant') and speaks.content ~ '\S';
$$;
comment on function app_private.speaks(app_public.message_role, text) is 'Whether a message is one of a person or a model, with a text.';

create or replace function app_private.account_name(account app_public.users)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(account.display_name, nullif(concat_ws(' ', account.first_name, account.last_name), ''), account.username::text);
$$;
comment on function app_private.account_name(app_public.users) is 'What a person is called by others; null when they have given no name.';

-- The nearest message before and after, and the ones beyond them, of which a person or a model speaks. A message of a branch that is not chosen
-- is followed by its newest child, as choose_branch would.
create or replace function app_private.message_neighbours(conversation app_public.conversations, message_ids uuid[])
returns table (message_id uuid, before_1 uuid, before_2 uuid, after_1 uuid, after_2 uuid)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  -- messages of tools and systems that are stepped over, at most
  most_steps constant integer := 20;
  chosen uuid[];
  step record;
  children uuid[];
  found_ids uuid[];
begin
  foreach message_id in array message_ids loop
    found_ids := '{}';
    select m.id, m.parent_id, m.replaces_id, false as speaks into step
    from app_public.messages m
    where m.conversation_id = conversation.id and m.id = message_neighbours.message_id;
    for i in 1 .. most_steps loop
      exit when step.id is null or cardinality(found_ids) = 2;
      if step.parent_id is not null then
        select m.id, m.parent_id, m.replaces_id, app_private.speaks(m.role, m.content) as speaks into step
        from app_public.messages m
        where m.conversation_id = conversation.id and m.id = step.parent_id;
      elsif step.replaces_id is not null then
        -- another first message
        exit;
      else
        -- from before there were branches: the message before it
        select m.id, m.parent_id, m.replaces_id, app_private.speaks(m.role, m.content) as speaks into step
        from app_public.messages m
        where m.conversation_id = conversation.id and m.id >= conversation.id and m.id < step.id
          and m.parent_id is null and m.replaces_id is null
        order by m.id desc
        limit 1;
      end if;
      if step.speaks then
        found_ids := found_ids || step.id;
      end if;
    end loop;
    before_1 := found_ids[1];
    before_2 := found_ids[2];

    found_ids := '{}';
    select m.id, m.parent_id, m.replaces_id, false as speaks into step
    from app_public.messages m
    where m.conversation_id = conversation.id and m.id = message_neighbours.message_id;
    for i in 1 .. most_steps loop
      exit when step.id is null or cardinality(found_ids) = 2;
      children := array(
        select c.id
        from (
          (
            select m.id from app_public.messages m
            where m.conversation_id = conversation.id and m.parent_id = step.id
            order by m.id desc
            limit 100
          )
          union all
          (
            select m.id from app_public.messages m
            where step.parent_id is null and step.replaces_id is null
              and m.conversation_id = conversation.id and m.id > step.id and m.id <= conversation.last_message_id
              and m.parent_id is null and m.replaces_id is null
            order by m.id
            limit 1
          )
        ) as c
        order by c.id desc
      );
      exit when cardinality(children) = 0;
      if cardinality(children) > 1 and conversation.preferred_leaf_id is not null then
        chosen := coalesce(chosen, array(select p.id from app_private.message_path(conversation.id, conversation.preferred_leaf_id) as p));
        children := coalesce((select array_agg(c.id) from unnest(children) as c (id) where c.id = any (chosen)), children);
      end if;
      select m.id, m.parent_id, m.replaces_id, app_private.speaks(m.role, m.content) as speaks into step
      from app_public.messages m
      where m.conversation_id = conversation.id and m.id = children[1];
      if step.speaks then
        found_ids := found_ids || step.id;
      end if;
    end loop;
    after_1 := found_ids[1];
    after_2 := found_ids[2];
    return next;
  end loop;
end
$$;
comment on function app_private.message_neighbours(app_public.conversations, uuid[]) is
  'Of each message of a conversation that is not packed: the two before it and the two after it on its branch in which a person or a model speaks.';

create or replace function app_private.beginning_of(content text, characters integer)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case when char_length(content) > characters then regexp_replace(left(content, characters), '\s\S{0,30}$', '') else content end;
$$;
comment on function app_private.beginning_of(text, integer) is 'At most so many characters from the beginning of a text, ending with a whole word where there are words.';

create or replace function app_private.end_of(content text, characters integer)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case when char_length(content) > characters then regexp_replace(right(content, characters), '^\S{0,30}\s', '') else content end;
$$;
comment on function app_private.end_of(text, integer) is 'At most so many characters from the end of a text, beginning with a whole word where there are words.';

-- As an import named them: a name that came with the message and stays with it, unlike that of an account.
create or replace function app_private.named_speaker(metadata jsonb)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select left(n.name, 100)
  from unnest(array['speaker', 'author_name', 'user_name', 'author', 'name']) with ordinality as k (key, place)
  cross join lateral (select trim(metadata ->> k.key) as name) as n
  where jsonb_typeof(metadata -> k.key) = 'string' and n.name <> ''
  order by k.place
  limit 1;
$$;
comment on function app_private.named_speaker(jsonb) is 'Who spoke, as the metadata of an imported message name it; null when they do not.';

-- next: what follows, which stands with the last passage of a message alone, so that a new message touches no more than that
create or replace function app_private.message_contexts(conversation app_public.conversations, message_ids uuid[], language text)
returns table (message_id uuid, neighbour_ids uuid[], lead_in text, near text, next_near text, far text, next_far text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    m.id,
    array_remove(array[n.before_1, n.before_2, n.after_1, n.after_2], null),
    nullif(concat_ws(E'\n', app_private.end_of(before_1.content, 160), app_private.named_speaker(m.metadata) || ':'), ''),
    concat_ws(
      E'\n',
      concat_ws(' ', coalesce(app_private.named_speaker(m.metadata), left(account.name, 255)), m.role),
      app_private.date_words(uuid_extract_timestamp(m.id), language),
      app_private.end_of(before_1.content, 400)
    ),
    app_private.beginning_of(after_1.content, 400),
    app_private.end_of(before_2.content, 300),
    app_private.beginning_of(after_2.content, 300)
  from app_private.message_neighbours(conversation, message_ids) as n
  join app_public.messages m on m.conversation_id = conversation.id and m.id = n.message_id
  left join app_public.messages before_1 on before_1.conversation_id = conversation.id and before_1.id = n.before_1
  left join app_public.messages before_2 on before_2.conversation_id = conversation.id and before_2.id = n.before_2
  left join app_public.messages after_1 on after_1.conversation_id = conversation.id and after_1.id = n.after_1
  left join app_public.messages after_2 on after_2.conversation_id = conversation.id and after_2.id = n.after_2
  left join lateral (
    select app_private.account_name(u) as name from app_public.users u where u.id = m.author_id
  ) as account on true;
$$;
comment on function app_private.message_contexts(app_public.conversations, uuid[], text) is
  'What stands around messages of a conversation that is not packed: before (near, far) and after them (next_near, next_far), and what their vectors are made with (lead_in).';

-- Writes only what is other than before: of an append the two messages before it, of an edit the same.
create or replace function app_private.refresh_message_contexts(conversation app_public.conversations, message_ids uuid[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  refreshed integer;
begin
  with wanted as materialized (
    select
      c.id,
      concat_ws(E'\n', x.near, case when c.is_last then x.next_near end) as near,
      concat_ws(E'\n', x.far, case when c.is_last then x.next_far end) as far
    from app_private.message_contexts(
      conversation, message_ids, (select app_private.workspace_language(conversation.workspace_id))::text
    ) as x
    cross join lateral (
      select k.id, k.chunk_index = max(k.chunk_index) over () as is_last
      from app_public.chunks k
      where k.workspace_id = conversation.workspace_id and k.message_id = x.message_id
      offset 0
    ) as c
  )
  update app_public.chunks c
  set context_near = w.near, context_far = w.far
  from wanted w
  where c.workspace_id = conversation.workspace_id and c.id = w.id
    -- what has none yet is given it with all that belongs to it
    and c.context_near is not null
    and (c.context_near, c.context_far) is distinct from (w.near, w.far);
  get diagnostics refreshed = row_count;
  return refreshed;
end
$$;
comment on function app_private.refresh_message_contexts(app_public.conversations, uuid[]) is
  'Writes the contexts of messages of a locked conversation anew where they are other than before. Returns how many chunks were written.';

-- The places of a path where another child than the newest was chosen: all that the choice of a branch decides.
create or replace function app_private.chosen_turns(for_conversation uuid, leaf_id uuid)
returns table (parent_id uuid, child_id uuid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with path as materialized (
    select m.id, m.parent_id, m.replaces_id, lag(m.id) over (order by m.sequence_number) as previous_id
    from app_private.message_path(for_conversation, leaf_id) as p
    join app_public.messages m on m.conversation_id = for_conversation and m.id = p.id
  )
  select coalesce(p.parent_id, p.previous_id), p.id
  from path p
  where exists (
    select from app_public.messages newer
    where newer.conversation_id = for_conversation and newer.parent_id = coalesce(p.parent_id, p.previous_id) and newer.id > p.id
  ) or (
    p.parent_id is not null and exists (
      select
      from path r
      join app_public.messages newer on newer.conversation_id = for_conversation and newer.id > p.id
        and newer.parent_id is null and newer.replaces_id is null
      where r.id = p.parent_id and r.parent_id is null and r.replaces_id is null
    )
  );
$$;
comment on function app_private.chosen_turns(uuid, uuid) is 'The messages on the way to a leaf after which another one than the newest child follows, with the one that does.';

create or replace function app_private.refresh_branch(conversation app_public.conversations)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  turned uuid[];
  above uuid[];
  refreshed integer := 0;
begin
  if conversation.indexed_leaf_id is not distinct from conversation.preferred_leaf_id or conversation.storage_tier <> 'hot' then
    return 0;
  end if;
  -- most often it was only continued
  if exists (
    with recursive way as (
      select m.id, m.parent_id, 1 as steps from app_public.messages m
      where m.conversation_id = conversation.id and m.id = conversation.preferred_leaf_id
      union all
      select m.id, m.parent_id, w.steps + 1 from way w
      join app_public.messages m on m.conversation_id = conversation.id and m.id = w.parent_id
      where w.steps < 50
    )
    select from way w where w.id = conversation.indexed_leaf_id
  ) then
    turned := '{}';
  else
    turned := array(
      select coalesce(o.parent_id, n.parent_id)
      from app_private.chosen_turns(conversation.id, conversation.indexed_leaf_id) as o
      full join app_private.chosen_turns(conversation.id, conversation.preferred_leaf_id) as n
        on n.parent_id = o.parent_id and n.child_id = o.child_id
      where o.child_id is null or n.child_id is null
    );
  end if;
  if cardinality(turned) > 0 then
    above := array(
      select unnest(array[n.before_1, n.before_2]) from app_private.message_neighbours(conversation, turned) as n
    );
    refreshed := app_private.refresh_message_contexts(conversation, array(
      select distinct x.id from unnest(turned || above) as x (id) where x.id is not null
    ));
  end if;
  update app_public.conversations c set indexed_leaf_id = conversation.preferred_leaf_id where c.id = conversation.id;
  return refreshed;
end
$$;
comment on function app_private.refresh_branch(app_public.conversations) is
  'Follows the branch that was chosen since the contexts of a locked conversation were made. Returns how many chunks were written.';

create or replace function app_hidden.follow_branch(for_workspace uuid, for_conversation uuid)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
    and c.indexed_leaf_id is distinct from c.preferred_leaf_id
    -- messages that are not indexed yet are followed with them
    and c.indexed_sequence_number = c.last_sequence_number
  for no key update;
  return coalesce(app_private.refresh_branch(conversation), 0);
end
$$;
comment on function app_hidden.follow_branch(uuid, uuid) is
  'Gives the messages of a conversation the context of the branch that was chosen meanwhile. Returns how many chunks were written; again changes nothing.';
grant execute on function app_hidden.follow_branch(uuid, uuid) to colloquy_worker;
--! EndIncluded embeddings/message_context.sql
--! Included lifecycle/pack_conversation.sql
-- Packs the messages of a conversation. What belongs to a message (feedback, citations, calls of tools) stays rows: it is found by
-- itself, and nobody finds less of it because a conversation rests (docs/decisions/packed-conversations.md).
--
-- The caller holds its row "for update". Nothing is deleted before the documents were read back, decoded, encoded anew and found
-- equal, and what is deleted is counted: whatever differs ends the transaction. The conversation is warm before the first row
-- goes, by which the triggers that count know that nothing is lost.
create or replace function app_private.pack_conversation(conversation app_public.conversations)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
  source constant regclass := 'app_public.messages'::regclass;
  columns constant text[] := app_private.packed_columns(source);
  archived app_hidden.conversation_archives;
  piece app_hidden.conversation_archive_parts;
  rows_read integer := 0;
  rebuilt bytea;
  deleted integer;
  result app_public.conversations;
begin
  if conversation.storage_tier <> 'hot' then
    return conversation;
  end if;
  -- who reads it later restores it: the messages of a job that cuts them must be rows until then
  if conversation.indexed_sequence_number < conversation.last_sequence_number then
    raise exception 'Messages of this conversation are still being indexed.' using errcode = 'CQ261', hint = 'Try again when the worker has done them.';
  end if;

  -- the words around its messages are those of the branch that is chosen, while they are rows
  perform app_private.refresh_branch(conversation);
  -- the days that changed since the last run are counted while their messages are rows
  perform app_private.settle_conversation_analytics(array[conversation.id]);

  select array_agg(m.id order by m.id) into archived.message_ids
  from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  insert into app_hidden.conversation_archives (conversation_id, workspace_id, message_count, message_ids, sha256)
  values (
    conversation.id, conversation.workspace_id, coalesce(cardinality(archived.message_ids), 0), coalesce(archived.message_ids, '{}'), sha256('')
  );

  execute format(
    'insert into app_hidden.conversation_archive_parts (
       workspace_id, conversation_id, packed, part, first_id, last_id, row_count, columns, sha256, document
     )
     select $1, $2, $3, p.part, p.first_id, p.last_id, p.row_count, $4, sha256(convert_to(p.document, ''UTF8'')), p.document
     from (
       select sized.part, (array_agg(sized.id order by sized.id))[1] as first_id, (array_agg(sized.id order by sized.id desc))[1] as last_id,
         count(*) as row_count, ''['' || string_agg(sized.line, E'',\n'' order by sized.id) || '']'' as document
       from (
         -- 128 KiB a part: a page is read without the rest
         select l.*, ((sum(octet_length(l.line)) over (order by l.id) - octet_length(l.line)) / 131072)::integer as part
         from (
           select t.id, %s as line from app_public.messages as t where t.workspace_id = $1 and t.conversation_id = $2 and t.id >= $2 and t.id <= $5
         ) as l
       ) as sized
       group by sized.part
     ) as p',
    app_private.packed_line(source, columns)
  )
  using conversation.workspace_id, conversation.id, source, columns, conversation.last_message_id;

  for piece in
    select p.* from app_hidden.conversation_archive_parts p where p.conversation_id = conversation.id order by p.part
  loop
    execute format(
      'select sha256(convert_to(''['' || string_agg(%s, E'',\n'' order by t.id) || '']'', ''UTF8'')), $3 + count(*) from (%s) as t',
      app_private.packed_line(source, columns), app_private.unpack_query(source, columns)
    )
    into rebuilt, rows_read
    using piece.document, conversation.owner_id, rows_read;
    if rebuilt is distinct from piece.sha256 then
      raise exception 'What was packed of conversation % is not what was read back.', conversation.id
        using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
    end if;
  end loop;

  update app_hidden.conversation_archives a set sha256 = app_private.archive_hash(conversation.id) where a.conversation_id = conversation.id;
  update app_public.conversations c set storage_tier = 'warm' where c.id = conversation.id returning c.* into result;

  delete from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  get diagnostics deleted = row_count;
  if rows_read <> deleted or rows_read <> conversation.message_count then
    raise exception 'Conversation % has % messages, % were packed, % would go.', conversation.id, conversation.message_count, rows_read, deleted
      using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
  end if;

  update app_public.chunks c set tier = 'cold' where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.tier <> 'cold';
  return result;
end
$$;
comment on function app_private.pack_conversation(app_public.conversations) is
  'Packs a locked conversation; one that is packed stays as it is. Raises CQ260 when what was packed is not what was there, CQ261 while it is being indexed.';

create or replace function app_private.archive_hash(conversation_id uuid)
returns bytea
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select sha256(coalesce(string_agg(p.sha256, '' order by p.packed::regclass::text, p.part), ''))
  from app_hidden.conversation_archive_parts p
  where p.conversation_id = archive_hash.conversation_id;
$$;
comment on function app_private.archive_hash(uuid) is 'SHA-256 over the SHA-256 of the parts of an archive, in order: a part that is gone shows.';

create or replace function app_private.check_part(piece app_hidden.conversation_archive_parts)
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if sha256(convert_to(piece.document, 'UTF8')) <> piece.sha256 then
    raise exception 'The archive of conversation % is damaged.', piece.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have its part brought back from a backup: docs/lifecycle.md.';
  end if;
end
$$;
comment on function app_private.check_part(app_hidden.conversation_archive_parts) is 'Raises CQ260 when a document is not the one that was packed.';

create or replace function app_private.check_archive(conversation_id uuid)
returns app_hidden.conversation_archives
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  archived app_hidden.conversation_archives;
begin
  select a.* into archived from app_hidden.conversation_archives a where a.conversation_id = check_archive.conversation_id;
  perform app_private.check_part(p) from app_hidden.conversation_archive_parts p where p.conversation_id = check_archive.conversation_id;
  if archived.conversation_id is null or archived.sha256 <> app_private.archive_hash(check_archive.conversation_id) then
    raise exception 'The archive of conversation % is damaged.', check_archive.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have it brought back from a backup: docs/lifecycle.md.';
  end if;
  return archived;
end
$$;
comment on function app_private.check_archive(uuid) is 'The archive of a packed conversation, found whole. Raises CQ260.';
--! EndIncluded lifecycle/pack_conversation.sql
--! Included embeddings/pipeline.sql
-- What the indexing worker calls. The data is the truth: work is what is missing, so a lost job loses nothing and a
-- repeated one changes nothing. Only the worker may call these; it decides nothing, it cuts text and computes vectors.
--
-- What runs for every source is planned once (force_generic_plan: planning over all partitions took longer than the work) and
-- goes from what it is given to single rows, by index: "offset 0" keeps the planner from reading a whole workspace instead.

create or replace function app_hidden.find_unindexed(max_sources integer default 100)
returns table (workspace_id uuid, source_type app_public.source_type, source_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  (
    select d.workspace_id, 'document'::app_public.source_type, d.id
    from app_public.documents d
    where d.chunked_hash is distinct from d.content_hash and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = d.workspace_id and f.document_id = d.id and f.content_hash = d.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by d.id
    limit max_sources
  )
  union
  (
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_sequence_number < c.last_sequence_number and not exists (
      -- one that was given up is passed over
      select from app_hidden.cutting_failures f
      where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.sequence_number = c.indexed_sequence_number + 1
        and not f.is_dead and f.next_attempt_at > statement_timestamp()
    )
    order by c.id
    limit max_sources
  )
  union
  (
    -- found with the words of a branch that was left; a packed one is followed when it is packed
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_leaf_id is distinct from c.preferred_leaf_id and c.storage_tier = 'hot' and c.indexed_sequence_number = c.last_sequence_number
    order by c.id
    limit max_sources
  )
  union
  (
    select m.workspace_id, 'memory'::app_public.source_type, m.id
    from app_public.memory_items m
    where m.chunked_hash is distinct from m.content_hash and upper_inf(m.validity) and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = m.workspace_id and f.memory_item_id = m.id and f.content_hash = m.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by m.id
    limit max_sources
  )
  limit max_sources;
end
$$;
comment on function app_hidden.find_unindexed(integer) is 'Documents, conversations and memories with missing or stale chunks, and conversations in which another branch was chosen: what lost jobs left. Of chunks without a vector, find_unembedded_workspaces() tells.';

create or replace function app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb)
returns table (kept integer, added integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  document app_public.documents;
  wanted app_private.wanted_chunk[];
begin
  -- before the counts are taken: whoever deletes the workspace has it, and then takes the counts
  perform from app_public.workspaces w where w.id = for_workspace for key share;
  select d.* into document
  from app_public.documents d
  where d.workspace_id = for_workspace and d.id = for_document
  for no key update;
  if document.id is null or document.content_hash <> of_hash then
    -- gone, or edited since it was read: the job of that edit does it
    return;
  end if;

  -- the n-th piece of a text stays the n-th piece of the same text: its vector stays valid, only its place may move
  with given as (
    select w.*, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)) as content_hash
    from jsonb_to_recordset(new_chunks) as w (
      chunk_index integer, content text, heading text, page_number integer, start_offset integer, end_offset integer, token_count integer,
      language text
    )
  ),
  numbered as (
    select g.*, row_number() over (partition by g.content_hash order by g.chunk_index) as n from given g
  ),
  existing as (
    select c.id, c.content_hash, row_number() over (partition by c.content_hash order by c.chunk_index) as n
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  )
  select coalesce(array_agg(
    row(
      x.chunk_index, x.content, x.heading, x.page_number, x.start_offset, x.end_offset, x.token_count, x.content_hash, e.id,
      app_private.recognized_language(document.text_search_language, x.language)
    )::app_private.wanted_chunk
  ), '{}')
  into wanted
  from numbered x
  left join existing e on e.content_hash = x.content_hash and e.n = x.n;

  -- what goes and what comes are counted one after the other: the counts of all of it are taken first, in one order
  with there as (
    select c.text_search_language, c.is_language_recognized
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  ),
  keys as (
    select t.text_search_language::text as language, t.is_language_recognized as is_recognized from there t
    union
    select coalesce(w.language, document.text_search_language), w.language is not null from unnest(wanted) as w
  )
  insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
  select for_workspace, 'document', x.language, x.is_recognized, 0
  from keys x
  where exists (select from there) and (select count(*) from keys) > 1
  order by x.language, x.is_recognized
  on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count;
  delete from app_public.chunks c
  where c.workspace_id = for_workspace and c.document_id = for_document
    and not exists (select from unnest(wanted) as w where w.kept_id = c.id);
  get diagnostics removed = row_count;

  set constraints app_public.chunks_document_id_chunk_index_key deferred;
  update app_public.chunks c
  set chunk_index = w.chunk_index, start_offset = w.start_offset, end_offset = w.end_offset, page_number = w.page_number,
    text_search_language = coalesce(w.language, document.text_search_language), is_language_recognized = w.language is not null
  from unnest(wanted) as w
  where c.workspace_id = for_workspace and c.document_id = for_document and c.id = w.kept_id
    and (c.chunk_index, c.start_offset, c.end_offset, c.page_number, c.text_search_language, c.is_language_recognized)
      is distinct from (
        w.chunk_index, w.start_offset, w.end_offset, w.page_number, coalesce(w.language, document.text_search_language), w.language is not null
      );
  select count(*) into kept from unnest(wanted) as w where w.kept_id is not null;

  insert into app_public.chunks (
    workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, heading, page_number, start_offset, end_offset,
    token_count, content_hash, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'document', for_document, document.owner_id, document.visibility, w.chunk_index, w.content, w.heading, w.page_number,
    w.start_offset, w.end_offset, w.token_count, w.content_hash, coalesce(w.language, document.text_search_language),
    w.language is not null
  from unnest(wanted) as w
  where w.kept_id is null;
  get diagnostics added = row_count;

  update app_public.documents d set chunked_hash = of_hash where d.id = for_document;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.document_id = for_document;
  return next;
end
$$;
comment on function app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb) is
  'Replaces the chunks of a document by new ones, keeping those whose text is the same. No row when the document is gone or has changed since of_hash was read.';

create or replace function app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  new_messages uuid[];
  beside uuid[];
  added integer;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
  for no key update;
  if conversation.id is null or conversation.indexed_sequence_number >= through_sequence_number then
    return 0;
  end if;
  new_messages := array(select distinct w.message_id from jsonb_to_recordset(new_chunks) as w (message_id uuid));

  with contexts as materialized (
    select x.* from app_private.message_contexts(conversation, new_messages, declared::text) as x
  ),
  inserted as (
    insert into app_public.chunks (
      workspace_id, source_type, conversation_id, message_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset,
      token_count, lead_in, context_near, context_far, content_hash, text_search_language, is_language_recognized
    )
    select
      for_workspace, 'message', for_conversation, w.message_id, conversation.owner_id, conversation.visibility, w.chunk_index, w.content,
      w.heading, w.start_offset, w.end_offset, w.token_count, beginning.lead_in,
      concat_ws(E'\n', x.near, case when w.is_last then x.next_near end),
      concat_ws(E'\n', x.far, case when w.is_last then x.next_far end),
      app_hidden.text_hash(concat_ws(E'\n', beginning.lead_in, w.heading, w.content)),
      coalesce(app_private.recognized_language(declared, w.language), declared),
      app_private.recognized_language(declared, w.language) is not null
    from (
      select r.*, r.chunk_index = max(r.chunk_index) over (partition by r.message_id) as is_last
      from jsonb_to_recordset(new_chunks) as r (
        message_id uuid, chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer,
        language text
      )
    ) as w
    join app_public.messages m
      on m.id = w.message_id and m.conversation_id = for_conversation
      and m.sequence_number > conversation.indexed_sequence_number and m.sequence_number <= through_sequence_number
    join contexts x on x.message_id = w.message_id
    cross join lateral (select case when w.chunk_index = 0 then x.lead_in end as lead_in) as beginning
    -- behind one that is tried again after it was given up, they have theirs
    where not exists (select from app_public.chunks c where c.workspace_id = for_workspace and c.message_id = w.message_id)
    -- their ids tell which is newer
    order by m.sequence_number, w.chunk_index
    returning id
  )
  select
    (select count(*) from inserted),
    array(select distinct n.id from contexts x cross join lateral unnest(x.neighbour_ids) as n (id) where n.id <> all (new_messages))
  into added, beside;

  -- what they stand beside has new neighbours
  if added > 0 and cardinality(beside) > 0 then
    perform app_private.refresh_message_contexts(conversation, beside);
  end if;
  update app_public.conversations c set indexed_sequence_number = through_sequence_number where c.id = for_conversation;
  -- when the last message is there: the branch that was chosen ends with it
  if through_sequence_number >= conversation.last_sequence_number then
    perform app_private.refresh_branch(conversation);
  end if;
  delete from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and f.conversation_id = for_conversation and f.sequence_number <= through_sequence_number and not f.is_dead;
  return added;
end
$$;
comment on function app_hidden.add_message_chunks(uuid, uuid, integer, jsonb) is
  'Adds the chunks of new messages of a conversation and remembers how far it got. Done twice, it changes nothing.';

create or replace function app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  memory app_public.memory_items;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  added integer;
begin
  select m.* into memory
  from app_public.memory_items m
  where m.workspace_id = for_workspace and m.id = for_memory
  for no key update;
  if memory.id is null or not upper_inf(memory.validity) or memory.content_hash <> of_hash or memory.chunked_hash = of_hash then
    -- gone, closed since it was read, or done
    return 0;
  end if;
  delete from app_public.chunks c where c.workspace_id = for_workspace and c.memory_item_id = for_memory;
  insert into app_public.chunks (
    workspace_id, source_type, memory_item_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
    content_hash, importance_score, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'memory', for_memory, memory.owner_id, memory.visibility, w.chunk_index, w.content, w.heading, w.start_offset, w.end_offset,
    w.token_count, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)), memory.importance,
    coalesce(app_private.recognized_language(declared, w.language), declared),
    app_private.recognized_language(declared, w.language) is not null
  from jsonb_to_recordset(new_chunks) as w (
    chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer, language text
  );
  get diagnostics added = row_count;
  update app_public.memory_items m set chunked_hash = of_hash where m.id = for_memory;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.memory_item_id = for_memory;
  return added;
end
$$;
comment on function app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb) is
  'Gives a memory its chunks. 0 when the memory is gone, holds no longer, or has them already.';

create or replace function app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, twin.embedding
  from unnest(chunk_ids) as wanted (id)
  cross join lateral (
    select k.id, k.content_hash from app_public.chunks k where k.workspace_id = for_workspace and k.id = wanted.id offset 0
  ) as c
  cross join lateral (
    select e.embedding
    from app_public.chunks same
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = same.id
    where same.workspace_id = for_workspace and same.content_hash = c.content_hash
    limit 1
  ) as twin
  on conflict do nothing
  returning chunk_id;
end
$$;
comment on function app_hidden.reuse_embeddings(uuid, uuid, uuid[]) is 'Gives chunks the vector that an equal text of the same workspace has already. Returns their ids.';

create or replace function app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  stored integer;
begin
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, given.vector::extensions.halfvec
  from unnest(chunk_ids, vectors) as given (chunk_id, vector)
  cross join lateral (
    select k.id from app_public.chunks k where k.workspace_id = for_workspace and k.id = given.chunk_id offset 0
  ) as c
  on conflict do nothing;
  get diagnostics stored = row_count;
  return stored;
end
$$;
comment on function app_hidden.store_embeddings(uuid, uuid, uuid[], text[]) is
  'Stores vectors of chunks; a chunk that is gone or has one already is passed over. Returns how many were stored.';

grant execute on function
  app_hidden.find_unindexed(integer),
  app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.add_message_chunks(uuid, uuid, integer, jsonb),
  app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.reuse_embeddings(uuid, uuid, uuid[]),
  app_hidden.store_embeddings(uuid, uuid, uuid[], text[])
to colloquy_worker;
--! EndIncluded embeddings/pipeline.sql
--! Included embeddings/backfill.sql
-- What the worker calls to fill versions other than the active one. As everywhere in the pipeline, work is what is
-- missing. A chunk that has no vector of the active version yet is new work, not back-fill: the job that gives it one gives
-- it those of the other versions first, so that the two never compute the same.

create or replace function app_hidden.find_unembedded(max_workspaces integer default 100)
returns table (version_id uuid, workspace_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  busy text[] := '{}';
begin
  -- who works on it, or waits to, must not get company: both would pay for the same vectors. A worker that was killed is
  -- waited for as long as a job may take.
  if to_regclass('pgboss.job') is not null then
    busy := array(
      select j.singleton_key
      from pgboss.job j
      where j.name = 'backfill-embeddings' and j.singleton_key is not null
        and (j.state in ('created', 'retry')
          or j.state = 'active' and j.started_on > now() - make_interval(secs => app_hidden.setting('embedding_backfill_seconds')::integer))
    );
  end if;
  -- by counts alone: a workspace that has nothing to fill after all costs one look
  return query
  select v.id, k.workspace_id
  from app_hidden.maintained_versions() v
  cross join (
    select k.workspace_id, sum(k.chunk_count) as chunk_count from app_hidden.chunk_counts k group by k.workspace_id
  ) as k
  left join app_hidden.embedding_counts e on e.version_id = v.id and e.workspace_id = k.workspace_id
  where v.status <> 'active'
    and k.chunk_count > coalesce(e.embedding_count, 0) + (
      select count(*) from app_hidden.embedding_failures f
      where f.version_id = v.id and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    -- what a budget holds back, or the pause of the provider, is looked at again when that is over
    and not exists (
      select from app_hidden.embedding_refusals r
      where r.version_id = v.id and r.workspace_id = k.workspace_id and r.retry_at > statement_timestamp()
    )
    and not exists (
      select from app_hidden.provider_pauses p where p.provider = v.provider and p.paused_until > statement_timestamp()
    )
    and format('%s:%s', v.id, k.workspace_id) <> all (busy)
  -- a version that was active is one to go back to: it comes first
  order by v.status desc, v.id, k.chunk_count - coalesce(e.embedding_count, 0), k.workspace_id
  limit max_workspaces;
end
$$;
comment on function app_hidden.find_unembedded(integer) is 'Workspaces in which a maintained version other than the active one lacks vectors, and nobody is at it.';

create or replace function app_hidden.chunks_to_backfill(for_version uuid, for_workspace uuid, after_chunk uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text, token_count integer)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
begin
  if not exists (select from app_hidden.maintained_versions() v where v.id = for_version and v.status <> 'active') then
    return;
  end if;
  return query
  select c.id, c.content_hash, app_hidden.embed_text(c.lead_in, c.heading, c.content), c.token_count
  from app_public.chunks c
  where c.workspace_id = for_workspace
    and (after_chunk is null or c.id > after_chunk)
    and not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id
    )
    and (active is null or exists (
      select from app_public.embeddings e where e.version_id = active and e.workspace_id = for_workspace and e.chunk_id = c.id
    ))
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
  order by c.id
  limit max_chunks;
end
$$;
comment on function app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer) is
  'The next chunks of a workspace that a version lacks while the active one has them and that need not wait, in the order of their ids. None when the version is no longer maintained.';

create or replace function app_hidden.chunks_without_embedding(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select wanted.id
  from unnest(chunk_ids) as wanted (id)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = wanted.id
  where not exists (
    select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = wanted.id
  )
  and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id);
$$;
comment on function app_hidden.chunks_without_embedding(uuid, uuid, uuid[]) is 'Those of some chunks that have no vector in a version and need not wait.';

-- While the index of a partition is built nobody can write to it. New work must not wait for that.
create or replace function app_hidden.store_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return app_hidden.store_embeddings(for_version, for_workspace, chunk_ids, vectors);
end
$$;
comment on function app_hidden.store_behind(uuid, uuid, uuid[], text[]) is
  'store_embeddings for a version that is not the active one: gives up (55P03) rather than wait for its index to be built.';

create or replace function app_hidden.reuse_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return (select count(*) from app_hidden.reuse_embeddings(for_version, for_workspace, chunk_ids));
end
$$;
comment on function app_hidden.reuse_behind(uuid, uuid, uuid[]) is 'reuse_embeddings for a version that is not the active one: gives up (55P03) rather than wait.';

create or replace function app_hidden.count_backfill(for_version uuid, chunks integer, tokens integer)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into app_hidden.embedding_rates as r (version_id, minute, chunks, tokens)
  select v.id, date_trunc('minute', clock_timestamp()), count_backfill.chunks, count_backfill.tokens
  from app_public.embedding_versions v where v.id = for_version
  on conflict (version_id, minute) do update set chunks = r.chunks + excluded.chunks, tokens = r.tokens + excluded.tokens;
$$;
comment on function app_hidden.count_backfill(uuid, integer, integer) is 'Notes what a batch of back-fill achieved.';

create or replace function app_hidden.new_work_waits()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- new ones only: what is tried again has had its turn
  return to_regclass('pgboss.job') is not null
    and exists (select from pgboss.job j where j.name in ('index-source', 'embed-chunks') and j.state = 'created' and j.start_after <= now());
end
$$;
comment on function app_hidden.new_work_waits() is 'Whether new texts wait to be indexed: back-fill lets them go first.';

grant execute on function
  app_hidden.find_unembedded(integer),
  app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer),
  app_hidden.chunks_without_embedding(uuid, uuid, uuid[]),
  app_hidden.store_behind(uuid, uuid, uuid[], text[]),
  app_hidden.reuse_behind(uuid, uuid, uuid[]),
  app_hidden.count_backfill(uuid, integer, integer),
  app_hidden.new_work_waits()
to colloquy_worker;
--! EndIncluded embeddings/backfill.sql
--! Included embeddings/fill_message_contexts.sql
-- Gives messages that were indexed before there were contexts theirs, and those whose author is gone theirs anew: newest first,
-- some in one transaction, until none is left. What is missing is the work, so it may end at any time. Whoever has a
-- conversation keeps it. A packed one is restored for it and packed again, once in its life.
--
-- Vectors of models on this machine are made anew; one that was paid for stays as it is until another version is made.
create or replace function app_hidden.fill_message_contexts(max_chunks integer default 200)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
declare
  missing record;
  conversation app_public.conversations;
  filled integer := 0;
begin
  perform app_private.require_batch(max_chunks);
  for missing in
    select n.workspace_id, n.conversation_id, array_agg(distinct n.message_id) as message_ids
    from (
      select c.workspace_id, c.conversation_id, c.message_id
      from app_public.chunks c
      where c.source_type = 'message' and c.context_near is null
      order by c.id desc
      limit max_chunks
    ) as n
    group by n.workspace_id, n.conversation_id
    order by max(n.message_id::text) desc
  loop
    begin
      select c.* into conversation from app_public.conversations c where c.id = missing.conversation_id for update skip locked;
      continue when conversation.id is null;
      if conversation.storage_tier = 'hot' then
        filled := filled + app_private.fill_contexts_of(conversation, missing.message_ids);
      else
        conversation := app_private.unpack_conversation(conversation);
        filled := filled + app_private.fill_contexts_of(conversation, array(
          select distinct c.message_id from app_public.chunks c
          where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.context_near is null
        ));
        conversation := app_private.pack_conversation(conversation);
      end if;
    exception
      when lock_not_available then
        -- an index is being built, or somebody has a passage: later
        continue;
      when sqlstate 'CQ260' then
        -- damaged: its messages are found by their own words
        update app_public.chunks c set context_near = ''
        where c.workspace_id = missing.workspace_id and c.conversation_id = missing.conversation_id and c.context_near is null;
    end;
  end loop;
  return filled;
end
$$;
comment on function app_hidden.fill_message_contexts(integer) is
  'Gives chunks of messages without a context theirs, newest first, those of so many chunks; returns how many, 0 when none is left or free. For the job. Error: CQ200.';
grant execute on function app_hidden.fill_message_contexts(integer) to colloquy_worker;

create or replace function app_private.fill_contexts_of(conversation app_public.conversations, message_ids uuid[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  changed uuid[];
  given integer;
begin
  with filled as (
    update app_public.chunks c
    set context_near = concat_ws(E'\n', x.near, case when k.is_last then x.next_near end),
      context_far = concat_ws(E'\n', x.far, case when k.is_last then x.next_far end),
      lead_in = case when c.chunk_index = 0 then x.lead_in end,
      content_hash = app_hidden.text_hash(concat_ws(E'\n', case when c.chunk_index = 0 then x.lead_in end, c.heading, c.content))
    from app_private.message_contexts(
      conversation, message_ids, (select app_private.workspace_language(conversation.workspace_id))::text
    ) as x
    cross join lateral (
      select s.id, s.chunk_index = max(s.chunk_index) over () as is_last
      from app_public.chunks s
      where s.workspace_id = conversation.workspace_id and s.message_id = x.message_id
      offset 0
    ) as k
    where c.workspace_id = conversation.workspace_id and c.id = k.id and c.context_near is null
    returning c.id, (old.lead_in is distinct from new.lead_in) as is_led_in
  )
  select count(*), array_agg(f.id) filter (where f.is_led_in) into given, changed from filled f;
  -- whose message is not there: they are not asked for again
  update app_public.chunks c set context_near = ''
  where c.workspace_id = conversation.workspace_id and c.message_id = any (message_ids) and c.context_near is null;

  delete from app_public.embeddings e
  using app_hidden.maintained_versions() as v
  where v.provider in ('local', 'transformers') and e.version_id = v.id and e.workspace_id = conversation.workspace_id and e.chunk_id = any (changed);
  if found then
    -- behind all that is new
    insert into app_hidden.embedding_backlog (workspace_id, chunk_id, priority)
    select conversation.workspace_id, x.id, 0 from unnest(changed) as x (id)
    on conflict do nothing;
    perform app_hidden.enqueue(
      'embed-chunks', jsonb_build_object('workspaceId', conversation.workspace_id), conversation.workspace_id::text,
      conversation.workspace_id::text
    );
  end if;
  return given;
end
$$;
comment on function app_private.fill_contexts_of(app_public.conversations, uuid[]) is
  'Gives messages of a locked conversation that is not packed their contexts where they have none. Returns how many chunks were written.';
--! EndIncluded embeddings/fill_message_contexts.sql
--! Included embeddings/users_30_forget_speaker.sql
-- The name of a person stands with the passages of what they wrote, also in the conversations of others. When the account is
-- erased it goes at once; the sweep gives the passages a context without it. Of a packed conversation the messages are not
-- read: the name is looked for in what the workspaces of the person have packed.
create or replace function app_private.forget_speaker()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.chunks c
  set context_near = null, context_far = null
  from app_public.messages m
  where m.author_id = old.id and m.owner_id <> old.id and c.workspace_id = m.workspace_id and c.message_id = m.id;
  update app_public.chunks c
  set context_near = null, context_far = null
  from app_public.workspace_members w
  join app_public.conversations v on v.workspace_id = w.workspace_id and v.storage_tier <> 'hot' and v.owner_id <> old.id
  where w.user_id = old.id and c.workspace_id = v.workspace_id and c.conversation_id = v.id
    and starts_with(c.context_near, left(app_private.account_name(old), 255) || ' user');
  return old;
end
$$;
comment on function app_private.forget_speaker() is 'Trigger: takes the name of an erased account from what is found with it.';

create or replace trigger users_30_forget_speaker before delete on app_public.users
for each row execute function app_private.forget_speaker();
--! EndIncluded embeddings/users_30_forget_speaker.sql
--! Included conversations/choose_branch.sql
-- Chooses the branch that goes through a message: from there on the newest child is followed to its end, which becomes the
-- preferred leaf of the conversation, where the next message is added.
create or replace function app_public.choose_branch(message_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  current app_public.messages;
  child app_public.messages;
begin
  conversation := app_private.lock_conversation_of(choose_branch.message_id);
  select m.* into current from app_public.messages m where m.id = choose_branch.message_id;
  loop
    select c.* into child
    from (
      (
        select m.* from app_public.messages m
        where m.conversation_id = conversation.id and m.parent_id = current.id
        order by m.id desc
        limit 1
      )
      union all
      (
        -- from before there were branches: the message after it
        select m.* from app_public.messages m
        where current.parent_id is null and current.replaces_id is null
          and m.conversation_id = conversation.id and m.id > current.id and m.parent_id is null and m.replaces_id is null
        order by m.sequence_number
        limit 1
      )
    ) as c
    order by c.id desc
    limit 1;
    exit when child.id is null;
    current := child;
  end loop;
  update app_public.conversations c
  set preferred_leaf_id = current.id
  where c.id = conversation.id
  returning c.* into conversation;
  -- messages are found with their neighbours of the branch that is chosen
  if conversation.preferred_leaf_id is distinct from conversation.indexed_leaf_id then
    perform app_hidden.enqueue(
      'index-source',
      jsonb_build_object('workspaceId', conversation.workspace_id, 'sourceType', 'message', 'sourceId', conversation.id),
      'message:' || conversation.id,
      conversation.workspace_id::text
    );
  end if;
  return conversation;
end
$$;
comment on function app_public.choose_branch(uuid) is
  'Chooses the branch that goes through a message, to show and to continue. Errors: CQ101, CQ109, CQ204 no such message.';
grant execute on function app_public.choose_branch(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/choose_branch.sql

--! split: 30-citations.sql
-- Citations keep their evidence: the passage as it was when an answer cited it, whatever becomes of its source. And feedback and
-- citations of a packed conversation stay rows: they are found by themselves, as tool calls are.

create table if not exists app_hidden.cited_passages (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  chunk_id uuid not null,
  document_hash bytea,
  source_type app_public.source_type not null,
  document_id uuid,
  conversation_id uuid,
  message_id uuid,
  memory_item_id uuid,
  raw_event_id uuid,
  owner_id uuid not null,
  visibility app_public.visibility not null,
  title text,
  heading text,
  content text not null,
  page_number integer,
  start_offset integer not null,
  end_offset integer not null,
  constraint cited_passages_pkey primary key (id),
  constraint cited_passages_chunk_id_document_hash_key unique nulls not distinct (workspace_id, chunk_id, document_hash),
  constraint cited_passages_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint cited_passages_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint cited_passages_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint cited_passages_memory_item_id_fkey foreign key (workspace_id, memory_item_id)
    references app_public.memory_items (workspace_id, id) on delete cascade,
  constraint cited_passages_id_version check (uuid_extract_version(id) = 7),
  constraint cited_passages_document_hash_length check (octet_length(document_hash) = 32),
  constraint cited_passages_one_source check (
    case source_type
      when 'document' then document_id is not null and num_nonnulls(conversation_id, message_id, memory_item_id, raw_event_id) = 0
      when 'message' then num_nonnulls(conversation_id, message_id) = 2 and num_nonnulls(document_id, memory_item_id, raw_event_id) = 0
      when 'memory' then memory_item_id is not null and num_nonnulls(document_id, conversation_id, message_id, raw_event_id) = 0
      when 'event' then raw_event_id is not null and num_nonnulls(document_id, conversation_id, message_id, memory_item_id) = 0
      else false
    end
  ),
  constraint cited_passages_offsets check (start_offset >= 0 and end_offset > start_offset)
);
alter table app_hidden.cited_passages enable row level security;
alter table app_hidden.cited_passages force row level security;
-- serves: what was cited of a document, when its visibility changes, and when it is erased
create index if not exists cited_passages_document_id_idx on app_hidden.cited_passages (document_id) where document_id is not null;
-- serves: the foreign key from conversations
create index if not exists cited_passages_conversation_id_idx on app_hidden.cited_passages (workspace_id, conversation_id) where conversation_id is not null;
-- serves: what was cited of a message, when it is erased
create index if not exists cited_passages_message_id_idx on app_hidden.cited_passages (message_id) where message_id is not null;
-- serves: the foreign key from memory_items
create index if not exists cited_passages_memory_item_id_idx on app_hidden.cited_passages (workspace_id, memory_item_id) where memory_item_id is not null;
-- serves: what was cited of an event, when it goes
create index if not exists cited_passages_raw_event_id_idx on app_hidden.cited_passages (raw_event_id) where raw_event_id is not null;
-- serves: the foreign key from users
create index if not exists cited_passages_owner_id_idx on app_hidden.cited_passages (owner_id);
comment on table app_hidden.cited_passages is 'Passages as they were when answers cited them: once per chunk and version of its document, however many answers did. Never changed but in who may read it.';
comment on column app_hidden.cited_passages.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.cited_passages.workspace_id is 'The tenant.';
comment on column app_hidden.cited_passages.chunk_id is 'The chunk. No foreign key: it may be gone.';
comment on column app_hidden.cited_passages.document_hash is 'Version of the document that it was cut from: its content_hash then. Null for what has no versions.';
comment on column app_hidden.cited_passages.source_type is 'What it was cut from.';
comment on column app_hidden.cited_passages.document_id is 'The document. No foreign key: what was cited outlives it, until it is erased.';
comment on column app_hidden.cited_passages.conversation_id is 'The conversation of the message that it is a piece of. Goes with it.';
comment on column app_hidden.cited_passages.message_id is 'The message that it is a piece of. No foreign key: it may be packed away.';
comment on column app_hidden.cited_passages.memory_item_id is 'The memory. Goes with it.';
comment on column app_hidden.cited_passages.raw_event_id is 'The event. Goes with it, by trigger.';
comment on column app_hidden.cited_passages.owner_id is 'Owner of the source.';
comment on column app_hidden.cited_passages.visibility is 'Visibility of the source, kept equal by trigger as long as there is one.';
comment on column app_hidden.cited_passages.title is 'Title of the source then.';
comment on column app_hidden.cited_passages.heading is 'Title and headings above it.';
comment on column app_hidden.cited_passages.content is 'The text.';
comment on column app_hidden.cited_passages.page_number is 'Page then, when the source had pages.';
comment on column app_hidden.cited_passages.start_offset is 'First character in that version of the source, from 0.';
comment on column app_hidden.cited_passages.end_offset is 'Character after the last.';

create table if not exists app_hidden.passage_checks (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  passage_id uuid not null,
  constraint passage_checks_pkey primary key (id),
  constraint passage_checks_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint passage_checks_id_version check (uuid_extract_version(id) = 7)
);
alter table app_hidden.passage_checks enable row level security;
alter table app_hidden.passage_checks force row level security;
-- serves: what is to be looked at in one workspace, and the foreign key from workspaces
create index if not exists passage_checks_workspace_id_idx on app_hidden.passage_checks (workspace_id);
comment on table app_hidden.passage_checks is 'Cited passages that lost a citation: a job removes those that nothing cites any more. Only added to, so that nobody waits for anybody.';
comment on column app_hidden.passage_checks.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.passage_checks.workspace_id is 'The tenant.';
comment on column app_hidden.passage_checks.passage_id is 'The passage. No foreign key: it may be gone.';

alter table app_public.message_chunks add column if not exists passage_id uuid;
comment on column app_public.message_chunks.passage_id is 'What was cited, as it was: of app_hidden.cited_passages. Null for a citation from before there were any. No foreign key: what was erased leaves its citation.';
comment on column app_public.message_chunks.chunk_id is 'The chunk. No foreign key: a citation survives when its source is cut anew.';

do $$
declare
  added record;
begin
  for added in
    select *
    from (
      values
        ('heading', 'text', 'Title and headings above it, when it is available.'),
        ('page_number', 'integer', 'Page that it stood on, when its source had pages.'),
        ('start_offset', 'integer', 'Its first character in the version of the source that was cited, from 0.'),
        ('end_offset', 'integer', 'The character after its last.'),
        ('document_id', 'uuid', 'The document that it is a piece of; it may be gone.'),
        ('document_hash', 'bytea', 'The version of the document that was cited: its contentHash then.'),
        ('conversation_id', 'uuid', 'The conversation that it is a piece of.'),
        ('message_id', 'uuid', 'The message that it is a piece of.'),
        ('memory_item_id', 'uuid', 'The memory that it is.'),
        ('raw_event_id', 'uuid', 'The event that it says.'),
        ('made_at', 'timestamptz', 'When the passage was made.'),
        ('is_current', 'boolean', 'Whether its source still has it: false when that was edited or removed since. Null when it is not available.')
    ) as a (name, type, comment)
  loop
    if not exists (
      select from pg_attribute t
      where t.attrelid = 'app_public.explained_chunk'::regclass and t.attname = added.name and not t.attisdropped
    ) then
      execute format('alter type app_public.explained_chunk add attribute %I %s', added.name, added.type);
    end if;
    execute format('comment on column app_public.explained_chunk.%I is %L', added.name, added.comment);
  end loop;
end
$$;
comment on column app_public.explained_chunk.is_available is 'Whether it can be read, as it was when it was cited: not when it is not for the reader, or was erased.';

--! Included policies/cited_passages.sql
-- Nobody but the sealed functions of the owner: what a passage says is for those who may read both the conversation that cites
-- it and its source, and citations_of() asks for both. Deliberately no grant.
drop policy if exists all_owner on app_hidden.cited_passages;
create policy all_owner on app_hidden.cited_passages to colloquy_owner using (true) with check (true);
--! EndIncluded policies/cited_passages.sql
--! Included policies/passage_checks.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.passage_checks;
create policy all_owner on app_hidden.passage_checks to colloquy_owner using (true) with check (true);
--! EndIncluded policies/passage_checks.sql
--! Included conversations/keep_passages.sql
-- Writes passages down as they are at the moment of citing: what an answer used stays readable after its source was edited, cut
-- anew or removed. One row per chunk and version of its document, however often it is cited: a chunk's text never changes, its
-- place in the document may.
--
-- A job removes passages that nothing cites. The shared lock, held until the citation is committed, keeps it from taking one
-- that is just being cited; nobody who cites waits for anybody else who does.
create or replace function app_private.passages_lock(for_workspace uuid)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select hashtextextended('app_hidden.cited_passages ' || for_workspace, 0);
$$;
comment on function app_private.passages_lock(uuid) is 'Key of the advisory lock of who cites in a workspace (shared), and of who removes what is cited no more.';

create or replace function app_private.keep_passages(for_workspace uuid, chunk_ids uuid[], reader uuid default null)
returns table (chunk_id uuid, passage_id uuid)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  missing uuid[] := chunk_ids;
  kept jsonb;
begin
  perform pg_advisory_xact_lock_shared(app_private.passages_lock(for_workspace));
  -- once more for what somebody else wrote down in the same moment
  for attempt in 1..2 loop
    with seen as materialized (
      select
        k.*, case when k.document_id is not null then (select coalesce(d.chunked_hash, d.content_hash) from app_public.documents d where d.id = k.document_id) end as document_hash
      from unnest(missing) as wanted (id)
      cross join lateral (
        select c.id, c.workspace_id, c.source_type, c.document_id, c.conversation_id, c.message_id, c.memory_item_id, c.raw_event_id, c.owner_id,
          c.visibility, c.heading, c.content, c.page_number, c.start_offset, c.end_offset
        from app_public.chunks c
        where c.workspace_id = for_workspace and c.id = wanted.id and (reader is null or c.owner_id = reader or c.visibility = 'workspace')
        offset 0
      ) as k
    ),
    known as materialized (
      select s.id as chunk_id, p.id
      from seen s
      join app_hidden.cited_passages p
        on p.workspace_id = for_workspace and p.chunk_id = s.id and p.document_hash is not distinct from s.document_hash
    ),
    added as (
      insert into app_hidden.cited_passages (
        workspace_id, chunk_id, document_hash, source_type, document_id, conversation_id, message_id, memory_item_id, raw_event_id, owner_id,
        visibility, title, heading, content, page_number, start_offset, end_offset
      )
      select
        s.workspace_id, s.id, s.document_hash, s.source_type, s.document_id, s.conversation_id, s.message_id, s.memory_item_id, s.raw_event_id,
        s.owner_id, s.visibility,
        case s.source_type
          when 'document' then (select d.title from app_public.documents d where d.id = s.document_id)
          when 'message' then (select t.title from app_public.conversations t where t.id = s.conversation_id)
          when 'memory' then (select i.subject from app_public.memory_items i where i.id = s.memory_item_id)
          when 'event' then app_hidden.event_title(s.raw_event_id)
        end,
        s.heading, s.content, s.page_number, s.start_offset, s.end_offset
      from seen s
      where s.id not in (select n.chunk_id from known n)
      on conflict on constraint cited_passages_chunk_id_document_hash_key do nothing
      returning chunk_id, id
    )
    select jsonb_object_agg(f.chunk_id, f.id) into kept
    from (select n.chunk_id, n.id from known n union all select a.chunk_id, a.id from added a) as f;
    return query select f.key::uuid, f.value::uuid from jsonb_each_text(kept) as f;
    missing := array(select m.id from unnest(missing) as m (id) where kept is null or not kept ? m.id::text);
    exit when missing = '{}';
  end loop;
end
$$;
comment on function app_private.keep_passages(uuid, uuid[], uuid) is
  'Keeps passages of a workspace as they are now, and says under which ids; of those that a reader may read, when one is given. A chunk that is not there is left out.';
--! EndIncluded conversations/keep_passages.sql
--! Included conversations/add_message_chunks.sql
-- Writes which chunks an answer used, and keeps their passages as they are now. Only chunks that the writer may read can be cited:
-- whether another exists is not told. chunks: [{chunkId, similarityScore, textScore, score, embeddingVersionId}], best first.
create or replace function app_private.add_message_chunks(message app_public.messages, chunks jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  cited integer;
begin
  -- before anything is planned: most turns cite nothing
  if coalesce(jsonb_typeof(chunks), 'null') = 'null' or chunks = '[]' then
    return;
  end if;
  if jsonb_typeof(chunks) <> 'array' or jsonb_array_length(chunks) > 200
    or (select count(*) <> count(distinct lower(c.item ->> 'chunkId')) from jsonb_array_elements(chunks) as c (item))
  then
    raise exception 'chunks is an array of at most 200 different chunks.' using errcode = 'CQ200', hint = 'Each is {chunkId, similarityScore, textScore, score}, best first.';
  end if;
  insert into app_public.message_chunks (
    workspace_id, conversation_id, message_id, chunk_id, passage_id, embedding_version_id, similarity_score, text_score, score, rank
  )
  select
    message.workspace_id, message.conversation_id, message.id, k.chunk_id, k.passage_id,
    coalesce((c.item ->> 'embeddingVersionId')::uuid, (select v.id from app_public.embedding_versions v where v.status = 'active')),
    (c.item ->> 'similarityScore')::real, (c.item ->> 'textScore')::real, (c.item ->> 'score')::real, c.place
  from jsonb_array_elements(chunks) with ordinality as c (item, place)
  join app_private.keep_passages(
    message.workspace_id, array(select (g.item ->> 'chunkId')::uuid from jsonb_array_elements(chunks) as g (item)), app_hidden.current_user_id()
  ) as k on k.chunk_id = (c.item ->> 'chunkId')::uuid;
  get diagnostics cited = row_count;
  if cited <> jsonb_array_length(chunks) then
    raise exception 'There is no such chunk.' using errcode = 'CQ204', hint = 'Cite what search returned in this workspace.';
  end if;
end
$$;
comment on function app_private.add_message_chunks(app_public.messages, jsonb) is 'Writes the citations of an answer, and keeps what they cite. Raises CQ200, CQ204.';
--! EndIncluded conversations/add_message_chunks.sql
--! Included lifecycle/packed_rows.sql
-- How rows of a table become texts and rows again, written from the catalogue: a column that a later release adds is packed
-- without a word here. Every value goes through the text form of its type, which PostgreSQL reads back exactly; JSON's own
-- numbers and nulls would lose a scale, or a jsonb null. Whoever runs these queries pins the settings that such texts depend on.

create or replace function app_private.packed_line(packed regclass, columns text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format('json_object(%L::text[], array[%s])::text', columns, string_agg(format('t.%I::text', c.name), ', ' order by c.place))
  from unnest(columns) with ordinality as c (name, place);
$$;
comment on function app_private.packed_line(regclass, text[]) is 'The expression that writes a row "t" of a table as one line of JSON, from its columns.';

create or replace function app_private.packed_columns(packed regclass)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(a.attname::text order by a.attnum)
  from pg_attribute a
  where a.attrelid = packed and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
$$;
comment on function app_private.packed_columns(regclass) is 'The columns of a table that are stored, in order.';

-- $1 is the document, $2 the owner of the conversation, who may have changed meanwhile. What happened to rows that others refer
-- to happened to packed rows too: a person who is gone is null where the foreign key says so, and takes the row along where
-- it cascades.
create or replace function app_private.unpack_query(packed regclass, columns text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with attributes as (
    select a.attname::text as name, a.attnum, a.attgenerated <> '' as is_generated, format_type(a.atttypid, a.atttypmod) as type,
      pg_get_expr(d.adbin, d.adrelid) as expression, a.attname::text = any (columns) as is_packed
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = packed and a.attnum > 0 and not a.attisdropped
  ),
  parents as (
    select a.attname::text as name, k.confdeltype = 'c' as is_cascaded,
      format('exists (select from %s as p where p.%I = r.%I::%s)', k.confrelid::regclass, f.attname, a.attname, format_type(a.atttypid, a.atttypmod)) as still_there
    from pg_constraint k
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    join pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
    where k.conrelid = packed and k.contype = 'f' and cardinality(k.conkey) = 1 and k.confdeltype in ('c', 'n')
      and a.attname = any (columns) and a.attname <> 'owner_id'
  )
  select format(
    'select %s from (select %s from json_to_recordset($1::json) as r (%s) where $2::uuid is not null%s) as t',
    string_agg(case when a.is_generated then a.expression || ' as ' else 't.' end || quote_ident(a.name), ', ' order by a.attnum),
    string_agg(
      case
        when a.name = 'owner_id' then '$2'
        when not a.is_packed then format('(%s)::%s', coalesce(a.expression, 'null'), a.type)
        when exists (select from parents p where p.name = a.name and not p.is_cascaded)
          then format('case when %s then r.%I::%s end', (select p.still_there from parents p where p.name = a.name and not p.is_cascaded), a.name, a.type)
        else format('r.%I::%s', a.name, a.type)
      end || ' as ' || quote_ident(a.name),
      ', ' order by a.attnum
    ) filter (where not a.is_generated),
    (select string_agg(format('%I text', c.name), ', ') from unnest(columns) as c (name)),
    coalesce((select string_agg(' and ' || p.still_there, '') from parents p where p.is_cascaded), '')
  )
  from attributes a;
$$;
comment on function app_private.unpack_query(regclass, text[]) is 'The query that reads rows of a table, whole and typed, from a document ($1) of a conversation of an owner ($2).';
--! EndIncluded lifecycle/packed_rows.sql
--! Included lifecycle/pack_conversation.sql
-- Packs the messages of a conversation. What belongs to a message (feedback, citations, calls of tools) stays rows: it is found by
-- itself, and nobody finds less of it because a conversation rests (docs/decisions/packed-conversations.md).
--
-- The caller holds its row "for update". Nothing is deleted before the documents were read back, decoded, encoded anew and found
-- equal, and what is deleted is counted: whatever differs ends the transaction. The conversation is warm before the first row
-- goes, by which the triggers that count know that nothing is lost.
create or replace function app_private.pack_conversation(conversation app_public.conversations)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
  source constant regclass := 'app_public.messages'::regclass;
  columns constant text[] := app_private.packed_columns(source);
  archived app_hidden.conversation_archives;
  piece app_hidden.conversation_archive_parts;
  rows_read integer := 0;
  rebuilt bytea;
  deleted integer;
  result app_public.conversations;
begin
  if conversation.storage_tier <> 'hot' then
    return conversation;
  end if;
  -- who reads it later restores it: the messages of a job that cuts them must be rows until then
  if conversation.indexed_sequence_number < conversation.last_sequence_number then
    raise exception 'Messages of this conversation are still being indexed.' using errcode = 'CQ261', hint = 'Try again when the worker has done them.';
  end if;

  -- the words around its messages are those of the branch that is chosen, while they are rows
  perform app_private.refresh_branch(conversation);
  -- the days that changed since the last run are counted while their messages are rows
  perform app_private.settle_conversation_analytics(array[conversation.id]);

  select array_agg(m.id order by m.id) into archived.message_ids
  from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  insert into app_hidden.conversation_archives (conversation_id, workspace_id, message_count, message_ids, sha256)
  values (
    conversation.id, conversation.workspace_id, coalesce(cardinality(archived.message_ids), 0), coalesce(archived.message_ids, '{}'), sha256('')
  );

  execute format(
    'insert into app_hidden.conversation_archive_parts (
       workspace_id, conversation_id, packed, part, first_id, last_id, row_count, columns, sha256, document
     )
     select $1, $2, $3, p.part, p.first_id, p.last_id, p.row_count, $4, sha256(convert_to(p.document, ''UTF8'')), p.document
     from (
       select sized.part, (array_agg(sized.id order by sized.id))[1] as first_id, (array_agg(sized.id order by sized.id desc))[1] as last_id,
         count(*) as row_count, ''['' || string_agg(sized.line, E'',\n'' order by sized.id) || '']'' as document
       from (
         -- 128 KiB a part: a page is read without the rest
         select l.*, ((sum(octet_length(l.line)) over (order by l.id) - octet_length(l.line)) / 131072)::integer as part
         from (
           select t.id, %s as line from app_public.messages as t where t.workspace_id = $1 and t.conversation_id = $2 and t.id >= $2 and t.id <= $5
         ) as l
       ) as sized
       group by sized.part
     ) as p',
    app_private.packed_line(source, columns)
  )
  using conversation.workspace_id, conversation.id, source, columns, conversation.last_message_id;

  for piece in
    select p.* from app_hidden.conversation_archive_parts p where p.conversation_id = conversation.id order by p.part
  loop
    execute format(
      'select sha256(convert_to(''['' || string_agg(%s, E'',\n'' order by t.id) || '']'', ''UTF8'')), $3 + count(*) from (%s) as t',
      app_private.packed_line(source, columns), app_private.unpack_query(source, columns)
    )
    into rebuilt, rows_read
    using piece.document, conversation.owner_id, rows_read;
    if rebuilt is distinct from piece.sha256 then
      raise exception 'What was packed of conversation % is not what was read back.', conversation.id
        using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
    end if;
  end loop;

  update app_hidden.conversation_archives a set sha256 = app_private.archive_hash(conversation.id) where a.conversation_id = conversation.id;
  update app_public.conversations c set storage_tier = 'warm' where c.id = conversation.id returning c.* into result;

  delete from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  get diagnostics deleted = row_count;
  if rows_read <> deleted or rows_read <> conversation.message_count then
    raise exception 'Conversation % has % messages, % were packed, % would go.', conversation.id, conversation.message_count, rows_read, deleted
      using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
  end if;

  update app_public.chunks c set tier = 'cold' where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.tier <> 'cold';
  return result;
end
$$;
comment on function app_private.pack_conversation(app_public.conversations) is
  'Packs a locked conversation; one that is packed stays as it is. Raises CQ260 when what was packed is not what was there, CQ261 while it is being indexed.';

create or replace function app_private.archive_hash(conversation_id uuid)
returns bytea
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select sha256(coalesce(string_agg(p.sha256, '' order by p.packed::regclass::text, p.part), ''))
  from app_hidden.conversation_archive_parts p
  where p.conversation_id = archive_hash.conversation_id;
$$;
comment on function app_private.archive_hash(uuid) is 'SHA-256 over the SHA-256 of the parts of an archive, in order: a part that is gone shows.';

create or replace function app_private.check_part(piece app_hidden.conversation_archive_parts)
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if sha256(convert_to(piece.document, 'UTF8')) <> piece.sha256 then
    raise exception 'The archive of conversation % is damaged.', piece.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have its part brought back from a backup: docs/lifecycle.md.';
  end if;
end
$$;
comment on function app_private.check_part(app_hidden.conversation_archive_parts) is 'Raises CQ260 when a document is not the one that was packed.';

create or replace function app_private.check_archive(conversation_id uuid)
returns app_hidden.conversation_archives
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  archived app_hidden.conversation_archives;
begin
  select a.* into archived from app_hidden.conversation_archives a where a.conversation_id = check_archive.conversation_id;
  perform app_private.check_part(p) from app_hidden.conversation_archive_parts p where p.conversation_id = check_archive.conversation_id;
  if archived.conversation_id is null or archived.sha256 <> app_private.archive_hash(check_archive.conversation_id) then
    raise exception 'The archive of conversation % is damaged.', check_archive.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have it brought back from a backup: docs/lifecycle.md.';
  end if;
  return archived;
end
$$;
comment on function app_private.check_archive(uuid) is 'The archive of a packed conversation, found whole. Raises CQ260.';
--! EndIncluded lifecycle/pack_conversation.sql
--! Included lifecycle/unpack_conversation.sql
-- Makes a packed conversation hot again: its rows as they were, ids and times included. The caller holds the lock of its row,
-- and has seen its tier there: a hot conversation never comes here. The archive goes last, and only when it was whole.
create or replace function app_private.unpack_conversation(conversation app_public.conversations)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
  archived app_hidden.conversation_archives;
  piece app_hidden.conversation_archive_parts;
  names text;
  added integer;
  messages integer := 0;
  feedback integer := 0;
  result app_public.conversations;
begin
  if conversation.storage_tier = 'hot' then
    return conversation;
  end if;
  archived := app_private.check_archive(conversation.id);

  -- the conversation is packed until the last row is back: the triggers that count look at that
  for piece in
    select p.* from app_hidden.conversation_archive_parts p where p.conversation_id = conversation.id order by p.packed::regclass::text, p.part
  loop
    select string_agg(quote_ident(c.name), ', ') into names from unnest(app_private.packed_columns(piece.packed)) as c (name);
    execute format('insert into %s (%s) select %2$s from (%s) as t', piece.packed, names, app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id;
    get diagnostics added = row_count;
    messages := messages + case when piece.packed = 'app_public.messages'::regclass then added else 0 end;
    feedback := feedback + case when piece.packed = 'app_public.message_feedback'::regclass then added else 0 end;
  end loop;
  if messages <> archived.message_count then
    raise exception 'The archive of conversation % has % messages, and % came back.', conversation.id, archived.message_count, messages
      using errcode = 'CQ260', hint = 'Nothing was changed. Report it as a bug.';
  end if;

  delete from app_hidden.conversation_archives a where a.conversation_id = conversation.id;
  update app_public.conversations c set storage_tier = 'hot' where c.id = conversation.id returning c.* into result;
  if feedback > 0 then
    -- of an archive from when feedback was packed, too: it was counted long ago, and people may be gone
    update app_public.conversations c
    set
      positive_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'positive'),
      negative_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'negative')
    where c.id = conversation.id
    returning c.* into result;
  end if;
  update app_public.chunks c set tier = 'hot' where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.tier <> 'hot';
  return result;
end
$$;
comment on function app_private.unpack_conversation(app_public.conversations) is 'Restores a locked conversation and returns it as it is then. Raises CQ260 when its archive is damaged.';

create or replace function app_private.is_coming_back(conversation_id uuid, last_number integer)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from app_public.conversations c
    where c.id = is_coming_back.conversation_id and c.storage_tier <> 'hot' and c.last_sequence_number >= last_number
  );
$$;
comment on function app_private.is_coming_back(uuid, integer) is 'Whether messages up to a number are written into a packed conversation: they are restored, and were counted long ago.';

create or replace function app_private.packed_conversation_of(message_id uuid)
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select a.conversation_id
  from app_hidden.conversation_archives a
  where a.message_ids @> array[packed_conversation_of.message_id] and a.workspace_id = app_hidden.current_workspace_id();
$$;
comment on function app_private.packed_conversation_of(uuid) is 'The conversation in which a message is packed, in the workspace of the request; null when there is none.';
--! EndIncluded lifecycle/unpack_conversation.sql
--! Included lifecycle/packed_messages.sql
-- Reads what is packed, without restoring it: who only reads must not write. Sealed, since the documents are closed to everyone;
-- so it decides by itself who may read, as the policy of messages does. A document that is damaged is not shown.
create or replace function app_private.readable_conversation(conversation_id uuid)
returns app_public.conversations
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select c
  from app_public.conversations c
  where c.id = readable_conversation.conversation_id
    and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace');
$$;
comment on function app_private.readable_conversation(uuid) is 'A conversation that the caller may read, or null.';

create or replace function app_private.packed_messages(
  conversation app_public.conversations, before uuid, first integer, after uuid default null, newest_first boolean default true
)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  piece app_hidden.conversation_archive_parts;
  missing integer := first;
  read integer;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.messages'::regclass
      and p.last_id > coalesce(packed_messages.after, '00000000-0000-0000-0000-000000000000'::uuid)
      and p.first_id < coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
    order by case when newest_first then -p.part else p.part end
  loop
    perform app_private.check_part(piece);
    return query execute format(
      'select * from (%s) as t where t.id > $3 and t.id < $4 order by t.id %s limit $5',
      app_private.unpack_query(piece.packed, piece.columns), case when newest_first then 'desc' else 'asc' end
    )
    using piece.document, conversation.owner_id, coalesce(packed_messages.after, '00000000-0000-0000-0000-000000000000'::uuid),
      coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid), missing;
    get diagnostics read = row_count;
    missing := missing - read;
    exit when missing <= 0;
  end loop;
end
$$;
comment on function app_private.packed_messages(app_public.conversations, uuid, integer, uuid, boolean) is 'Packed messages of a conversation, newest first, or from the oldest: at most "first" (null: all) of those before the message "before" and after the message "after". Opens only the parts that they lie in. Raises CQ260.';

create or replace function app_hidden.read_packed_messages(
  conversation_id uuid, before uuid, first integer, after uuid default null, newest_first boolean default true
)
returns setof app_public.messages
language plpgsql
stable
parallel safe
security definer
rows 50
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(read_packed_messages.conversation_id);
begin
  if conversation.storage_tier <> 'hot' then
    return query execute 'select * from app_private.packed_messages($1, $2, $3, $4, $5)' using conversation, before, first, after, newest_first;
  end if;
end
$$;
comment on function app_hidden.read_packed_messages(uuid, uuid, integer, uuid, boolean) is 'Packed messages of a conversation that the caller may read, as app_private.packed_messages has them. Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_messages(uuid, uuid, integer, uuid, boolean) to colloquy_visitor, colloquy_user, colloquy_admin;

create or replace function app_hidden.read_packed_message(message_id uuid)
returns setof app_public.messages
language plpgsql
stable
parallel safe
security definer
rows 1
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(app_private.packed_conversation_of(read_packed_message.message_id));
  piece app_hidden.conversation_archive_parts;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.messages'::regclass
      and p.first_id <= read_packed_message.message_id and p.last_id >= read_packed_message.message_id
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t where t.id = $3', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id, read_packed_message.message_id;
  end loop;
end
$$;
comment on function app_hidden.read_packed_message(uuid) is 'A packed message that the caller may read, from the one part that it is in. Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_message(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;

create or replace function app_hidden.read_packed_question(answer_id uuid)
returns app_public.messages
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  answer app_public.messages;
  conversation app_public.conversations;
  question app_public.messages;
begin
  execute 'select m.* from app_hidden.read_packed_message($1) as m' into answer using answer_id;
  if answer.parent_id is not null then
    execute $query$select m.* from app_hidden.read_packed_message($1) as m where m.role = 'user' and m.conversation_id = $2$query$
    into question using answer.parent_id, answer.conversation_id;
    return question;
  end if;
  conversation := app_private.readable_conversation(answer.conversation_id);
  -- part by part, from the answer back
  loop
    execute $query$
      select m.* from app_private.packed_messages($1, $2, 50) as m where m.role = 'user' and m.sequence_number < $3 order by m.sequence_number desc limit 1
    $query$
    into question using conversation, answer_id, answer.sequence_number;
    exit when question.id is not null;
    execute 'select m.id from app_private.packed_messages($1, $2, 50) as m order by m.id limit 1' into answer_id using conversation, answer_id;
    exit when answer_id is null;
  end loop;
  return question;
end
$$;
comment on function app_hidden.read_packed_question(uuid) is 'The question that a packed message answers, when the caller may read it: its parent, or the last one before it. Null otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_question(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded lifecycle/packed_messages.sql
--! Included lifecycle/archive_conversation.sql
-- Packs one conversation now, and brings it back, by the will of its owner, or of a manager of the workspace that it is shared
-- with. A private conversation of somebody else does not exist here, for a manager either.
create or replace function app_public.archive_conversation(conversation_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into conversation
  from app_public.conversations c
  where c.id = archive_conversation.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace' and app_hidden.can_manage())
  -- against everyone who writes something that belongs to it
  for update;
  if conversation.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Its owner archives it, or a manager of the workspace that it is shared with.';
  end if;
  conversation := app_private.pack_conversation(conversation);
  if not conversation.is_archived then
    update app_public.conversations c set is_archived = true where c.id = conversation.id returning c.* into conversation;
  end if;
  return conversation;
end
$$;
comment on function app_public.archive_conversation(uuid) is
  'Puts a conversation away and packs its messages; it remains readable and searchable, and the next message brings it back. Again changes nothing. Errors: CQ101, CQ109, CQ204 no such conversation, CQ260 it could not be packed, CQ261 still being indexed.';
grant execute on function app_public.archive_conversation(uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.restore_conversation(conversation_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into conversation
  from app_public.conversations c
  where c.id = restore_conversation.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace' and app_hidden.can_manage())
  for no key update;
  if conversation.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Its owner restores it, or a manager of the workspace that it is shared with.';
  end if;
  conversation := app_private.unpack_conversation(conversation);
  -- one that is full stays put away: its continuation takes the messages
  if conversation.is_archived and not conversation.is_auto_archived then
    update app_public.conversations c set is_archived = false where c.id = conversation.id returning c.* into conversation;
  end if;
  return conversation;
end
$$;
comment on function app_public.restore_conversation(uuid) is
  'Brings an archived conversation back, as it was. Again changes nothing. Errors: CQ101, CQ109, CQ204 no such conversation, CQ260 its archive is damaged.';
grant execute on function app_public.restore_conversation(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded lifecycle/archive_conversation.sql
--! Included conversations/conversation_feedback.sql
-- One's own feedback in a conversation, whole, as the table of feedback shows it only in part. Sealed; so it decides by itself who
-- may read.
create or replace function app_public.conversation_feedback(conversation_id uuid)
returns setof app_public.message_feedback
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.*
  from app_private.readable_conversation(conversation_feedback.conversation_id) as c
  join app_public.message_feedback f on f.workspace_id = c.workspace_id and f.conversation_id = c.id
  where f.user_id = app_hidden.current_user_id()
  order by f.id;
$$;
comment on function app_public.conversation_feedback(uuid) is
  'Your feedback on the messages of a conversation, whatever tier they are in. Nothing for a conversation that you may not read.';
grant execute on function app_public.conversation_feedback(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded conversations/conversation_feedback.sql
--! Included conversations/conversation_citations.sql
-- Sealed, as conversation_feedback is; so it decides by itself who may read.
create or replace function app_public.conversation_citations(conversation_id uuid)
returns setof app_public.message_chunks
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select k.*
  from app_private.readable_conversation(conversation_citations.conversation_id) as c
  join app_public.message_chunks k on k.workspace_id = c.workspace_id and k.conversation_id = c.id
  order by k.message_id, k.rank;
$$;
comment on function app_public.conversation_citations(uuid) is
  'The chunks that the answers of a conversation used, whatever tier they are in. Nothing for a conversation that you may not read.';
grant execute on function app_public.conversation_citations(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded conversations/conversation_citations.sql
--! Included conversations/citations_of.sql
-- What an answer cited, each with its passage as it was then. Sealed, since passages are closed to everyone; so it decides by itself
-- who may read: the citations are for those who read the conversation, the text of one for those of them who read its source,
-- or could when it went.
create or replace function app_hidden.citations_of(message_id uuid)
returns table (citation app_public.message_chunks, passage app_hidden.cited_passages)
language sql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
  select x, p.passage
  from app_public.message_chunks x
  left join lateral (
    select k as passage
    from app_hidden.cited_passages k
    where k.workspace_id = x.workspace_id and k.chunk_id = x.chunk_id
      -- a citation from before passages were kept has that of the upgrade
      and (x.passage_id is null or k.id = x.passage_id)
      and (k.owner_id = app_hidden.current_user_id() or k.visibility = 'workspace')
    order by k.id
    limit 1
  ) as p on true
  where x.message_id = citations_of.message_id
    and (select c.id from app_private.readable_conversation(x.conversation_id) as c) is not null
  order by x.rank;
$$;
comment on function app_hidden.citations_of(uuid) is 'The citations of an answer that the caller may read, best first, each with the passage as it was; without it, when the caller may not read that, or it was erased.';
grant execute on function app_hidden.citations_of(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/citations_of.sql
--! Included conversations/find_message.sql
-- A message by its id, whatever tier it is in. Runs with the caller's rights. A function, and no condition of the query that asks:
-- an id that is taken from a list is compared before the policy only where it is a value, and otherwise every message of the
-- workspace is read for it.
create or replace function app_hidden.find_message(message_id uuid)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 1
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  return query select m.* from app_public.messages m where m.id = find_message.message_id;
  if not found and find_message.message_id is not null then
    -- by text: a plan that a session keeps does not learn of a column that a migration adds
    return query execute 'select * from app_hidden.read_packed_message($1)' using find_message.message_id;
  end if;
end
$$;
comment on function app_hidden.find_message(uuid) is 'A message that the caller may read, also one that is packed. Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.find_message(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded conversations/find_message.sql
--! Included conversations/message_feedback_10_count.sql
-- After each statement: carries thumbs into the counters of the conversations, with one update each. Sealed: the counters are
-- granted to nobody.
create or replace function app_private.count_message_feedback()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  changed record;
begin
  for changed in
    execute format(
      'select f.conversation_id, sum(f.sign * (f.feedback_type = ''positive'')::integer) as positive, sum(f.sign * (f.feedback_type = ''negative'')::integer) as negative
       from (%s) as f group by f.conversation_id order by f.conversation_id',
      case tg_op
        when 'INSERT' then 'select n.*, 1 as sign from new_feedback n'
        when 'DELETE' then 'select o.*, -1 as sign from old_feedback o'
        else 'select n.*, 1 as sign from new_feedback n union all select o.*, -1 from old_feedback o'
      end
    )
  loop
    update app_public.conversations c
    set positive_feedback = c.positive_feedback + changed.positive, negative_feedback = c.negative_feedback + changed.negative
    where c.id = changed.conversation_id and (changed.positive <> 0 or changed.negative <> 0);
  end loop;
  return null;
end
$$;
comment on function app_private.count_message_feedback() is 'Trigger: keeps positive_feedback and negative_feedback of conversations.';

create or replace trigger message_feedback_10_count_inserted
after insert on app_public.message_feedback referencing new table as new_feedback
for each statement execute function app_private.count_message_feedback();

create or replace trigger message_feedback_10_count_updated
after update on app_public.message_feedback referencing old table as old_feedback new table as new_feedback
for each statement execute function app_private.count_message_feedback();

create or replace trigger message_feedback_10_count_deleted
after delete on app_public.message_feedback referencing old table as old_feedback
for each statement execute function app_private.count_message_feedback();
--! EndIncluded conversations/message_feedback_10_count.sql
--! Included lifecycle/erase_cited_passages.sql
-- Takes the text of what was cited, where keeping evidence ends: when a document is erased, messages are, or a person. The citations
-- stay, and say that their passage is not available. Called by whoever erases; deliberately granted to nobody.
create or replace function app_private.erase_cited_passages(of_document uuid default null, of_messages uuid[] default null, of_user uuid default null)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  gone bigint;
  total bigint := 0;
begin
  if of_document is not null then
    delete from app_hidden.cited_passages p where p.document_id = of_document;
    get diagnostics total = row_count;
  end if;
  if of_messages is not null then
    delete from app_hidden.cited_passages p where p.message_id = any (of_messages);
    get diagnostics gone = row_count;
    total := total + gone;
  end if;
  if of_user is not null then
    -- what was theirs, and what they said in conversations of others
    delete from app_hidden.cited_passages p
    where p.owner_id = of_user
      or p.message_id is not null and exists (select from app_public.messages m where m.id = p.message_id and m.author_id = of_user);
    get diagnostics gone = row_count;
    total := total + gone;
  end if;
  return total;
end
$$;
comment on function app_private.erase_cited_passages(uuid, uuid[], uuid) is
  'Removes what answers cited of a document, of messages, and of a user: what the user owned, or wrote in conversations that are not packed. Returns how many passages.';
--! EndIncluded lifecycle/erase_cited_passages.sql
--! Included lifecycle/delete_uncited_passages.sql
-- A passage is kept for its citations, and goes after the last of them. Whoever deletes a citation only notes the passage: two that
-- delete the last two at once do not see each other, and one that looked would wait for who cites it. The job looks, workspace
-- by workspace, under a lock that it never waits for: where somebody is citing, it comes again.
create or replace function app_private.note_uncited_passages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_hidden.passage_checks (workspace_id, passage_id)
  select distinct o.workspace_id, coalesce(o.passage_id, p.id)
  from old_citations o
  -- a workspace on its way out takes its passages along
  join app_public.workspaces w on w.id = o.workspace_id
  -- one from before passages were kept cites by its chunk
  left join app_hidden.cited_passages p on o.passage_id is null and p.workspace_id = o.workspace_id and p.chunk_id = o.chunk_id
  where coalesce(o.passage_id, p.id) is not null;
  return null;
end
$$;
comment on function app_private.note_uncited_passages() is 'Trigger: notes the passages of citations that go.';

create or replace trigger message_chunks_10_note_uncited
after delete on app_public.message_chunks referencing old table as old_citations
for each statement execute function app_private.note_uncited_passages();

create or replace function app_hidden.delete_uncited_passages(max_rows integer default 1000)
returns table (looked_at integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  candidate record;
  affected integer;
begin
  perform app_private.require_batch(max_rows);
  looked_at := 0;
  removed := 0;
  for candidate in
    select k.workspace_id, array_agg(k.id) as notes, array_agg(distinct k.passage_id) as passages
    from (select c.id, c.workspace_id, c.passage_id from app_hidden.passage_checks c order by c.id limit max_rows) as k
    group by k.workspace_id
    order by k.workspace_id
  loop
    continue when not pg_try_advisory_xact_lock(app_private.passages_lock(candidate.workspace_id));
    delete from app_hidden.cited_passages p
    where p.id = any (candidate.passages)
      and not exists (
        select from app_public.message_chunks x
        where x.workspace_id = p.workspace_id and x.chunk_id = p.chunk_id and (x.passage_id is null or x.passage_id = p.id)
      );
    get diagnostics affected = row_count;
    removed := removed + affected;
    delete from app_hidden.passage_checks c where c.id = any (candidate.notes);
    get diagnostics affected = row_count;
    looked_at := looked_at + affected;
  end loop;
  return next;
end
$$;
comment on function app_hidden.delete_uncited_passages(integer) is 'Looks at passages that lost a citation, at most so many notes of them, and removes those that nothing cites any more. Returns how many of both. For the job.';
grant execute on function app_hidden.delete_uncited_passages(integer) to colloquy_worker;
--! EndIncluded lifecycle/delete_uncited_passages.sql
--! Included knowledge/propagate_visibility.sql
-- Chunks carry owner and visibility of their source, so that search needs no join to decide who may read what; passages that were
-- cited carry them because their source may be gone. These triggers keep them equal in the same transaction: what was made
-- private is unfindable at once, and unreadable where it was cited.
create or replace function app_private.propagate_document_visibility()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.chunks c
  set visibility = new.visibility, owner_id = new.owner_id
  where c.workspace_id = new.workspace_id and c.document_id = new.id;
  update app_hidden.cited_passages p
  set visibility = new.visibility, owner_id = new.owner_id
  where p.workspace_id = new.workspace_id and p.document_id = new.id;
  return null;
end
$$;
comment on function app_private.propagate_document_visibility() is 'Trigger: hands owner and visibility of a document to its chunks, and to what was cited of it.';

create or replace trigger documents_20_propagate_visibility
after update of visibility, owner_id on app_public.documents
for each row when (old.visibility <> new.visibility or old.owner_id <> new.owner_id)
execute function app_private.propagate_document_visibility();

create or replace function app_private.propagate_conversation_visibility()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.chunks c
  set visibility = new.visibility, owner_id = new.owner_id
  where c.workspace_id = new.workspace_id and c.conversation_id = new.id;
  update app_hidden.cited_passages p
  set visibility = new.visibility, owner_id = new.owner_id
  where p.workspace_id = new.workspace_id and p.conversation_id = new.id;
  if old.owner_id <> new.owner_id then
    update app_public.messages m
    set owner_id = new.owner_id
    where m.conversation_id = new.id and m.id >= new.id and m.id <= new.last_message_id;
  end if;
  return null;
end
$$;
comment on function app_private.propagate_conversation_visibility() is 'Trigger: hands owner and visibility of a conversation to its chunks and to what was cited of it, and the owner to its messages.';

create or replace trigger conversations_20_propagate_visibility
after update of visibility, owner_id on app_public.conversations
for each row when (old.visibility <> new.visibility or old.owner_id <> new.owner_id)
execute function app_private.propagate_conversation_visibility();
--! EndIncluded knowledge/propagate_visibility.sql
--! Included ingest/raw_events_20_forget.sql
-- An event that goes takes with it what was learned from it, also where that was cited. Where another event of the workspace says the same, that one is
-- processed again, and has it then.
create or replace function app_private.forget_events()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_public.chunks c where c.source_type = 'event';
    delete from app_hidden.cited_passages p where p.source_type = 'event';
    return null;
  end if;
  delete from app_public.chunks c
  using old_events o
  where c.workspace_id = o.workspace_id and c.raw_event_id = o.id;
  delete from app_hidden.cited_passages p
  using old_events o
  where p.workspace_id = o.workspace_id and p.raw_event_id = o.id;
  update app_public.raw_events e
  set processing_status = 'pending', attempts = 0, retry_at = null, error = null, processed_at = null, knowledge_hash = null
  from (
    select distinct twin.id
    from old_events o
    cross join lateral (
      select t.id from app_public.raw_events t where t.workspace_id = o.workspace_id and t.knowledge_hash = o.knowledge_hash order by t.id limit 1
    ) as twin
    where o.knowledge_hash is not null and not exists (
      select from app_public.chunks c where c.workspace_id = o.workspace_id and c.content_hash = o.knowledge_hash and c.source_type = 'event'
    )
  ) as heir
  where e.id = heir.id;
  return null;
end
$$;
comment on function app_private.forget_events() is 'Trigger: removes the chunks of events that go, and what was cited of them.';

create or replace trigger raw_events_20_forget_delete after delete on app_public.raw_events
referencing old table as old_events for each statement execute function app_private.forget_events();
create or replace trigger raw_events_20_forget_truncate after truncate on app_public.raw_events
for each statement execute function app_private.forget_events();
--! EndIncluded ingest/raw_events_20_forget.sql
--! Included search/explain_answer.sql
-- What an answer was made of, and what a search for its question finds now. Not sealed: what is not readable by the policies
-- of messages and chunks does not exist here. What was cited is read by citations_of(), which asks for as much; a passage that was
-- erased looks like one that is not for the reader.

create or replace function app_hidden.question_of(answer app_public.messages)
returns app_public.messages
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  question app_public.messages;
begin
  select q.* into question
  from app_public.messages q
  -- ids are ordered by time: only the months of the conversation up to the answer are touched
  where q.conversation_id = answer.conversation_id and q.id >= answer.conversation_id and q.id < answer.id and q.role = 'user'
    and case when answer.parent_id is null then q.sequence_number < answer.sequence_number else q.id = answer.parent_id end
  order by q.sequence_number desc
  limit 1;
  if question.id is null then
    question := app_hidden.read_packed_question(answer.id);
  end if;
  return question;
end
$$;
comment on function app_hidden.question_of(app_public.messages) is 'The question that a message answers: its parent, or the last one before it.';
grant execute on function app_hidden.question_of(app_public.messages) to colloquy_user, colloquy_admin;

create or replace function app_public.explain_answer(message_id uuid)
returns app_public.answer_explanation
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  answer app_public.messages;
  question app_public.messages;
  result app_public.answer_explanation;
begin
  perform app_hidden.require_member();
  if explain_answer.message_id is null then
    return null;
  end if;
  select m.* into answer from app_hidden.find_message(explain_answer.message_id) as m;
  if answer.id is null then
    raise exception 'There is no such message.' using errcode = 'CQ204', hint = 'Take the id of an answer that you can read.';
  end if;
  question := app_hidden.question_of(answer);
  result.message_id := answer.id;
  result.question_id := question.id;
  result.question := question.content;
  result.retrieval := answer.metadata -> 'retrieval';
  result.chunks := array(
    select row(
      x.chunk_id, x.rank, x.similarity_score, x.text_score, x.score, x.embedding_version_id,
      coalesce(p.id, c.id) is not null, coalesce(p.source_type, c.source_type),
      coalesce(
        p.title,
        (select d.title from app_public.documents d where d.id = c.document_id),
        (select t.title from app_public.conversations t where t.id = c.conversation_id),
        (select i.subject from app_public.memory_items i where i.id = c.memory_item_id),
        case when c.raw_event_id is not null then app_hidden.event_title(c.raw_event_id) end
      ),
      coalesce(p.content, c.content), coalesce(p.heading, c.heading), coalesce(p.page_number, c.page_number),
      coalesce(p.start_offset, c.start_offset), coalesce(p.end_offset, c.end_offset),
      coalesce(p.document_id, c.document_id), p.document_hash, coalesce(p.conversation_id, c.conversation_id), coalesce(p.message_id, c.message_id),
      coalesce(p.memory_item_id, c.memory_item_id), coalesce(p.raw_event_id, c.raw_event_id),
      case when coalesce(p.id, c.id) is not null then uuid_extract_timestamp(x.chunk_id) end,
      case
        when c.id is not null then coalesce(
          -- until an edited document is cut anew, its chunks are those from before
          (select d.chunked_hash = d.content_hash or position(c.content in d.content) > 0 from app_public.documents d where d.id = c.document_id),
          true
        )
        when p.id is not null then false
      end
    )::app_public.explained_chunk
    from app_hidden.citations_of(answer.id) as cited
    cross join lateral (select (cited.citation).*) as x
    cross join lateral (select (cited.passage).*) as p
    left join app_public.chunks c on c.workspace_id = x.workspace_id and c.id = x.chunk_id
    order by x.rank
  );
  return result;
end
$$;
comment on function app_public.explain_answer(uuid) is
  'Which passages an answer used, as they were then, with the scores of each leg, the embedding version and the settings that served it, whatever tier its conversation is in. Errors: CQ101 not signed in, CQ204 no such message, CQ260 its archive is damaged.';
grant execute on function app_public.explain_answer(uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.replay_retrieval(message_id uuid, version_id uuid default null)
returns app_public.retrieval_replay
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  explanation app_public.answer_explanation;
  vector extensions.halfvec;
  used uuid[];
  kinds app_public.source_type[];
  found app_public.search_response;
  result app_public.retrieval_replay;
begin
  explanation := app_public.explain_answer(replay_retrieval.message_id);
  if explanation.message_id is null then
    return null;
  end if;
  if trim(coalesce(explanation.question, '')) = '' then
    raise exception 'Before this message there is no question.' using errcode = 'CQ200', hint = 'Take the id of an answer.';
  end if;
  result.message_id := explanation.message_id;
  result.embedding_version_id := coalesce(replay_retrieval.version_id, (select v.id from app_public.embedding_versions v where v.status = 'active'));
  select e.embedding into vector
  from app_public.chunks c
  join app_public.embeddings e on e.version_id = result.embedding_version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
  where c.workspace_id = app_hidden.current_workspace_id() and c.message_id = explanation.question_id
  order by c.chunk_index
  limit 1;
  result.has_vector := vector is not null;
  used := array(select x.chunk_id from unnest(explanation.chunks) as x order by x.rank);
  -- the kinds that it used, or all but messages: the question itself would be what fits best
  kinds := coalesce(
    (select array_agg(distinct x.source_type) from unnest(explanation.chunks) as x where x.source_type is not null),
    array['document', 'memory', 'event']::app_public.source_type[]
  );
  found := app_public.search(
    query => left(explanation.question, 10000), query_embedding => vector, kinds => kinds,
    max_results => least(100, greatest(cardinality(used), 10) + 20), embedding_version_id => replay_retrieval.version_id
  );
  result.path := found.path;
  result.chunks := array(
    select row(coalesce(u.id, n.chunk_id), u.place, n.place, coalesce(n.title, u.title), n.score)::app_public.replayed_chunk
    from (select x.chunk_id as id, row_number() over (order by x.rank) as place, x.title from unnest(explanation.chunks) as x) as u
    full join (
      select r.chunk_id, r.title, r.score, row_number() over (order by r.place) as place
      from (
        select f.chunk_id, f.title, f.score, f.message_id, row_number() over () as place from unnest(found.results) as f
      ) as r
      -- neither the question nor the answer explains the answer
      where r.message_id is null or r.message_id not in (explanation.question_id, explanation.message_id)
      order by r.place
      limit greatest(cardinality(used), 10)
    ) as n on n.chunk_id = u.id
    order by u.place, n.place
  );
  result.overlap := (
    select (count(x.rank)::float8 / nullif(count(x.cited_rank), 0))::real
    from unnest(result.chunks) as x where x.cited_rank is not null
  );
  return result;
end
$$;
comment on function app_public.replay_retrieval(uuid, uuid) is
  'Searches now for the question of an answer, by its stored vector and its words, in the active or another kept embedding version, and compares. Errors: CQ101 not signed in, CQ200 no question before it, CQ204 no such message or version.';
grant execute on function app_public.replay_retrieval(uuid, uuid) to colloquy_user, colloquy_admin;
--! EndIncluded search/explain_answer.sql
drop function if exists app_private.packed_key(regclass);

-- Feedback and citations that are packed become rows again, one document of 128 KiB at a time. An archive that is damaged keeps
-- what it has: whoever repairs it gets that back when the conversation is restored.
create or replace function app_private.move_packed_rows()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  archived record;
  piece app_hidden.conversation_archive_parts;
  names text;
begin
  for archived in
    select a.conversation_id, c.owner_id
    from app_hidden.conversation_archives a
    join app_public.conversations c on c.id = a.conversation_id
    where exists (
      select from app_hidden.conversation_archive_parts p where p.conversation_id = a.conversation_id and p.packed <> 'app_public.messages'::regclass
    )
    order by a.conversation_id
  loop
    begin
      perform app_private.check_archive(archived.conversation_id);
    exception when sqlstate 'CQ260' then
      raise warning '%', sqlerrm;
      continue;
    end;
    for piece in
      select p.* from app_hidden.conversation_archive_parts p
      where p.conversation_id = archived.conversation_id and p.packed <> 'app_public.messages'::regclass
      order by p.packed::regclass::text, p.part
    loop
      select string_agg(quote_ident(c.name), ', ') into names from unnest(app_private.packed_columns(piece.packed)) as c (name);
      execute format('insert into %s (%s) select %2$s from (%s) as t', piece.packed, names, app_private.unpack_query(piece.packed, piece.columns))
      using piece.document, archived.owner_id;
      delete from app_hidden.conversation_archive_parts p
      where p.conversation_id = piece.conversation_id and p.packed = piece.packed and p.part = piece.part;
    end loop;
    update app_hidden.conversation_archives a
    set sha256 = app_private.archive_hash(a.conversation_id)
    where a.conversation_id = archived.conversation_id;
    -- it was counted when it was given, and people may be gone
    update app_public.conversations c
    set
      positive_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'positive'),
      negative_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'negative')
    where c.id = archived.conversation_id;
  end loop;
end
$$;
select app_private.move_packed_rows();
drop function app_private.move_packed_rows();

alter table app_hidden.conversation_archives drop constraint if exists conversation_archives_counts_positive;
alter table app_hidden.conversation_archives drop constraint if exists conversation_archives_message_count_positive;
-- squawk-ignore ban-drop-column
alter table app_hidden.conversation_archives drop column if exists feedback_count;
-- squawk-ignore ban-drop-column
alter table app_hidden.conversation_archives drop column if exists citation_count;
alter table app_hidden.conversation_archives add constraint conversation_archives_message_count_positive check (message_count >= 0);

-- What was cited before passages were kept, as far as it is still there: as it is now, a thousand chunks at a time.
do $$
declare
  workspace uuid := '00000000-0000-0000-0000-000000000000';
  chunk uuid := '00000000-0000-0000-0000-000000000000';
  wanted uuid[];
  next_workspace uuid;
begin
  loop
    select x.workspace_id into next_workspace
    from app_public.message_chunks x
    where (x.workspace_id, x.chunk_id) > (workspace, chunk)
    order by x.workspace_id, x.chunk_id
    limit 1;
    exit when next_workspace is null;
    if next_workspace <> workspace then
      workspace := next_workspace;
      chunk := '00000000-0000-0000-0000-000000000000';
    end if;
    wanted := array(
      select distinct x.chunk_id from app_public.message_chunks x
      where x.workspace_id = workspace and x.chunk_id > chunk
      order by x.chunk_id
      limit 1000
    );
    perform app_private.keep_passages(workspace, wanted);
    chunk := wanted[cardinality(wanted)];
  end loop;
end
$$;

--! split: 40-costs.sql
-- Pages and lookups cost what they show.

drop function if exists app_hidden.read_packed_messages(uuid, uuid, integer);
drop function if exists app_private.packed_messages(app_public.conversations, uuid, integer);
--! Included lifecycle/packed_messages.sql
-- Reads what is packed, without restoring it: who only reads must not write. Sealed, since the documents are closed to everyone;
-- so it decides by itself who may read, as the policy of messages does. A document that is damaged is not shown.
create or replace function app_private.readable_conversation(conversation_id uuid)
returns app_public.conversations
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select c
  from app_public.conversations c
  where c.id = readable_conversation.conversation_id
    and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace');
$$;
comment on function app_private.readable_conversation(uuid) is 'A conversation that the caller may read, or null.';

create or replace function app_private.packed_messages(
  conversation app_public.conversations, before uuid, first integer, after uuid default null, newest_first boolean default true
)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  piece app_hidden.conversation_archive_parts;
  missing integer := first;
  read integer;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.messages'::regclass
      and p.last_id > coalesce(packed_messages.after, '00000000-0000-0000-0000-000000000000'::uuid)
      and p.first_id < coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
    order by case when newest_first then -p.part else p.part end
  loop
    perform app_private.check_part(piece);
    return query execute format(
      'select * from (%s) as t where t.id > $3 and t.id < $4 order by t.id %s limit $5',
      app_private.unpack_query(piece.packed, piece.columns), case when newest_first then 'desc' else 'asc' end
    )
    using piece.document, conversation.owner_id, coalesce(packed_messages.after, '00000000-0000-0000-0000-000000000000'::uuid),
      coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid), missing;
    get diagnostics read = row_count;
    missing := missing - read;
    exit when missing <= 0;
  end loop;
end
$$;
comment on function app_private.packed_messages(app_public.conversations, uuid, integer, uuid, boolean) is 'Packed messages of a conversation, newest first, or from the oldest: at most "first" (null: all) of those before the message "before" and after the message "after". Opens only the parts that they lie in. Raises CQ260.';

create or replace function app_hidden.read_packed_messages(
  conversation_id uuid, before uuid, first integer, after uuid default null, newest_first boolean default true
)
returns setof app_public.messages
language plpgsql
stable
parallel safe
security definer
rows 50
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(read_packed_messages.conversation_id);
begin
  if conversation.storage_tier <> 'hot' then
    return query execute 'select * from app_private.packed_messages($1, $2, $3, $4, $5)' using conversation, before, first, after, newest_first;
  end if;
end
$$;
comment on function app_hidden.read_packed_messages(uuid, uuid, integer, uuid, boolean) is 'Packed messages of a conversation that the caller may read, as app_private.packed_messages has them. Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_messages(uuid, uuid, integer, uuid, boolean) to colloquy_visitor, colloquy_user, colloquy_admin;

create or replace function app_hidden.read_packed_message(message_id uuid)
returns setof app_public.messages
language plpgsql
stable
parallel safe
security definer
rows 1
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(app_private.packed_conversation_of(read_packed_message.message_id));
  piece app_hidden.conversation_archive_parts;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.messages'::regclass
      and p.first_id <= read_packed_message.message_id and p.last_id >= read_packed_message.message_id
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t where t.id = $3', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id, read_packed_message.message_id;
  end loop;
end
$$;
comment on function app_hidden.read_packed_message(uuid) is 'A packed message that the caller may read, from the one part that it is in. Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_message(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;

create or replace function app_hidden.read_packed_question(answer_id uuid)
returns app_public.messages
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  answer app_public.messages;
  conversation app_public.conversations;
  question app_public.messages;
begin
  execute 'select m.* from app_hidden.read_packed_message($1) as m' into answer using answer_id;
  if answer.parent_id is not null then
    execute $query$select m.* from app_hidden.read_packed_message($1) as m where m.role = 'user' and m.conversation_id = $2$query$
    into question using answer.parent_id, answer.conversation_id;
    return question;
  end if;
  conversation := app_private.readable_conversation(answer.conversation_id);
  -- part by part, from the answer back
  loop
    execute $query$
      select m.* from app_private.packed_messages($1, $2, 50) as m where m.role = 'user' and m.sequence_number < $3 order by m.sequence_number desc limit 1
    $query$
    into question using conversation, answer_id, answer.sequence_number;
    exit when question.id is not null;
    execute 'select m.id from app_private.packed_messages($1, $2, 50) as m order by m.id limit 1' into answer_id using conversation, answer_id;
    exit when answer_id is null;
  end loop;
  return question;
end
$$;
comment on function app_hidden.read_packed_question(uuid) is 'The question that a packed message answers, when the caller may read it: its parent, or the last one before it. Null otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_question(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded lifecycle/packed_messages.sql
--! Included conversations/message_page.sql
-- A page of a conversation, from either end, whatever tier it is in: what Conversation.messages of the API reads, so that a page
-- costs what its messages cost and not what the conversation does. Runs with the caller's rights.
--
-- A conversation's own id and its last message bound its messages, so only the partitions that it lives in are touched.
-- Both bounds are read first, and handed over as values to one plan that is kept: it leaves out the other partitions before
-- it starts. Bounds from a subquery of the same statement would start every partition; planning anew for each page took
-- two thirds of it (npm run bench -- page). Nothing in the plan depends on the tenant: there is one index to go by, and
-- it has the order. A planner that may sort takes a conversation for a few rows, and reads and sorts all of it: at 4,000
-- messages 134 pages of memory where 20 messages need 12.
create or replace function app_hidden.message_page(conversation_id uuid, after uuid, before uuid, size integer, newest_first boolean)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_sort = off
as $$
declare
  oldest uuid := coalesce(message_page.after, '00000000-0000-0000-0000-000000000000');
  newest uuid := coalesce(message_page.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  last_id uuid;
  tier app_public.storage_tier;
begin
  select c.last_message_id, c.storage_tier into last_id, tier
  from app_public.conversations c
  where c.id = message_page.conversation_id;
  if tier <> 'hot' then
    -- by text: a plan that a session keeps does not learn of a column that a migration adds
    return query execute 'select * from app_hidden.read_packed_messages($1, $2, $3, $4, $5)'
    using message_page.conversation_id, message_page.before, size, message_page.after, newest_first;
  elsif newest_first then
    return query
    select m.*
    from app_public.messages m
    where m.conversation_id = message_page.conversation_id
      and m.id >= message_page.conversation_id and m.id <= last_id and m.id > oldest and m.id < newest
    order by m.id desc
    limit size;
  else
    return query
    select m.*
    from app_public.messages m
    where m.conversation_id = message_page.conversation_id
      and m.id >= message_page.conversation_id and m.id <= last_id and m.id > oldest and m.id < newest
    order by m.id
    limit size;
  end if;
end
$$;
comment on function app_hidden.message_page(uuid, uuid, uuid, integer, boolean) is
  'Messages of a conversation that the caller may read, in order of their ids, or newest first: at most "size" of those after the message "after" and before the message "before". Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.message_page(uuid, uuid, uuid, integer, boolean) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded conversations/message_page.sql
--! Included conversations/conversation_messages.sql
-- A page of a conversation, newest first, for those who speak SQL; GraphQL has Conversation.messages. Runs with the caller's rights.
create or replace function app_public.conversation_messages(conversation_id uuid, before uuid default null, first integer default 50)
returns setof app_public.messages
language sql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
as $$
  select p.*
  from app_hidden.message_page(
    conversation_messages.conversation_id, null, conversation_messages.before,
    least(greatest(coalesce(conversation_messages.first, 50), 0), 1000), true
  ) as p;
$$;
comment on function app_public.conversation_messages(uuid, uuid, integer) is
  'Messages of a conversation, newest first: at most "first" (50; at most 1,000) of those before the message "before". Nothing for a conversation that the caller may not read.';
grant execute on function app_public.conversation_messages(uuid, uuid, integer) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded conversations/conversation_messages.sql
--! Included members/delete_workspace.sql
-- Ends a workspace for good, with everything in it, in one transaction. Only an owner may, in a session, and by saying its
-- name; never a personal one, which goes with its account; never under a legal hold of any kind. What stays: the entries of
-- the audit log, as proof of what was there and who ended it. Bytes of files in a storage are not the database's to delete.
-- Who writes in it at the same moment is either done before, and goes with it, or is told that there is no such thing (CQ204).
create or replace function app_public.delete_workspace(name text)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
  result app_public.workspaces;
begin
  perform app_hidden.require_session();
  perform app_private.lock_holds(app_hidden.current_workspace_id());
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, 'owner');
  if exists (select from app_public.legal_holds h where h.workspace_id = caller.workspace_id and h.released_at is null) then
    raise exception 'A legal hold keeps this workspace.' using errcode = 'CQ120', hint = 'Whoever placed it has to release it first: releaseLegalHold.';
  end if;
  select w.* into result from app_public.workspaces w where w.id = caller.workspace_id and w.name = delete_workspace.name for update;
  if result.id is null then
    raise exception 'This is not the name of the workspace.' using errcode = 'CQ200', hint = 'Pass the name exactly as it is, to confirm.';
  end if;

  -- the large tables first, in one statement each: the cascade would go row by row
  delete from app_public.embeddings e where e.workspace_id = result.id;
  delete from app_public.chunks c where c.workspace_id = result.id;
  delete from app_public.messages m using app_public.conversations c
  where c.workspace_id = result.id and m.conversation_id = c.id and m.id >= c.id and m.id <= c.last_message_id;
  delete from app_public.conversations c where c.workspace_id = result.id;
  delete from app_public.workspaces w where w.id = result.id;
  -- one that its author can read: those of the workspace have no reader any more
  perform app_private.log_event(
    'user.workspace_deleted', caller.user_id, entity_type => 'workspace', entity_id => result.id,
    old_values => jsonb_build_object('name', result.name, 'slug', result.slug)
  );
  return result;
end
$$;
comment on function app_public.delete_workspace(text) is
  'Deletes the workspace of the request with everything in it, for good; its name confirms. The audit log stays. Errors: CQ101 not signed in, CQ107 not a member, CQ110 not with an API key, CQ113 personal, CQ114 not an owner, CQ120 under a legal hold, CQ200 another name.';
grant execute on function app_public.delete_workspace(text) to colloquy_user, colloquy_admin;
--! EndIncluded members/delete_workspace.sql

-- Below row-level security every query of messages knows their workspace, and to the planner a workspace and one of its
-- conversations are two reasons for there being few rows: it went by this index, and read all messages of the conversation, where
-- another has the order or the row that is asked for. The foreign key goes by the conversation.
-- An index of partitions cannot be dropped concurrently.
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.messages_workspace_id_conversation_id_idx;

--! split: 50-pipeline.sql
-- Words at once, vectors after them: what lacks a vector is a list of its own, and both are measured.

create table if not exists app_hidden.embedding_backlog (
  workspace_id uuid not null,
  chunk_id uuid not null,
  asked integer not null default 0,
  priority smallint not null default 0,
  taken_until timestamptz,
  constraint embedding_backlog_pkey primary key (workspace_id, chunk_id),
  constraint embedding_backlog_asked_positive check (asked >= 0)
)
-- rows come and go at one end of the index: what is dead there is read until it is cleaned up
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
alter table app_hidden.embedding_backlog enable row level security;
alter table app_hidden.embedding_backlog force row level security;
-- serves: the next passages of a workspace
create index if not exists embedding_backlog_order_idx on app_hidden.embedding_backlog (workspace_id, asked desc, priority desc, chunk_id desc);
-- serves: those whose worker has ended
create index if not exists embedding_backlog_taken_idx on app_hidden.embedding_backlog (workspace_id, taken_until) where taken_until is not null;
comment on table app_hidden.embedding_backlog is 'Passages without a vector of the active version, in the order in which they get it. Made of what is missing, and corrected by it; no foreign keys, since triggers and the sweep keep it.';
comment on column app_hidden.embedding_backlog.workspace_id is 'The tenant.';
comment on column app_hidden.embedding_backlog.chunk_id is 'The passage.';
comment on column app_hidden.embedding_backlog.asked is 'How often searches returned it meanwhile, by its words.';
comment on column app_hidden.embedding_backlog.priority is '1 for what was written here, 0 for what was imported.';
comment on column app_hidden.embedding_backlog.taken_until is 'A worker has it, and is taken to be dead then, unless it says otherwise before.';

create table if not exists app_hidden.indexing_rates (
  workspace_id uuid not null,
  minute timestamptz not null,
  began_at timestamptz not null,
  sources integer not null default 0,
  vectors integer not null default 0,
  constraint indexing_rates_pkey primary key (workspace_id, minute),
  constraint indexing_rates_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint indexing_rates_positive check (sources >= 0 and vectors >= 0)
);
alter table app_hidden.indexing_rates enable row level security;
alter table app_hidden.indexing_rates force row level security;
-- serves: the removal of what is old
create index if not exists indexing_rates_minute_idx on app_hidden.indexing_rates (minute);
comment on table app_hidden.indexing_rates is 'What the indexing of a workspace achieved, by the minute: the measured speed that indexing_progress is made of. Kept for an hour.';
comment on column app_hidden.indexing_rates.workspace_id is 'The tenant.';
comment on column app_hidden.indexing_rates.minute is 'The minute, its beginning.';
comment on column app_hidden.indexing_rates.began_at is 'When the first work that ended in it began.';
comment on column app_hidden.indexing_rates.sources is 'Documents, conversations and memories that were cut.';
comment on column app_hidden.indexing_rates.vectors is 'Passages that got a vector.';

do $$
begin
  if not exists (
    select from pg_attribute a
    where a.attrelid = to_regclass('app_public.indexing_progress') and a.attname = 'pending_sources' and not a.attisdropped
  ) then
    alter type app_public.indexing_progress
      add attribute pending_sources bigint,
      add attribute pending_chunks bigint,
      add attribute sources_per_minute numeric,
      add attribute vectors_per_minute numeric,
      add attribute words_seconds_left integer,
      add attribute vectors_seconds_left integer;
  end if;
end
$$;
comment on column app_public.indexing_progress.chunks is 'Passages in all: each is found by its words.';
comment on column app_public.indexing_progress.embedded_chunks is 'Passages that are found by meaning: they have a vector of the active version.';
comment on column app_public.indexing_progress.pending_sources is 'Documents, conversations and memories that are not found by their words yet, or not by their latest ones.';
comment on column app_public.indexing_progress.pending_chunks is 'Passages that wait for their vector.';
comment on column app_public.indexing_progress.sources_per_minute is 'How many of them were cut a minute lately; null when none were.';
comment on column app_public.indexing_progress.vectors_per_minute is 'How many passages got a vector a minute lately; null when none did.';
comment on column app_public.indexing_progress.words_seconds_left is 'Seconds until everything is found by words, at that rate; null when there is none.';
comment on column app_public.indexing_progress.vectors_seconds_left is 'Seconds until everything is found by meaning, at that rate; null when there is none, while something holds it back, and until everything is found by words.';

-- Only where nothing is cut yet: all vectors of a version are made of passages of one kind. Passages of 200 tokens without overlap cost a
-- fifth fewer tokens than those of 100 with 15, are half as many, and find as well (docs/search-performance.md).
update app_public.embedding_versions v
set chunk_size = 200, chunk_overlap = 0
where v.name = 'local-1' and v.chunk_size = 100 and v.chunk_overlap = 15 and not exists (select from app_public.chunks);

drop function if exists app_hidden.enqueue(text, jsonb, text, text);
drop function if exists app_hidden.chunks_to_embed(uuid, uuid, app_public.source_type, uuid, integer);
--! Included support/enqueue.sql
-- Puts a job into pg-boss's own table, in the caller's transaction: the job exists exactly when the data does.
-- Written against pg-boss 12.35 (schema version 43); test/jobs checks that pg-boss itself would write the same row.
-- It never fails a user's write: where the queue does not exist yet, the sweep finds the work later.
create or replace function app_hidden.enqueue(
  queue_name text, payload jsonb, singleton_key text default null, group_id text default null, priority integer default 0
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  insert into pgboss.job (
    name, data, singleton_key, group_id, priority, start_after, created_on, keep_until, expire_seconds, deletion_seconds,
    retry_limit, retry_delay, retry_backoff, retry_delay_max, policy, dead_letter, heartbeat_seconds
  )
  select
    q.name, payload, enqueue.singleton_key, enqueue.group_id, enqueue.priority, pgboss.job_now(), pgboss.job_now(),
    pgboss.job_now() + make_interval(secs => q.retention_seconds), q.expire_seconds, q.deletion_seconds,
    q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.policy, q.dead_letter, q.heartbeat_seconds
  from pgboss.queue q
  where q.name = queue_name
  on conflict do nothing;
end
$$;
comment on function app_hidden.enqueue(text, jsonb, text, text, integer) is 'Adds a job in this transaction. At most one job waits per singleton key, if the queue says so. Those of higher priority go first.';
-- Deliberately granted to nobody: triggers and sealed functions call it.
--! EndIncluded support/enqueue.sql
--! Included knowledge/documents_10_enqueue.sql
-- After a statement that adds documents or changes what their chunks depend on: one job per document. A bookkeeping
-- update (chunked_hash, metadata) enqueues nothing. What somebody has just written goes before what was imported from elsewhere.
create or replace function app_private.enqueue_changed_documents()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'index-source',
    jsonb_build_object('workspaceId', n.workspace_id, 'sourceType', 'document', 'sourceId', n.id),
    'document:' || n.id,
    n.workspace_id::text,
    priority => (n.source_url is null)::integer
  )
  from new_documents n
  where n.chunked_hash is distinct from n.content_hash;
  return null;
end
$$;
comment on function app_private.enqueue_changed_documents() is 'Trigger: enqueues the indexing of documents whose chunks are missing or stale.';

create or replace trigger documents_10_enqueue_insert
after insert on app_public.documents
referencing new table as new_documents
for each statement execute function app_private.enqueue_changed_documents();

create or replace trigger documents_10_enqueue_update
after update on app_public.documents
referencing new table as new_documents
for each statement execute function app_private.enqueue_changed_documents();
--! EndIncluded knowledge/documents_10_enqueue.sql
--! Included ingest/process_events.sql
-- What the worker calls to make knowledge of events. As with files: a claim counts the attempt, and its number is what a
-- worker shows afterwards. What an event says is one chunk; events of a workspace that say the same share it.

create or replace function app_hidden.find_unprocessed_events(max_batches integer default 1000)
returns table (workspace_id uuid, source text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select e.workspace_id, e.source
  from app_public.raw_events e
  where e.processing_status in ('pending', 'processing') and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
  group by e.workspace_id, e.source
  order by min(e.id::text)
  limit max_batches;
$$;
comment on function app_hidden.find_unprocessed_events(integer) is 'Workspaces and sources with events that wait: what lost jobs and killed workers left.';

create or replace function app_hidden.claim_events(
  for_workspace uuid,
  for_source text,
  max_events integer default 20,
  lease interval default '10 minutes',
  max_attempts integer default 5
)
returns table (event_id uuid, attempt integer, event_type text, payload jsonb, metadata jsonb)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update app_public.raw_events e
  set processing_status = 'failed', retry_at = null, processed_at = clock_timestamp(),
    error = format('Processing was begun %s times and never ended. (CQ328)', e.attempts)
  where e.workspace_id = for_workspace and e.source = for_source and e.processing_status = 'processing'
    and coalesce(e.retry_at, '-infinity') <= clock_timestamp() and e.attempts >= max_attempts;
  return query
  with next as (
    select e.id
    from app_public.raw_events e
    where e.workspace_id = for_workspace and e.source = for_source and e.processing_status in ('pending', 'processing')
      and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
    -- what failed before waits for what is new
    order by e.attempts, e.id
    limit max_events
    for update skip locked
  )
  update app_public.raw_events e
  set processing_status = 'processing', attempts = e.attempts + 1, retry_at = clock_timestamp() + lease
  from next n
  where e.id = n.id
  returning e.id, e.attempts, e.event_type, e.payload, e.metadata;
end
$$;
comment on function app_hidden.claim_events(uuid, text, integer, interval, integer) is
  'Takes the next events of a source, and counts the attempt. An event that was begun too often fails here.';

-- Before a model is asked that is paid: its tokens are set aside against budgets and quota of who brought the event in. What
-- is refused is given back: no attempt is counted, and it waits as pending, with the reason.
create or replace function app_hidden.reserve_event_summary(
  for_workspace uuid, for_event uuid, of_attempt integer, tokens bigint, cost_usd numeric
)
returns table (reservation_id uuid, refusal text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  reason text;
begin
  select e.* into event
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  for no key update;
  if event.id is null then
    return;
  end if;
  select p.reservation_id, p.refusal, p.reason into reservation_id, refusal, reason
  from app_private.reserve_paid(for_workspace, event.owner_id, reserve_event_summary.tokens, reserve_event_summary.cost_usd) as p;
  if refusal is not null then
    update app_public.raw_events e
    set processing_status = 'pending', attempts = e.attempts - 1, error = format('%s (%s)', reason, refusal),
      retry_at = clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_budget_seconds')::double precision)
    where e.id = for_event;
  end if;
  return next;
end
$$;
comment on function app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric) is
  'Sets tokens for the summary of an event aside. With a refusal, the event was given back and waits. No row when the attempt is not the last one any more.';

create or replace function app_hidden.release_reservation(for_workspace uuid, of_reservation uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.settle_reservation(for_workspace, of_reservation, 0, 0);
end
$$;
comment on function app_hidden.release_reservation(uuid, uuid) is 'Lets go what was set aside for work that came to nothing.';

create or replace function app_hidden.complete_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  new_content text default null,
  new_heading text default null,
  new_token_count integer default null,
  new_importance real default 0.5,
  of_reservation uuid default null,
  used_provider text default null,
  used_model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  cost_usd numeric default null,
  recognized_language text default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  hash bytea := app_hidden.text_hash(concat_ws(E'\n', new_heading, new_content));
  outcome text := 'stored';
  declared app_public.text_search_language;
begin
  select e.* into event
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  for no key update;
  if event.id is null then
    -- what is logged is the answer that is stored
    perform app_private.settle_reservation(for_workspace, of_reservation, 0, 0);
    return 'late';
  end if;
  if of_reservation is not null then
    perform app_private.settle_reservation(
      for_workspace, of_reservation, complete_event.prompt_tokens + complete_event.completion_tokens, complete_event.cost_usd
    );
    -- with the id of what was set aside: once
    insert into app_public.usage_logs (
      id, workspace_id, user_id, action, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd, metadata
    )
    values (
      of_reservation, for_workspace, event.owner_id, 'event_summary', used_provider, used_model, complete_event.prompt_tokens,
      complete_event.completion_tokens, complete_event.prompt_tokens + complete_event.completion_tokens, complete_event.cost_usd,
      jsonb_build_object('rawEventId', for_event, 'source', event.source)
    );
  end if;
  if new_content is null then
    outcome := 'empty';
    hash := null;
  else
    perform pg_advisory_xact_lock(hashtextextended(for_workspace::text || encode(hash, 'hex'), 7201345));
    if exists (
      select from app_public.chunks c where c.workspace_id = for_workspace and c.content_hash = hash and c.source_type = 'event'
    ) then
      outcome := 'known';
    else
      declared := app_private.workspace_language(for_workspace);
      insert into app_public.chunks (
        workspace_id, source_type, raw_event_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
        content_hash, importance_score, text_search_language, is_language_recognized
      )
      values (
        for_workspace, 'event', for_event, event.owner_id, 'workspace', 0, new_content, new_heading, 0, char_length(new_content),
        new_token_count, hash, coalesce(new_importance, 0.5),
        coalesce(app_private.recognized_language(declared, recognized_language), declared),
        app_private.recognized_language(declared, recognized_language) is not null
      );
    end if;
  end if;
  update app_public.raw_events e
  set processing_status = 'completed', retry_at = null, error = null, processed_at = clock_timestamp(), knowledge_hash = hash
  where e.id = for_event;
  return outcome;
end
$$;
comment on function app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text) is
  'Stores what an event says, and logs what its summary took: stored, known when another event says the same, empty without a text, late when the attempt is not the last one any more.';

create or replace function app_hidden.fail_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  reason text,
  pause interval default '10 seconds',
  counts boolean default true,
  max_attempts integer default 5
)
returns app_public.processing_status
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.raw_events e
  set
    processing_status = case when counts and e.attempts >= max_attempts then 'failed'::app_public.processing_status else 'processing' end,
    attempts = e.attempts - case when counts then 0 else 1 end,
    error = left(reason, 2000),
    retry_at = case when not counts then clock_timestamp() + pause when e.attempts < max_attempts then clock_timestamp() + pause * power(4, e.attempts - 1) end,
    processed_at = case when counts and e.attempts >= max_attempts then clock_timestamp() end
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  returning e.processing_status;
$$;
comment on function app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer) is
  'Says why an attempt failed: the event is tried again after a growing pause, and fails with the last attempt. With counts false it was nobody''s fault: it is given back, for after the pause.';

grant execute on function
  app_hidden.find_unprocessed_events(integer),
  app_hidden.claim_events(uuid, text, integer, interval, integer),
  app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric),
  app_hidden.release_reservation(uuid, uuid),
  app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text),
  app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer)
to colloquy_worker;
--! EndIncluded ingest/process_events.sql
--! Included embeddings/embed_text.sql
-- What a vector is made of: the text of a passage under its headings, of a message with what came before it. The one place that says so, for the active version and those
-- that are filled behind it. Passages with the same lead-in, heading and content have the same hash (text_hash) and share their
-- vector, so it must never depend on anything else. What a model cannot use is left out later, by the worker (lean-text.ts).
create or replace function app_hidden.embed_text(lead_in text, heading text, content text)
returns text
language sql
stable
parallel safe
return concat_ws(E'\n', lead_in, heading, content);
comment on function app_hidden.embed_text(text, text, text) is 'The text of a passage whose vector is computed.';
grant execute on function app_hidden.embed_text(text, text, text) to colloquy_worker;
--! EndIncluded embeddings/embed_text.sql
--! Included embeddings/pipeline.sql
-- What the indexing worker calls. The data is the truth: work is what is missing, so a lost job loses nothing and a
-- repeated one changes nothing. Only the worker may call these; it decides nothing, it cuts text and computes vectors.
--
-- What runs for every source is planned once (force_generic_plan: planning over all partitions took longer than the work) and
-- goes from what it is given to single rows, by index: "offset 0" keeps the planner from reading a whole workspace instead.

create or replace function app_hidden.find_unindexed(max_sources integer default 100)
returns table (workspace_id uuid, source_type app_public.source_type, source_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  (
    select d.workspace_id, 'document'::app_public.source_type, d.id
    from app_public.documents d
    where d.chunked_hash is distinct from d.content_hash and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = d.workspace_id and f.document_id = d.id and f.content_hash = d.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by d.id
    limit max_sources
  )
  union
  (
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_sequence_number < c.last_sequence_number and not exists (
      -- one that was given up is passed over
      select from app_hidden.cutting_failures f
      where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.sequence_number = c.indexed_sequence_number + 1
        and not f.is_dead and f.next_attempt_at > statement_timestamp()
    )
    order by c.id
    limit max_sources
  )
  union
  (
    -- found with the words of a branch that was left; a packed one is followed when it is packed
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_leaf_id is distinct from c.preferred_leaf_id and c.storage_tier = 'hot' and c.indexed_sequence_number = c.last_sequence_number
    order by c.id
    limit max_sources
  )
  union
  (
    select m.workspace_id, 'memory'::app_public.source_type, m.id
    from app_public.memory_items m
    where m.chunked_hash is distinct from m.content_hash and upper_inf(m.validity) and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = m.workspace_id and f.memory_item_id = m.id and f.content_hash = m.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by m.id
    limit max_sources
  )
  limit max_sources;
end
$$;
comment on function app_hidden.find_unindexed(integer) is 'Documents, conversations and memories with missing or stale chunks, and conversations in which another branch was chosen: what lost jobs left. Of chunks without a vector, find_unembedded_workspaces() tells.';

create or replace function app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb)
returns table (kept integer, added integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  document app_public.documents;
  wanted app_private.wanted_chunk[];
begin
  -- before the counts are taken: whoever deletes the workspace has it, and then takes the counts
  perform from app_public.workspaces w where w.id = for_workspace for key share;
  select d.* into document
  from app_public.documents d
  where d.workspace_id = for_workspace and d.id = for_document
  for no key update;
  if document.id is null or document.content_hash <> of_hash then
    -- gone, or edited since it was read: the job of that edit does it
    return;
  end if;

  -- the n-th piece of a text stays the n-th piece of the same text: its vector stays valid, only its place may move
  with given as (
    select w.*, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)) as content_hash
    from jsonb_to_recordset(new_chunks) as w (
      chunk_index integer, content text, heading text, page_number integer, start_offset integer, end_offset integer, token_count integer,
      language text
    )
  ),
  numbered as (
    select g.*, row_number() over (partition by g.content_hash order by g.chunk_index) as n from given g
  ),
  existing as (
    select c.id, c.content_hash, row_number() over (partition by c.content_hash order by c.chunk_index) as n
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  )
  select coalesce(array_agg(
    row(
      x.chunk_index, x.content, x.heading, x.page_number, x.start_offset, x.end_offset, x.token_count, x.content_hash, e.id,
      app_private.recognized_language(document.text_search_language, x.language)
    )::app_private.wanted_chunk
  ), '{}')
  into wanted
  from numbered x
  left join existing e on e.content_hash = x.content_hash and e.n = x.n;

  -- what goes and what comes are counted one after the other: the counts of all of it are taken first, in one order
  with there as (
    select c.text_search_language, c.is_language_recognized
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  ),
  keys as (
    select t.text_search_language::text as language, t.is_language_recognized as is_recognized from there t
    union
    select coalesce(w.language, document.text_search_language), w.language is not null from unnest(wanted) as w
  )
  insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
  select for_workspace, 'document', x.language, x.is_recognized, 0
  from keys x
  where exists (select from there) and (select count(*) from keys) > 1
  order by x.language, x.is_recognized
  on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count;
  delete from app_public.chunks c
  where c.workspace_id = for_workspace and c.document_id = for_document
    and not exists (select from unnest(wanted) as w where w.kept_id = c.id);
  get diagnostics removed = row_count;

  set constraints app_public.chunks_document_id_chunk_index_key deferred;
  update app_public.chunks c
  set chunk_index = w.chunk_index, start_offset = w.start_offset, end_offset = w.end_offset, page_number = w.page_number,
    text_search_language = coalesce(w.language, document.text_search_language), is_language_recognized = w.language is not null
  from unnest(wanted) as w
  where c.workspace_id = for_workspace and c.document_id = for_document and c.id = w.kept_id
    and (c.chunk_index, c.start_offset, c.end_offset, c.page_number, c.text_search_language, c.is_language_recognized)
      is distinct from (
        w.chunk_index, w.start_offset, w.end_offset, w.page_number, coalesce(w.language, document.text_search_language), w.language is not null
      );
  select count(*) into kept from unnest(wanted) as w where w.kept_id is not null;

  insert into app_public.chunks (
    workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, heading, page_number, start_offset, end_offset,
    token_count, content_hash, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'document', for_document, document.owner_id, document.visibility, w.chunk_index, w.content, w.heading, w.page_number,
    w.start_offset, w.end_offset, w.token_count, w.content_hash, coalesce(w.language, document.text_search_language),
    w.language is not null
  from unnest(wanted) as w
  where w.kept_id is null;
  get diagnostics added = row_count;

  update app_public.documents d set chunked_hash = of_hash where d.id = for_document;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.document_id = for_document;
  return next;
end
$$;
comment on function app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb) is
  'Replaces the chunks of a document by new ones, keeping those whose text is the same. No row when the document is gone or has changed since of_hash was read.';

create or replace function app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  new_messages uuid[];
  beside uuid[];
  added integer;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
  for no key update;
  if conversation.id is null or conversation.indexed_sequence_number >= through_sequence_number then
    return 0;
  end if;
  new_messages := array(select distinct w.message_id from jsonb_to_recordset(new_chunks) as w (message_id uuid));

  with contexts as materialized (
    select x.* from app_private.message_contexts(conversation, new_messages, declared::text) as x
  ),
  inserted as (
    insert into app_public.chunks (
      workspace_id, source_type, conversation_id, message_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset,
      token_count, lead_in, context_near, context_far, content_hash, text_search_language, is_language_recognized
    )
    select
      for_workspace, 'message', for_conversation, w.message_id, conversation.owner_id, conversation.visibility, w.chunk_index, w.content,
      w.heading, w.start_offset, w.end_offset, w.token_count, beginning.lead_in,
      concat_ws(E'\n', x.near, case when w.is_last then x.next_near end),
      concat_ws(E'\n', x.far, case when w.is_last then x.next_far end),
      app_hidden.text_hash(concat_ws(E'\n', beginning.lead_in, w.heading, w.content)),
      coalesce(app_private.recognized_language(declared, w.language), declared),
      app_private.recognized_language(declared, w.language) is not null
    from (
      select r.*, r.chunk_index = max(r.chunk_index) over (partition by r.message_id) as is_last
      from jsonb_to_recordset(new_chunks) as r (
        message_id uuid, chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer,
        language text
      )
    ) as w
    join app_public.messages m
      on m.id = w.message_id and m.conversation_id = for_conversation
      and m.sequence_number > conversation.indexed_sequence_number and m.sequence_number <= through_sequence_number
    join contexts x on x.message_id = w.message_id
    cross join lateral (select case when w.chunk_index = 0 then x.lead_in end as lead_in) as beginning
    -- behind one that is tried again after it was given up, they have theirs
    where not exists (select from app_public.chunks c where c.workspace_id = for_workspace and c.message_id = w.message_id)
    -- their ids tell which is newer
    order by m.sequence_number, w.chunk_index
    returning id
  )
  select
    (select count(*) from inserted),
    array(select distinct n.id from contexts x cross join lateral unnest(x.neighbour_ids) as n (id) where n.id <> all (new_messages))
  into added, beside;

  -- what they stand beside has new neighbours
  if added > 0 and cardinality(beside) > 0 then
    perform app_private.refresh_message_contexts(conversation, beside);
  end if;
  update app_public.conversations c set indexed_sequence_number = through_sequence_number where c.id = for_conversation;
  -- when the last message is there: the branch that was chosen ends with it
  if through_sequence_number >= conversation.last_sequence_number then
    perform app_private.refresh_branch(conversation);
  end if;
  delete from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and f.conversation_id = for_conversation and f.sequence_number <= through_sequence_number and not f.is_dead;
  return added;
end
$$;
comment on function app_hidden.add_message_chunks(uuid, uuid, integer, jsonb) is
  'Adds the chunks of new messages of a conversation and remembers how far it got. Done twice, it changes nothing.';

create or replace function app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  memory app_public.memory_items;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  added integer;
begin
  select m.* into memory
  from app_public.memory_items m
  where m.workspace_id = for_workspace and m.id = for_memory
  for no key update;
  if memory.id is null or not upper_inf(memory.validity) or memory.content_hash <> of_hash or memory.chunked_hash = of_hash then
    -- gone, closed since it was read, or done
    return 0;
  end if;
  delete from app_public.chunks c where c.workspace_id = for_workspace and c.memory_item_id = for_memory;
  insert into app_public.chunks (
    workspace_id, source_type, memory_item_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
    content_hash, importance_score, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'memory', for_memory, memory.owner_id, memory.visibility, w.chunk_index, w.content, w.heading, w.start_offset, w.end_offset,
    w.token_count, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)), memory.importance,
    coalesce(app_private.recognized_language(declared, w.language), declared),
    app_private.recognized_language(declared, w.language) is not null
  from jsonb_to_recordset(new_chunks) as w (
    chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer, language text
  );
  get diagnostics added = row_count;
  update app_public.memory_items m set chunked_hash = of_hash where m.id = for_memory;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.memory_item_id = for_memory;
  return added;
end
$$;
comment on function app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb) is
  'Gives a memory its chunks. 0 when the memory is gone, holds no longer, or has them already.';

create or replace function app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, twin.embedding
  from unnest(chunk_ids) as wanted (id)
  cross join lateral (
    select k.id, k.content_hash from app_public.chunks k where k.workspace_id = for_workspace and k.id = wanted.id offset 0
  ) as c
  cross join lateral (
    select e.embedding
    from app_public.chunks same
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = same.id
    where same.workspace_id = for_workspace and same.content_hash = c.content_hash
    limit 1
  ) as twin
  on conflict do nothing
  returning chunk_id;
end
$$;
comment on function app_hidden.reuse_embeddings(uuid, uuid, uuid[]) is 'Gives chunks the vector that an equal text of the same workspace has already. Returns their ids.';

create or replace function app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  stored integer;
begin
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, given.vector::extensions.halfvec
  from unnest(chunk_ids, vectors) as given (chunk_id, vector)
  cross join lateral (
    select k.id from app_public.chunks k where k.workspace_id = for_workspace and k.id = given.chunk_id offset 0
  ) as c
  on conflict do nothing;
  get diagnostics stored = row_count;
  return stored;
end
$$;
comment on function app_hidden.store_embeddings(uuid, uuid, uuid[], text[]) is
  'Stores vectors of chunks; a chunk that is gone or has one already is passed over. Returns how many were stored.';

grant execute on function
  app_hidden.find_unindexed(integer),
  app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.add_message_chunks(uuid, uuid, integer, jsonb),
  app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.reuse_embeddings(uuid, uuid, uuid[]),
  app_hidden.store_embeddings(uuid, uuid, uuid[], text[])
to colloquy_worker;
--! EndIncluded embeddings/pipeline.sql
--! Included embeddings/embedding_backlog.sql
-- The passages that lack their vector of the active version, in the order in which they get it: first what searches by words have
-- returned, then what somebody wrote here before what was imported, then the newest. The list only says what to look at next. The
-- truth is in the data: whoever takes from it looks whether the vector is missing, and the sweep puts in what is missing
-- (find_unembedded_workspaces). A worker that takes passages has them for some seconds and says that it lives; when it is
-- killed they are free again, and its end is counted, so that a passage that ends its worker is taken ever later, and given up.

-- One job per workspace waits to do it, in the transaction that makes the passages.
create or replace function app_private.want_vectors()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.embedding_backlog;
    return null;
  end if;
  if tg_op = 'DELETE' then
    delete from app_hidden.embedding_backlog b using changed_chunks o where b.workspace_id = o.workspace_id and b.chunk_id = o.id;
    return null;
  end if;
  insert into app_hidden.embedding_backlog (workspace_id, chunk_id, priority)
  select n.workspace_id, n.id, case n.source_type
      when 'document' then (select (d.source_url is null)::integer from app_public.documents d where d.id = n.document_id)
      when 'message' then (select (c.external_id is null)::integer from app_public.conversations c where c.id = n.conversation_id)
      when 'memory' then 1
      else 0
    end
  from changed_chunks n
  on conflict do nothing;
  perform app_hidden.enqueue('embed-chunks', jsonb_build_object('workspaceId', w.id), w.id::text, w.id::text)
  from (select distinct n.workspace_id from changed_chunks n) as w (id);
  return null;
end
$$;
comment on function app_private.want_vectors() is 'Trigger: new chunks want a vector, and a job that makes it; those that go want none.';

create or replace trigger chunks_20_want_vectors_insert after insert on app_public.chunks
referencing new table as changed_chunks for each statement execute function app_private.want_vectors();
create or replace trigger chunks_20_want_vectors_delete after delete on app_public.chunks
referencing old table as changed_chunks for each statement execute function app_private.want_vectors();
create or replace trigger chunks_20_want_vectors_truncate after truncate on app_public.chunks
for each statement execute function app_private.want_vectors();

create or replace function app_private.have_vectors()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_hidden.embedding_backlog b
  using changed_embeddings n
  where b.workspace_id = n.workspace_id and b.chunk_id = n.chunk_id
    and n.version_id = (select v.id from app_public.embedding_versions v where v.status = 'active');
  return null;
end
$$;
comment on function app_private.have_vectors() is 'Trigger: a chunk that has its vector of the active version wants none.';

create or replace trigger embeddings_30_have_vectors after insert on app_public.embeddings
referencing new table as changed_embeddings for each statement execute function app_private.have_vectors();

-- By row, since only few updates of chunks count reads. It waits for nobody.
create or replace function app_private.ask_for_vector()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_hidden.embedding_backlog b
  set asked = b.asked + new.access_count - old.access_count
  where (b.workspace_id, b.chunk_id) in (
    select k.workspace_id, k.chunk_id
    from app_hidden.embedding_backlog k
    where k.workspace_id = new.workspace_id and k.chunk_id = new.id
    for no key update skip locked
  );
  return null;
end
$$;
comment on function app_private.ask_for_vector() is 'Trigger: what searches returned by its words gets its vector first.';

create or replace trigger chunks_20_ask_for_vector after update of access_count on app_public.chunks
for each row when (new.access_count > old.access_count) execute function app_private.ask_for_vector();

create or replace function app_hidden.take_chunks(for_version uuid, for_workspace uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text, seconds double precision)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
-- by its index the list comes in order: the batch is read and not the list, however long it is
set enable_sort = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  lease double precision := least(15, app_hidden.setting('embedding_claim_seconds')::double precision);
  dead uuid[];
  claimed uuid[];
  refused uuid[];
begin
  if exists (
    select from app_public.embedding_versions v
    join app_hidden.provider_pauses p on p.provider = v.provider
    where v.id = for_version and p.paused_until > clock_timestamp()
  ) then
    return;
  end if;
  -- their worker has ended: it counts, unless its claim tells the same
  with gone as (
    update app_hidden.embedding_backlog b
    set taken_until = null
    where (b.workspace_id, b.chunk_id) in (
      select k.workspace_id, k.chunk_id
      from app_hidden.embedding_backlog k
      where k.workspace_id = for_workspace and k.taken_until <= clock_timestamp()
      for no key update skip locked
    )
    returning b.chunk_id
  )
  select coalesce(array_agg(g.chunk_id), '{}') into dead from gone g;
  if dead <> '{}' then
    perform app_hidden.count_embedding_failures(
      for_version, for_workspace, array_agg(d.id), array_agg('interrupted'::text), array_agg('The worker ended before it had an answer.'::text)
    )
    from unnest(dead) as d (id)
    where not exists (
      select from app_hidden.embedding_claims k
      where k.workspace_id = for_workspace and k.version_id = for_version and d.id = any (k.chunk_ids)
    )
    having count(*) > 0;
  end if;
  claimed := array(
    select unnest(k.chunk_ids)
    from app_hidden.embedding_claims k
    where k.workspace_id = for_workspace and k.version_id = for_version and k.abandoned_at is null and k.expires_at > clock_timestamp()
  );
  refused := array(
    select r.user_id
    from app_hidden.embedding_refusals r
    where r.version_id = for_version and r.workspace_id = for_workspace and r.retry_at > clock_timestamp()
  );
  return query
  with next as materialized (
    select b.chunk_id, b.asked, b.priority, c.content_hash, c.lead_in, c.heading, c.content
    from app_hidden.embedding_backlog b
    cross join lateral (
      select k.* from app_public.chunks k where k.workspace_id = for_workspace and k.id = b.chunk_id offset 0
    ) as c
    where b.workspace_id = for_workspace and b.taken_until is null
      and b.chunk_id <> all (claimed) and c.owner_id <> all (refused)
      and not exists (
        select from app_hidden.embedding_failures f
        where f.version_id = for_version and f.workspace_id = for_workspace and f.chunk_id = b.chunk_id
          and (f.is_dead or f.next_attempt_at > clock_timestamp())
        offset 0
      )
      and not exists (
        select from app_public.embeddings e
        where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = b.chunk_id
        offset 0
      )
    order by b.asked desc, b.priority desc, b.chunk_id desc
    limit max_chunks
    for no key update of b skip locked
  ),
  taken as (
    update app_hidden.embedding_backlog b
    set taken_until = clock_timestamp() + make_interval(secs => lease)
    from next n
    where b.workspace_id = for_workspace and b.chunk_id = n.chunk_id
    returning b.chunk_id
  )
  select n.chunk_id, n.content_hash, app_hidden.embed_text(n.lead_in, n.heading, n.content), lease
  from next n
  join taken t on t.chunk_id = n.chunk_id
  order by n.asked desc, n.priority desc, n.chunk_id desc;
end
$$;
comment on function app_hidden.take_chunks(uuid, uuid, integer) is
  'The next chunks of a workspace that lack a vector of the active version and need not wait. They are the caller''s for so many seconds; keep_chunks() says that it lives.';

create or replace function app_hidden.keep_chunks(for_workspace uuid, chunk_ids uuid[])
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_hidden.embedding_backlog b
  set taken_until = clock_timestamp() + make_interval(secs => least(15, app_hidden.setting('embedding_claim_seconds')::double precision))
  where b.workspace_id = for_workspace and b.chunk_id = any (chunk_ids) and b.taken_until is not null;
$$;
comment on function app_hidden.keep_chunks(uuid, uuid[]) is 'Says that the worker that took chunks lives.';

create or replace function app_hidden.leave_chunks(for_workspace uuid, chunk_ids uuid[])
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_hidden.embedding_backlog b
  set taken_until = null
  where b.workspace_id = for_workspace and b.chunk_id = any (chunk_ids) and b.taken_until is not null;
$$;
comment on function app_hidden.leave_chunks(uuid, uuid[]) is 'Gives back the chunks that got no vector.';

create or replace function app_hidden.backlog_due_in(for_version uuid, for_workspace uuid)
returns double precision
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select extract(epoch from min(due.at) - clock_timestamp())::double precision
  from (
    select b.taken_until as at
    from app_hidden.embedding_backlog b
    where b.workspace_id = for_workspace and b.taken_until is not null
    union all
    select f.next_attempt_at
    from app_hidden.embedding_failures f
    where f.version_id = for_version and f.workspace_id = for_workspace and not f.is_dead
  ) as due;
$$;
comment on function app_hidden.backlog_due_in(uuid, uuid) is
  'In how many seconds the first chunk is due that somebody has taken or that failed; null when there is none.';

create or replace function app_hidden.find_unembedded_workspaces(max_workspaces integer default 1000)
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  version uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
  behind record;
begin
  delete from app_hidden.indexing_rates r where r.minute < now() - interval '1 hour';
  if version is null or exists (
    select from app_public.embedding_versions v
    join app_hidden.provider_pauses p on p.provider = v.provider
    where v.id = version and p.paused_until > statement_timestamp()
  ) then
    return;
  end if;
  -- by counts alone: where they agree nothing is read
  for behind in
    select k.workspace_id, k.missing - coalesce(f.resting, 0) as due,
      k.missing - (select count(*) from app_hidden.embedding_backlog b where b.workspace_id = k.workspace_id) as unlisted
    from (
      select c.workspace_id, sum(c.chunk_count) - coalesce(
        (select e.embedding_count from app_hidden.embedding_counts e where e.version_id = version and e.workspace_id = c.workspace_id), 0
      ) as missing
      from app_hidden.chunk_counts c
      group by c.workspace_id
    ) as k
    left join lateral (
      select count(*) as resting
      from app_hidden.embedding_failures f
      where f.version_id = version and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
    ) as f on true
    where k.missing <> coalesce(f.resting, 0)
    limit max_workspaces
  loop
    if behind.unlisted <> 0 then
      -- another version has become active, or vectors are gone
      delete from app_hidden.embedding_backlog b
      where b.workspace_id = behind.workspace_id and (
        not exists (select from app_public.chunks c where c.workspace_id = b.workspace_id and c.id = b.chunk_id)
        or exists (
          select from app_public.embeddings e where e.version_id = version and e.workspace_id = b.workspace_id and e.chunk_id = b.chunk_id
        )
      );
      insert into app_hidden.embedding_backlog (workspace_id, chunk_id, asked)
      select c.workspace_id, c.id, c.access_count
      from app_public.chunks c
      where c.workspace_id = behind.workspace_id and not exists (
        select from app_public.embeddings e where e.version_id = version and e.workspace_id = c.workspace_id and e.chunk_id = c.id
      )
      on conflict do nothing;
    end if;
    -- what a budget or the pause of the provider holds back is looked at when that is over
    continue when not exists (
      select
      from app_hidden.embedding_backlog b
      join app_public.chunks c on c.workspace_id = b.workspace_id and c.id = b.chunk_id
      where b.workspace_id = behind.workspace_id and not app_private.embedding_waits(version, b.workspace_id, b.chunk_id, c.owner_id)
    );
    return next behind.workspace_id;
  end loop;
end
$$;
comment on function app_hidden.find_unembedded_workspaces(integer) is
  'Workspaces in which chunks lack their vector of the active version and need not wait; corrects their lists where the counts differ.';

grant execute on function
  app_hidden.take_chunks(uuid, uuid, integer),
  app_hidden.keep_chunks(uuid, uuid[]),
  app_hidden.leave_chunks(uuid, uuid[]),
  app_hidden.backlog_due_in(uuid, uuid),
  app_hidden.find_unembedded_workspaces(integer)
to colloquy_worker;
--! EndIncluded embeddings/embedding_backlog.sql
--! Included embeddings/indexing_progress.sql
-- How far the indexing of the caller's workspace is, from maintained counts: cheap enough to ask every second. Words and vectors are
-- told apart: a text is found by its words as soon as it is cut, and by meaning when its passages have their vectors. What is
-- left of each is divided by how fast it went in the last minutes; without that, nothing is promised.

create or replace function app_hidden.count_indexed(for_workspace uuid, seconds double precision, sources integer default 0, vectors integer default 0)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into app_hidden.indexing_rates as r (workspace_id, minute, began_at, sources, vectors)
  select w.id, date_trunc('minute', clock_timestamp()), clock_timestamp() - make_interval(secs => least(count_indexed.seconds, 600)),
    count_indexed.sources, count_indexed.vectors
  from app_public.workspaces w
  where w.id = for_workspace
  on conflict on constraint indexing_rates_pkey do update
  set began_at = least(r.began_at, excluded.began_at), sources = r.sources + excluded.sources, vectors = r.vectors + excluded.vectors;
$$;
comment on function app_hidden.count_indexed(uuid, double precision, integer, integer) is
  'Notes that so many sources were cut, or chunks embedded, in so many seconds.';
grant execute on function app_hidden.count_indexed(uuid, double precision, integer, integer) to colloquy_worker;

create or replace function app_public.indexing_progress()
returns app_public.indexing_progress
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- long enough for slow models, short enough to follow what is going on now
  window_seconds constant double precision := 180;
  workspace uuid := app_hidden.current_workspace_id();
  dead_documents bigint;
  dead_memory_items bigint;
  result app_public.indexing_progress;
begin
  perform app_hidden.require_member();
  select count(*) into result.pending_documents
  from app_public.documents d where d.workspace_id = workspace and d.chunked_hash is distinct from d.content_hash;
  -- what was given up is not waited for, unless it was edited since; messages that were given up are passed over
  select count(*), count(f.document_id), count(f.memory_item_id) into result.dead_sources, dead_documents, dead_memory_items
  from app_hidden.cutting_failures f
  where f.workspace_id = workspace and f.is_dead and (
    f.conversation_id is not null
    or exists (select from app_public.documents d where d.id = f.document_id and d.content_hash = f.content_hash)
    or exists (select from app_public.memory_items m where m.id = f.memory_item_id and m.content_hash = f.content_hash and upper_inf(m.validity))
  );
  result.pending_documents := result.pending_documents - dead_documents;
  select count(*) into result.pending_conversations
  from app_public.conversations c where c.workspace_id = workspace and c.indexed_sequence_number < c.last_sequence_number;
  select count(*) into result.pending_memory_items
  from app_public.memory_items m where m.workspace_id = workspace and upper_inf(m.validity) and m.chunked_hash is distinct from m.content_hash;
  result.pending_memory_items := result.pending_memory_items - dead_memory_items;
  select count(*) into result.pending_files
  from app_public.files f where f.workspace_id = workspace and f.processing_status in ('pending', 'processing') and f.sha256 is not null;
  select count(*) into result.pending_events
  from app_public.raw_events e where e.workspace_id = workspace and e.processing_status in ('pending', 'processing');
  select coalesce(sum(k.chunk_count), 0) into result.chunks from app_hidden.chunk_counts k where k.workspace_id = workspace;
  select coalesce(sum(e.embedding_count), 0) into result.embedded_chunks
  from app_hidden.embedding_counts e
  join app_public.embedding_versions v on v.id = e.version_id and v.status = 'active'
  where e.workspace_id = workspace;
  select count(*) filter (where not f.is_dead), count(*) filter (where f.is_dead)
  into result.retrying_chunks, result.dead_chunks
  from app_hidden.embedding_failures f
  join app_public.embedding_versions v on v.id = f.version_id and v.status = 'active'
  where f.workspace_id = workspace;
  result.is_complete := result.pending_documents = 0 and result.pending_conversations = 0 and result.pending_memory_items = 0 and result.pending_files = 0
    and result.pending_events = 0 and result.embedded_chunks + result.dead_chunks >= result.chunks;
  if not result.is_complete then
    -- what this workspace is kept back by comes first; of a provider, only that it is
    select h.paused, h.resumes_at into result.paused, result.resumes_at
    from (
      select case r.code when 'CQ220' then 'budget' when 'CQ221' then 'quota' else 'switch' end as paused, r.retry_at as resumes_at, 1 as place
      from app_hidden.embedding_refusals r
      join app_public.embedding_versions v on v.id = r.version_id and v.status = 'active'
      where r.workspace_id = workspace
      union all
      -- events whose summary has no room: only they are pending and wait
      select case when e.error like '%(CQ220)' then 'budget' when e.error like '%(CQ221)' then 'quota' else 'switch' end, e.retry_at, 1
      from app_public.raw_events e
      where e.workspace_id = workspace and e.processing_status = 'pending' and e.retry_at > statement_timestamp()
      union all
      select 'provider', p.paused_until, 2
      from app_hidden.provider_pauses p
      join app_public.embedding_versions v on v.provider = p.provider and v.status = 'active'
      where p.paused_until > statement_timestamp()
    ) as h
    order by h.place, h.resumes_at
    limit 1;
  end if;
  result.pending_sources := result.pending_documents + result.pending_conversations + result.pending_memory_items;
  result.pending_chunks := greatest(result.chunks - result.embedded_chunks - result.dead_chunks, 0);
  select round((60 * nullif(sum(r.sources), 0) / elapsed.seconds)::numeric, 1), round((60 * nullif(sum(r.vectors), 0) / elapsed.seconds)::numeric, 1)
  into result.sources_per_minute, result.vectors_per_minute
  from (
    select x.*, extract(epoch from statement_timestamp() - min(x.began_at) over ()) as age
    from app_hidden.indexing_rates x
    where x.workspace_id = workspace and x.minute > statement_timestamp() - make_interval(secs => window_seconds)
  ) as r
  cross join lateral (select least(greatest(r.age, 1), window_seconds) as seconds) as elapsed
  group by elapsed.seconds;
  result.words_seconds_left := case
    when result.pending_sources = 0 then 0 else ceil(60 * result.pending_sources / result.sources_per_minute)
  end;
  result.vectors_seconds_left := case
    when result.pending_chunks = 0 and result.pending_sources = 0 then 0
    -- what is not cut yet has no passages to count
    when result.pending_sources > 0 or result.paused is not null then null
    else ceil(60 * result.pending_chunks / result.vectors_per_minute)
  end;
  return result;
end
$$;
comment on function app_public.indexing_progress() is 'How much of this workspace is searchable by now, by words and by meaning, how fast the rest goes, and what holds it back. Error: CQ101 not signed in.';
grant execute on function app_public.indexing_progress() to colloquy_user, colloquy_admin;
--! EndIncluded embeddings/indexing_progress.sql
--! Included embeddings/backfill.sql
-- What the worker calls to fill versions other than the active one. As everywhere in the pipeline, work is what is
-- missing. A chunk that has no vector of the active version yet is new work, not back-fill: the job that gives it one gives
-- it those of the other versions first, so that the two never compute the same.

create or replace function app_hidden.find_unembedded(max_workspaces integer default 100)
returns table (version_id uuid, workspace_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  busy text[] := '{}';
begin
  -- who works on it, or waits to, must not get company: both would pay for the same vectors. A worker that was killed is
  -- waited for as long as a job may take.
  if to_regclass('pgboss.job') is not null then
    busy := array(
      select j.singleton_key
      from pgboss.job j
      where j.name = 'backfill-embeddings' and j.singleton_key is not null
        and (j.state in ('created', 'retry')
          or j.state = 'active' and j.started_on > now() - make_interval(secs => app_hidden.setting('embedding_backfill_seconds')::integer))
    );
  end if;
  -- by counts alone: a workspace that has nothing to fill after all costs one look
  return query
  select v.id, k.workspace_id
  from app_hidden.maintained_versions() v
  cross join (
    select k.workspace_id, sum(k.chunk_count) as chunk_count from app_hidden.chunk_counts k group by k.workspace_id
  ) as k
  left join app_hidden.embedding_counts e on e.version_id = v.id and e.workspace_id = k.workspace_id
  where v.status <> 'active'
    and k.chunk_count > coalesce(e.embedding_count, 0) + (
      select count(*) from app_hidden.embedding_failures f
      where f.version_id = v.id and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    -- what a budget holds back, or the pause of the provider, is looked at again when that is over
    and not exists (
      select from app_hidden.embedding_refusals r
      where r.version_id = v.id and r.workspace_id = k.workspace_id and r.retry_at > statement_timestamp()
    )
    and not exists (
      select from app_hidden.provider_pauses p where p.provider = v.provider and p.paused_until > statement_timestamp()
    )
    and format('%s:%s', v.id, k.workspace_id) <> all (busy)
  -- a version that was active is one to go back to: it comes first
  order by v.status desc, v.id, k.chunk_count - coalesce(e.embedding_count, 0), k.workspace_id
  limit max_workspaces;
end
$$;
comment on function app_hidden.find_unembedded(integer) is 'Workspaces in which a maintained version other than the active one lacks vectors, and nobody is at it.';

create or replace function app_hidden.chunks_to_backfill(for_version uuid, for_workspace uuid, after_chunk uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text, token_count integer)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
begin
  if not exists (select from app_hidden.maintained_versions() v where v.id = for_version and v.status <> 'active') then
    return;
  end if;
  return query
  select c.id, c.content_hash, app_hidden.embed_text(c.lead_in, c.heading, c.content), c.token_count
  from app_public.chunks c
  where c.workspace_id = for_workspace
    and (after_chunk is null or c.id > after_chunk)
    and not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id
    )
    and (active is null or exists (
      select from app_public.embeddings e where e.version_id = active and e.workspace_id = for_workspace and e.chunk_id = c.id
    ))
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
  order by c.id
  limit max_chunks;
end
$$;
comment on function app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer) is
  'The next chunks of a workspace that a version lacks while the active one has them and that need not wait, in the order of their ids. None when the version is no longer maintained.';

create or replace function app_hidden.chunks_without_embedding(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select wanted.id
  from unnest(chunk_ids) as wanted (id)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = wanted.id
  where not exists (
    select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = wanted.id
  )
  and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id);
$$;
comment on function app_hidden.chunks_without_embedding(uuid, uuid, uuid[]) is 'Those of some chunks that have no vector in a version and need not wait.';

-- While the index of a partition is built nobody can write to it. New work must not wait for that.
create or replace function app_hidden.store_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return app_hidden.store_embeddings(for_version, for_workspace, chunk_ids, vectors);
end
$$;
comment on function app_hidden.store_behind(uuid, uuid, uuid[], text[]) is
  'store_embeddings for a version that is not the active one: gives up (55P03) rather than wait for its index to be built.';

create or replace function app_hidden.reuse_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return (select count(*) from app_hidden.reuse_embeddings(for_version, for_workspace, chunk_ids));
end
$$;
comment on function app_hidden.reuse_behind(uuid, uuid, uuid[]) is 'reuse_embeddings for a version that is not the active one: gives up (55P03) rather than wait.';

create or replace function app_hidden.count_backfill(for_version uuid, chunks integer, tokens integer)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into app_hidden.embedding_rates as r (version_id, minute, chunks, tokens)
  select v.id, date_trunc('minute', clock_timestamp()), count_backfill.chunks, count_backfill.tokens
  from app_public.embedding_versions v where v.id = for_version
  on conflict (version_id, minute) do update set chunks = r.chunks + excluded.chunks, tokens = r.tokens + excluded.tokens;
$$;
comment on function app_hidden.count_backfill(uuid, integer, integer) is 'Notes what a batch of back-fill achieved.';

create or replace function app_hidden.new_work_waits()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- new ones only: what is tried again has had its turn
  return to_regclass('pgboss.job') is not null
    and exists (select from pgboss.job j where j.name in ('index-source', 'embed-chunks') and j.state = 'created' and j.start_after <= now());
end
$$;
comment on function app_hidden.new_work_waits() is 'Whether new texts wait to be indexed: back-fill lets them go first.';

grant execute on function
  app_hidden.find_unembedded(integer),
  app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer),
  app_hidden.chunks_without_embedding(uuid, uuid, uuid[]),
  app_hidden.store_behind(uuid, uuid, uuid[], text[]),
  app_hidden.reuse_behind(uuid, uuid, uuid[]),
  app_hidden.count_backfill(uuid, integer, integer),
  app_hidden.new_work_waits()
to colloquy_worker;
--! EndIncluded embeddings/backfill.sql
--! Included embeddings/redrive_embeddings.sql
-- Gives chunks that failed another life: as many attempts as in the beginning, at once. For an operator in any or every
-- workspace, for those who manage a workspace in theirs. Called again while they wait, it does nothing worse than to ask again.
create or replace function app_hidden.redrive_embeddings(for_workspace uuid default null, max_chunks integer default 100000)
returns app_public.redriven_embeddings
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  source record;
  result app_public.redriven_embeddings := (0, 0, 0);
begin
  -- of texts that could not be cut: messages behind one that was passed over keep their chunks
  for source in
    with redriven as (
      delete from app_hidden.cutting_failures f
      where f.id in (
        select d.id
        from app_hidden.cutting_failures d
        left join app_public.conversations c on c.workspace_id = d.workspace_id and c.id = d.conversation_id
        where (redrive_embeddings.for_workspace is null or d.workspace_id = redrive_embeddings.for_workspace)
          -- what is being cut is left alone, and what was packed since is read no more
          and (d.code <> 'interrupted' or d.next_attempt_at <= clock_timestamp())
          and (c.id is null or c.storage_tier = 'hot')
        order by d.failed_at
        limit max_chunks
        for update of d skip locked
      )
      returning f.workspace_id, f.document_id, f.conversation_id, f.memory_item_id, f.sequence_number
    ),
    again as (
      update app_public.conversations c
      set indexed_sequence_number = least(c.indexed_sequence_number, r.sequence_number - 1)
      from (
        select x.workspace_id, x.conversation_id, min(x.sequence_number) as sequence_number
        from redriven x where x.conversation_id is not null group by x.workspace_id, x.conversation_id
      ) as r
      where c.workspace_id = r.workspace_id and c.id = r.conversation_id
    )
    select r.workspace_id,
      case when r.document_id is not null then 'document' when r.memory_item_id is not null then 'memory' else 'message' end as source_type,
      coalesce(r.document_id, r.memory_item_id, r.conversation_id) as source_id, count(*) as texts
    from redriven r
    group by 1, 2, 3
    order by 1, 2, 3
  loop
    perform app_hidden.enqueue(
      'index-source',
      jsonb_build_object('workspaceId', source.workspace_id, 'sourceType', source.source_type, 'sourceId', source.source_id),
      source.source_type || ':' || source.source_id, source.workspace_id::text
    );
    result.texts := result.texts + source.texts;
    result.sources := result.sources + 1;
  end loop;
  for source in
    with redriven as (
      delete from app_hidden.embedding_failures f
      where (f.version_id, f.workspace_id, f.chunk_id) in (
        select d.version_id, d.workspace_id, d.chunk_id
        from app_hidden.embedding_failures d
        where redrive_embeddings.for_workspace is null or d.workspace_id = redrive_embeddings.for_workspace
        order by d.failed_at
        limit max_chunks
        for update skip locked
      )
      returning f.workspace_id, f.chunk_id
    )
    select c.workspace_id, c.source_type, coalesce(c.document_id, c.conversation_id, c.memory_item_id, c.raw_event_id) as source_id,
      count(*) as chunks
    from redriven r
    join app_public.chunks c on c.workspace_id = r.workspace_id and c.id = r.chunk_id
    group by 1, 2, 3
    order by 1, 2, 3
  loop
    -- one job of a workspace does all of it
    perform app_hidden.enqueue(
      'embed-chunks', jsonb_build_object('workspaceId', source.workspace_id), source.workspace_id::text, source.workspace_id::text
    );
    result.chunks := result.chunks + source.chunks;
    result.sources := result.sources + 1;
  end loop;
  return result;
end
$$;
comment on function app_hidden.redrive_embeddings(uuid, integer) is 'Puts chunks that failed, and texts that could not be cut, back into the queue, of one workspace or of all. Returns how many, of how many sources.';
grant execute on function app_hidden.redrive_embeddings(uuid, integer) to colloquy_worker;

create or replace function app_public.redrive_embeddings()
returns app_public.redriven_embeddings
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_manager();
  return app_hidden.redrive_embeddings(app_hidden.current_workspace_id());
end
$$;
comment on function app_public.redrive_embeddings() is
  'Has everything of this workspace that could not be embedded, or cut into chunks, tried again at once. Errors: CQ101, CQ109, CQ110, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.redrive_embeddings() to colloquy_user, colloquy_admin;
--! EndIncluded embeddings/redrive_embeddings.sql
--! Included policies/embedding_backlog.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.embedding_backlog;
create policy all_owner on app_hidden.embedding_backlog to colloquy_owner using (true) with check (true);
--! EndIncluded policies/embedding_backlog.sql
--! Included policies/indexing_rates.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.indexing_rates;
create policy all_owner on app_hidden.indexing_rates to colloquy_owner using (true) with check (true);
--! EndIncluded policies/indexing_rates.sql

--! split: 60-models.sql
-- What a model wants beside its name, how a version cuts text, and how a version does on questions before it is switched to.

alter table app_public.embedding_versions add column if not exists query_prefix text not null default '';
alter table app_public.embedding_versions add column if not exists passage_prefix text not null default '';
alter table app_public.embedding_versions add column if not exists native_dimensions integer;
alter table app_public.embedding_versions drop constraint if exists embedding_versions_prefixes_length;
alter table app_public.embedding_versions add constraint embedding_versions_prefixes_length
  check (char_length(query_prefix) <= 1000 and char_length(passage_prefix) <= 1000);
alter table app_public.embedding_versions drop constraint if exists embedding_versions_native_dimensions_range;
alter table app_public.embedding_versions add constraint embedding_versions_native_dimensions_range
  check (native_dimensions > dimensions and native_dimensions <= 16000);
alter table app_public.embedding_versions drop constraint if exists embedding_versions_chunking_method;
alter table app_public.embedding_versions add constraint embedding_versions_chunking_method
  check (chunking_strategy = '{}' or chunking_strategy in ('{"method": "structure"}', '{"method": "sentence"}', '{"method": "fixed"}'));
comment on column app_public.embedding_versions.query_prefix is 'What its model wants before a query, as an instruction or "query: "; empty for most.';
comment on column app_public.embedding_versions.passage_prefix is 'What its model wants before a passage, as "passage: "; empty for most. It is not stored with the passage.';
comment on column app_public.embedding_versions.native_dimensions is 'Length of the vectors as the model makes them, when they are cut to fewer dimensions (Matryoshka) and scaled to length one again; null when they are not cut.';
comment on column app_public.embedding_versions.chunking_strategy is 'How text is cut: {"method": "structure"}, also meant by {}, at the best boundary; "sentence", at the ends of sentences; "fixed", where the size is reached.';

do $$
begin
  if to_regtype('app_public.evaluation_source') is null then
    create type app_public.evaluation_source as enum ('answers', 'passages');
  end if;
  if to_regtype('app_public.evaluation_verdict') is null then
    create type app_public.evaluation_verdict as enum ('better', 'alike', 'worse', 'unjudged');
  end if;
end
$$;
comment on type app_public.evaluation_source is 'Where the questions of an evaluation come from: "answers", what users asked and their answers cited; "passages", a sentence of a passage that asks for its passage.';
comment on type app_public.evaluation_verdict is 'How one embedding version does beside another; "unjudged" with too few questions.';

create table if not exists app_hidden.embedding_evaluations (
  version_id uuid not null,
  baseline_id uuid not null,
  source app_public.evaluation_source not null,
  k integer not null,
  questions integer not null,
  recall real,
  baseline_recall real,
  recall_difference_low real,
  recall_difference_high real,
  mrr real,
  baseline_mrr real,
  mrr_difference_low real,
  mrr_difference_high real,
  evaluated_at timestamptz not null default now(),
  constraint embedding_evaluations_pkey primary key (version_id, baseline_id),
  constraint embedding_evaluations_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_evaluations_baseline_id_fkey foreign key (baseline_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_evaluations_positive check (k > 0 and questions >= 0),
  constraint embedding_evaluations_shares check (
    recall between 0 and 1 and baseline_recall between 0 and 1 and mrr between 0 and 1 and baseline_mrr between 0 and 1
  )
);
alter table app_hidden.embedding_evaluations enable row level security;
alter table app_hidden.embedding_evaluations force row level security;
-- serves: the foreign key of the baseline
create index if not exists embedding_evaluations_baseline_id_idx on app_hidden.embedding_evaluations (baseline_id);
comment on table app_hidden.embedding_evaluations is 'How an embedding version did on the same questions as another one; the latest evaluation of each pair. It holds figures, never a question.';
comment on column app_hidden.embedding_evaluations.version_id is 'The embedding version.';
comment on column app_hidden.embedding_evaluations.baseline_id is 'The one that it was compared with.';
comment on column app_hidden.embedding_evaluations.source is 'Where the questions came from.';
comment on column app_hidden.embedding_evaluations.k is 'Passages that were looked at per question.';
comment on column app_hidden.embedding_evaluations.questions is 'How many questions.';
comment on column app_hidden.embedding_evaluations.recall is 'Mean share of what should be found that was among the first k; null without questions.';
comment on column app_hidden.embedding_evaluations.baseline_recall is 'The same of the other version.';
comment on column app_hidden.embedding_evaluations.recall_difference_low is 'Lower end of the 95 % interval of the difference, question by question.';
comment on column app_hidden.embedding_evaluations.recall_difference_high is 'Its upper end.';
comment on column app_hidden.embedding_evaluations.mrr is 'Mean reciprocal rank of the first hit among the first k.';
comment on column app_hidden.embedding_evaluations.baseline_mrr is 'The same of the other version.';
comment on column app_hidden.embedding_evaluations.mrr_difference_low is 'Lower end of the 95 % interval of the difference.';
comment on column app_hidden.embedding_evaluations.mrr_difference_high is 'Its upper end.';
comment on column app_hidden.embedding_evaluations.evaluated_at is 'When.';

do $$
begin
  if to_regtype('app_public.embedding_evaluation') is null then
    create type app_public.embedding_evaluation as (
      version_id uuid,
      baseline_id uuid,
      verdict app_public.evaluation_verdict,
      source app_public.evaluation_source,
      k integer,
      questions integer,
      recall real,
      baseline_recall real,
      recall_difference_low real,
      recall_difference_high real,
      mrr real,
      baseline_mrr real,
      mrr_difference_low real,
      mrr_difference_high real,
      evaluated_at timestamptz
    );
  end if;
end
$$;
comment on type app_public.embedding_evaluation is 'How an embedding version did on the same questions as the active one.';
comment on column app_public.embedding_evaluation.version_id is 'The embedding version.';
comment on column app_public.embedding_evaluation.baseline_id is 'The one that it was compared with.';
comment on column app_public.embedding_evaluation.verdict is 'What follows: "worse" keeps it from being activated, unless that is accepted.';
comment on column app_public.embedding_evaluation.source is 'Where the questions came from.';
comment on column app_public.embedding_evaluation.k is 'Passages that were looked at per question.';
comment on column app_public.embedding_evaluation.questions is 'How many questions.';
comment on column app_public.embedding_evaluation.recall is 'Mean share of what should be found that was among the first k.';
comment on column app_public.embedding_evaluation.baseline_recall is 'The same of the other version.';
comment on column app_public.embedding_evaluation.recall_difference_low is 'Lower end of the 95 % interval of the difference, question by question.';
comment on column app_public.embedding_evaluation.recall_difference_high is 'Its upper end.';
comment on column app_public.embedding_evaluation.mrr is 'Mean reciprocal rank of the first hit among the first k.';
comment on column app_public.embedding_evaluation.baseline_mrr is 'The same of the other version.';
comment on column app_public.embedding_evaluation.mrr_difference_low is 'Lower end of the 95 % interval of the difference.';
comment on column app_public.embedding_evaluation.mrr_difference_high is 'Its upper end.';
comment on column app_public.embedding_evaluation.evaluated_at is 'When.';

insert into app_private.settings (name, value, unit, description) values
  ('embedding_evaluation_margin', '0.05', 'share', 'How much worse recall@10 or MRR@10 of a version may be, on the questions of its evaluation, before activating it wants to be accepted.'),
  ('embedding_evaluation_minimum', '20', 'count', 'Questions below which an evaluation judges nothing; and answered questions below which passages ask instead.')
on conflict (name) do nothing;

-- their arguments have changed: a second version of each would be ambiguous
drop function if exists app_public.create_embedding_version(text, text, text, integer, text);
drop function if exists app_public.activate_embedding_version(uuid);

--! Included policies/embedding_evaluations.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.embedding_evaluations;
create policy all_owner on app_hidden.embedding_evaluations to colloquy_owner using (true) with check (true);
--! EndIncluded policies/embedding_evaluations.sql
--! Included embeddings/create_embedding_version.sql
-- Begins a new embedding version beside the active one. Chunks belong to all versions, so that citations stay valid and
-- only vectors are made anew: the new version takes over how the active one cuts text. It must never be usable for
-- searches before it is complete; activate_embedding_version sees to that.
create or replace function app_private.lock_embedding_versions()
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select pg_advisory_xact_lock(hashtextextended('app_public.embedding_versions', 0));
$$;
comment on function app_private.lock_embedding_versions() is 'One at a time makes, switches or archives versions.';

create or replace function app_public.create_embedding_version(
  name text,
  provider text,
  model text,
  dimensions integer,
  description text default null,
  query_prefix text default null,
  passage_prefix text default null,
  native_dimensions integer default null,
  chunk_size integer default null,
  chunk_overlap integer default null,
  chunking_method text default null
)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '3s'
as $$
#variable_conflict use_variable
declare
  cutting app_public.embedding_versions;
  result app_public.embedding_versions;
begin
  perform app_private.require_administrator();
  if dimensions is null or dimensions not between 1 and 4000 then
    raise exception 'A version has 1 to 4000 dimensions, not %.', dimensions using errcode = 'CQ200', hint = 'Many models can give shorter vectors.';
  end if;
  if native_dimensions <= dimensions or native_dimensions > 16000 then
    raise exception 'Vectors of % dimensions cannot be cut to %.', native_dimensions, dimensions
      using errcode = 'CQ200', hint = 'nativeDimensions is the length that the model makes, up to 16,000; leave it out when nothing is cut.';
  end if;
  if trim(coalesce(name, '')) = '' or char_length(name) > 100 or trim(coalesce(provider, '')) = '' or char_length(provider) > 100
    or trim(coalesce(model, '')) = '' or char_length(model) > 200 or char_length(description) > 2000
    or char_length(query_prefix) > 1000 or char_length(passage_prefix) > 1000
  then
    raise exception 'Name and provider have 1 to 100 characters, model 1 to 200, description at most 2,000, prefixes 1,000.'
      using errcode = 'CQ200', hint = 'Correct what is empty or too long.';
  end if;
  perform app_private.lock_embedding_versions();
  if exists (select from app_public.embedding_versions v where v.name = create_embedding_version.name) then
    raise exception 'There is an embedding version "%" already.', name using errcode = 'CQ240', hint = 'Choose another name.';
  end if;
  -- as the active one cuts, else the newest
  select v.* into cutting from app_public.embedding_versions v order by (v.status = 'active') desc, v.id desc limit 1;
  cutting.chunk_size := coalesce(chunk_size, cutting.chunk_size, 100);
  cutting.chunk_overlap := coalesce(chunk_overlap, least(cutting.chunk_overlap, cutting.chunk_size / 2), 15);
  cutting.chunking_strategy := case
    when chunking_method is null then coalesce(cutting.chunking_strategy, '{}')
    when chunking_method = 'structure' then '{}'
    else jsonb_build_object('method', chunking_method)
  end;
  if cutting.chunk_size not between 16 and 8192 or cutting.chunk_overlap not between 0 and cutting.chunk_size / 2
    or chunking_method not in ('structure', 'sentence', 'fixed')
  then
    raise exception 'Text cannot be cut into chunks of % tokens with an overlap of %, by "%".', cutting.chunk_size, cutting.chunk_overlap, left(coalesce(chunking_method, 'structure'), 50)
      using errcode = 'CQ200', hint = 'A chunk has 16 to 8,192 tokens, an overlap at most half of that; the methods are structure, sentence and fixed.';
  end if;
  insert into app_public.embedding_versions (
    name, description, provider, model, dimensions, native_dimensions, query_prefix, passage_prefix, chunking_strategy, chunk_size, chunk_overlap,
    created_by
  )
  values (
    create_embedding_version.name, create_embedding_version.description, create_embedding_version.provider, create_embedding_version.model,
    create_embedding_version.dimensions, create_embedding_version.native_dimensions, coalesce(create_embedding_version.query_prefix, ''),
    coalesce(create_embedding_version.passage_prefix, ''), cutting.chunking_strategy, cutting.chunk_size,
    cutting.chunk_overlap, app_hidden.current_user_id()
  )
  returning * into result;
  perform app_private.create_embedding_partitions(result.id);
  perform app_private.log_event(
    'embedding_version.created', app_hidden.current_user_id(), null, 'embedding_version', result.id, null,
    jsonb_build_object('name', result.name, 'provider', result.provider, 'model', result.model, 'dimensions', result.dimensions)
  );
  -- finds at once what there is to do
  perform app_hidden.enqueue('sweep-unindexed', '{}');
  return result;
end
$$;
comment on function app_public.create_embedding_version(text, text, text, integer, text, text, text, integer, integer, integer, text) is
  'Begins a new embedding version: the workers fill it behind new work, then its index is built. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument, CQ240 name taken.';
grant execute on function app_public.create_embedding_version(text, text, text, integer, text, text, text, integer, integer, integer, text) to colloquy_admin;
--! EndIncluded embeddings/create_embedding_version.sql
--! Included embeddings/embedding_evaluation.sql
-- What an evaluation says of a version, for administrators and for the gate of activate_embedding_version. "Worse" is said
-- when the mean is worse by more than the margin, and the interval of the differences, question by question, leaves no room
-- for chance. Of recall and of MRR alike: in a small workspace ten passages are nearly all there is, and only their order tells.
create or replace function app_private.evaluation_verdict(evaluation app_hidden.embedding_evaluations)
returns app_public.evaluation_verdict
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when evaluation.questions is null or evaluation.questions < greatest(app_hidden.setting('embedding_evaluation_minimum')::integer, 1) then 'unjudged'
    when evaluation.recall - evaluation.baseline_recall < -m.margin and evaluation.recall_difference_high < 0
      or evaluation.mrr - evaluation.baseline_mrr < -m.margin and evaluation.mrr_difference_high < 0 then 'worse'
    when evaluation.recall_difference_low > 0 or evaluation.mrr_difference_low > 0 then 'better'
    else 'alike'
  end::app_public.evaluation_verdict
  from (select abs(app_hidden.setting('embedding_evaluation_margin')::real) as margin) as m;
$$;
comment on function app_private.evaluation_verdict(app_hidden.embedding_evaluations) is 'What follows from the figures of an evaluation.';

create or replace function app_private.evaluation_against(for_version uuid, baseline uuid)
returns app_public.embedding_evaluation
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  found_one app_hidden.embedding_evaluations;
begin
  select e.* into found_one from app_hidden.embedding_evaluations e where e.version_id = for_version and e.baseline_id = baseline;
  return row(
    for_version, baseline, app_private.evaluation_verdict(found_one), found_one.source, found_one.k, coalesce(found_one.questions, 0), found_one.recall,
    found_one.baseline_recall, found_one.recall_difference_low, found_one.recall_difference_high, found_one.mrr, found_one.baseline_mrr,
    found_one.mrr_difference_low, found_one.mrr_difference_high, found_one.evaluated_at
  )::app_public.embedding_evaluation;
end
$$;
comment on function app_private.evaluation_against(uuid, uuid) is 'The latest evaluation of a version beside another one; unjudged, without figures, when there is none.';

create or replace function app_public.embedding_version_evaluation(version_id uuid)
returns app_public.embedding_evaluation
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
  perform app_private.require_administrator();
  if not exists (select from app_public.embedding_versions v where v.id = version_id) then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  return app_private.evaluation_against(version_id, (select v.id from app_public.embedding_versions v where v.status = 'active'));
end
$$;
comment on function app_public.embedding_version_evaluation(uuid) is
  'How a version did on the same questions as the active one, when it was last evaluated. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version.';
grant execute on function app_public.embedding_version_evaluation(uuid) to colloquy_admin;
--! EndIncluded embeddings/embedding_evaluation.sql
--! Included embeddings/activate_embedding_version.sql
-- Makes a version the one that searches use, in one short transaction, or refuses. What must never happen: a chunk that
-- was found by its meaning before the switch and is not found after it. So it looks for chunks with a vector in the active
-- version and none in the new one while nobody can add to the active version. Going back is the same call.
--
-- Searches go on: one that has begun reads the version that it began with, which stays complete and maintained.
create or replace function app_private.embeddings_missing(in_version uuid, than_version uuid, most bigint default 1000)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)
  from (
    select
    from (
      select k.workspace_id
      from app_hidden.chunk_counts k
      group by k.workspace_id
      -- as many as there are chunks: none can be missing
      having sum(k.chunk_count) <> coalesce(
        (select e.embedding_count from app_hidden.embedding_counts e where e.version_id = in_version and e.workspace_id = k.workspace_id), 0
      )
    ) as differs
    join app_public.embeddings a on a.version_id = than_version and a.workspace_id = differs.workspace_id
    where not exists (
      select from app_public.embeddings n
      where n.version_id = in_version and n.workspace_id = differs.workspace_id and n.chunk_id = a.chunk_id
    )
    limit most
  ) as missing;
$$;
comment on function app_private.embeddings_missing(uuid, uuid, bigint) is
  'Chunks that have a vector in the second version and none in the first; reads only workspaces whose counts leave it open. Counts to a limit.';

create or replace function app_public.activate_embedding_version(version_id uuid, accept boolean default false)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
#variable_conflict use_variable
declare
  version app_public.embedding_versions;
  previous app_public.embedding_versions;
  missing bigint;
  evaluation app_public.embedding_evaluation;
begin
  perform app_private.require_administrator();
  perform app_private.lock_embedding_versions();
  select v.* into version from app_public.embedding_versions v where v.id = version_id for no key update;
  if version.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if version.status = 'active' then
    return version;
  end if;
  if version.status = 'archived' then
    raise exception 'The embedding version "%" is archived: its vectors are gone.', version.name
      using errcode = 'CQ304', hint = 'Create a new one with the same model.';
  end if;
  if not app_private.embedding_index_is_valid(version.id) then
    raise exception 'The embedding version "%" has no index yet.', version.name
      using errcode = 'CQ303', hint = 'The worker builds it after the back-fill; embeddingVersionProgress shows how far it is.';
  end if;

  select v.* into previous from app_public.embedding_versions v where v.status = 'active' for no key update;
  if previous.id is not null then
    -- twice: the long look holds nobody up, the one that counts then has little to do
    missing := app_private.embeddings_missing(version.id, previous.id);
    if missing = 0 then
      execute format('lock table app_partitions.embeddings_%s in share mode', previous.number);
      missing := app_private.embeddings_missing(version.id, previous.id);
    end if;
  else
    select count(*) into missing
    from (
      select from app_public.chunks c
      where not exists (
        select from app_public.embeddings e where e.version_id = version.id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
      )
      limit 1000
    ) as c;
  end if;
  if missing = 0 and previous.id is not null and version.activated_at is null and exists (select from app_hidden.chunk_counts k where k.chunk_count > 0) then
    evaluation := app_private.evaluation_against(version.id, previous.id);
    if evaluation.verdict = 'worse' and not coalesce(accept, false) then
      raise exception 'The embedding version "%" finds less than "%": recall@% % against %, MRR % against %, on % questions (%).', version.name, previous.name,
        evaluation.k, round(evaluation.recall::numeric, 3), round(evaluation.baseline_recall::numeric, 3), round(evaluation.mrr::numeric, 3),
        round(evaluation.baseline_mrr::numeric, 3), evaluation.questions, evaluation.source
        using errcode = 'CQ308', hint = 'Activate it with accept, if you want it all the same.';
    end if;
    if evaluation.verdict = 'unjudged' and not coalesce(accept, false) then
      raise exception 'Nobody can tell how the embedding version "%" does beside "%": % questions were asked of both.', version.name, previous.name, evaluation.questions
        using errcode = 'CQ309', hint = 'The worker evaluates it once it is complete (npm run embeddings -- evaluate does it now). With too little content to ask about, activate it with accept.';
    end if;
  end if;
  if missing > 0 then
    raise exception 'The embedding version "%" lacks % vectors that the active one has.', version.name, case when missing < 1000 then missing::text else '1,000 or more' end
      using errcode = 'CQ302', hint = 'Wait for the back-fill; embeddingVersionProgress shows how far it is.';
  end if;

  update app_public.embedding_versions v set status = 'retired', retired_at = clock_timestamp() where v.id = previous.id;
  update app_public.embedding_versions v
  set status = 'active', activated_at = clock_timestamp(), retired_at = null
  where v.id = version.id
  returning v.* into version;
  perform app_private.log_event(
    'embedding_version.activated', app_hidden.current_user_id(), null, 'embedding_version', version.id,
    jsonb_build_object('active', previous.id, 'name', previous.name), jsonb_strip_nulls(jsonb_build_object('active', version.id, 'name', version.name, 'verdict', evaluation.verdict, 'accepted', nullif(accept, false)))
  );
  return version;
end
$$;
comment on function app_public.activate_embedding_version(uuid, boolean) is
  'Makes a version the one that searches use; the former one is retired and can be activated again without being judged. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version, CQ302 vectors are missing, CQ303 its index is missing, CQ304 archived, CQ308 it does worse on the same questions and CQ309 that was not judged, both unless accepted, CQ409 busy.';
grant execute on function app_public.activate_embedding_version(uuid, boolean) to colloquy_admin;
--! EndIncluded embeddings/activate_embedding_version.sql
--! Included embeddings/evaluate_embedding_version.sql
-- Asks two versions the same questions, of which is known what should be found, before one takes the place of the other.
-- The text of a question is embedded by whoever calls (the worker, the command), since each model wants its own vector.
--
-- The questions are those that users asked and whose answers cited something: what should be found are the sources
-- (document, message, memory, event) of the three passages cited first. The version that searches now has found them itself, so
-- it has an advantage; hence sources and not passages, and a margin. Answers that were rated 1 or 2, or down, do not count. Where
-- too few were recorded, passages ask: a sentence of one asks for it ("inverse cloze task"), which favours no version.
--
-- Only the worker and the owner call these: questions are what users wrote. Nothing of them is kept.
create or replace function app_private.recorded_questions(most integer)
returns table (source app_public.evaluation_source, workspace_id uuid, user_id uuid, conversation_id uuid, question text, relevant uuid[])
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with answers as (
    -- the latest, as far as one look at an index brings them
    select k.message_id, k.workspace_id, k.conversation_id
    from (select x.message_id, x.workspace_id, x.conversation_id from app_public.message_chunks x order by x.message_id desc limit 50 * most) as k
    group by k.message_id, k.workspace_id, k.conversation_id
  ),
  asked as (
    select a.message_id, a.workspace_id, a.conversation_id, q.owner_id, q.content,
      row_number() over (partition by a.workspace_id, a.conversation_id order by a.message_id desc) as turn
    from answers a
    join app_public.messages m on m.id = a.message_id and m.conversation_id = a.conversation_id
    cross join lateral (
      -- without a parent, it answers the message before it
      select p.owner_id, p.role, p.content
      from app_public.messages p
      where p.conversation_id = a.conversation_id and p.workspace_id = a.workspace_id
        and p.id <= coalesce(m.parent_id, m.id) and p.id <> m.id
      order by p.id desc
      limit 1
    ) as q
    where q.role = 'user' and trim(q.content) <> '' and not exists (
      select from app_public.message_feedback f
      where f.message_id = a.message_id and (f.feedback_type = 'negative' or f.rating <= 2)
    )
  )
  select 'answers'::app_public.evaluation_source, q.workspace_id, q.owner_id, q.conversation_id, left(q.content, 2000), cited.ids
  from asked q
  cross join lateral (
    select array_agg(best.id) as ids
    from (
      select c.id
      from app_public.message_chunks k
      join app_public.chunks c on c.workspace_id = k.workspace_id and c.id = k.chunk_id
      where k.message_id = q.message_id and k.workspace_id = q.workspace_id
        -- what was said before in the same conversation is no answer of the search
        and c.conversation_id is distinct from q.conversation_id
      order by k.rank
      limit 3
    ) as best
  ) as cited
  where cited.ids is not null
  order by q.turn, q.message_id desc
  limit most;
$$;
comment on function app_private.recorded_questions(integer) is 'Questions of users, with up to three passages that the answer cited first; from each conversation in turn, the latest first.';

create or replace function app_private.sentence_of(content text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    (
      -- one that says something, nearest to the middle
      select left(s.sentence, 300)
      from (
        select trim(t.sentence) as sentence, t.n, count(*) over () as of
        from regexp_split_to_table(content, '(?<=[.!?])\s+|(?<=[。！？])|\n+') with ordinality as t (sentence, n)
      ) as s
      where s.of > 1 and char_length(s.sentence) >= 25
      order by abs(s.n - s.of / 2.0), s.n
      limit 1
    ),
    -- the words in the middle of what is one sentence
    nullif(trim(substr(content, 1 + char_length(content) / 4, greatest(char_length(content) / 2, 10))), '')
  );
$$;
comment on function app_private.sentence_of(text) is 'A sentence of a passage, or half of it when it is one sentence: what may ask for it.';

create or replace function app_hidden.evaluation_questions(for_version uuid, baseline uuid, most integer default 200)
returns table (source app_public.evaluation_source, workspace_id uuid, user_id uuid, conversation_id uuid, question text, relevant uuid[])
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if most is null or most not between 1 and 1000 then
    raise exception 'An evaluation has 1 to 1,000 questions, not %.', most using errcode = 'CQ200', hint = 'Ask for less.';
  end if;
  if (
    select count(*) >= greatest(app_hidden.setting('embedding_evaluation_minimum')::integer, 1)
    from app_private.recorded_questions(most) q
  ) then
    return query select q.* from app_private.recorded_questions(most) q;
    return;
  end if;
  return query
  with sizes as (
    select a.workspace_id, least(a.embedding_count, b.embedding_count) as size
    from app_hidden.embedding_counts a
    join app_hidden.embedding_counts b on b.version_id = baseline and b.workspace_id = a.workspace_id
    where a.version_id = for_version and least(a.embedding_count, b.embedding_count) > 1
    order by 2 desc, 1
    limit most
  ),
  shares as (
    select s.workspace_id, ceil(most * s.size / sum(s.size) over ())::integer as wanted from sizes s
  )
  select 'passages'::app_public.evaluation_source, s.workspace_id, c.owner_id, null::uuid, c.question, array[c.id]
  from shares s
  cross join lateral (
    select k.id, k.owner_id, app_private.sentence_of(k.content) as question
    from app_public.embeddings e
    join app_public.chunks k on k.workspace_id = e.workspace_id and k.id = e.chunk_id
    where e.version_id = for_version and e.workspace_id = s.workspace_id
      and exists (
        select from app_public.embeddings o where o.version_id = baseline and o.workspace_id = s.workspace_id and o.chunk_id = e.chunk_id
      )
    -- any order that says nothing about the text, and is the same each time
    order by md5(e.chunk_id::text)
    limit s.wanted
  ) as c
  where c.question is not null
  order by md5(c.id::text)
  limit most;
end
$$;
comment on function app_hidden.evaluation_questions(uuid, uuid, integer) is
  'Questions for an evaluation of two versions, with the passages that should be found: those of users, or, where too few were recorded, sentences of passages. Error: CQ200.';

create or replace function app_private.evaluation_unit(source app_public.evaluation_source, chunk app_public.chunks)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select case source
    when 'answers' then coalesce(chunk.document_id, chunk.message_id, chunk.memory_item_id, chunk.raw_event_id)::text
    -- the same text elsewhere is as good
    else encode(chunk.content_hash, 'hex')
  end;
$$;
comment on function app_private.evaluation_unit(app_public.evaluation_source, app_public.chunks) is 'What counts as found: the source of a passage that an answer cited, the text of a passage that asks for itself.';

-- What one version finds: for each of its first passages whether it is one of those that should be found.
create or replace function app_private.evaluate_question(
  for_version uuid, other_version uuid, source app_public.evaluation_source, for_workspace uuid, for_user uuid, outside_conversation uuid,
  question extensions.halfvec, wanted text[], k integer, out recall real, out reciprocal_rank real
)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  found text[];
begin
  -- exact, so that models are compared and not indexes: without the cast to halfvec(n) the index does not fit
  execute $query$
    select array_agg(n.unit order by n.distance, n.chunk_id)
    from (
      select c.id as chunk_id, e.embedding operator(extensions.<=>) $1 as distance, app_private.evaluation_unit($2, c) as unit
      from app_public.embeddings e
      join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
      where e.version_id = $3 and e.workspace_id = $4
        and (c.owner_id = $5 or c.visibility = 'workspace') and ($6::uuid is null or c.conversation_id is distinct from $6)
        and exists (select from app_public.embeddings o where o.version_id = $7 and o.workspace_id = $4 and o.chunk_id = e.chunk_id)
      order by distance, c.id
      limit $8
    ) as n
  $query$
  into found
  using question, source, for_version, for_workspace, for_user, outside_conversation, other_version, k;
  select count(*) filter (where w = any (found))::real / count(*) into recall from unnest(wanted) as w;
  select coalesce(1.0 / min(f.place), 0) into reciprocal_rank
  from unnest(found) with ordinality as f (unit, place)
  where f.unit = any (wanted);
end
$$;
comment on function app_private.evaluate_question(uuid, uuid, app_public.evaluation_source, uuid, uuid, uuid, extensions.halfvec, text[], integer) is
  'Share of what should be found that is among the first k of what a user may read, and the reciprocal rank of the first of it.';

create or replace function app_hidden.evaluate_embedding_version(for_version uuid, baseline uuid, questions jsonb, k integer default 10)
returns app_public.embedding_evaluation
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  budget bigint := app_hidden.setting('embedding_compare_vectors')::bigint;
  asked record;
  wanted text[];
  ours record;
  theirs record;
  judged app_hidden.embedding_evaluations;
  recalls real[] := array[]::real[];
  baseline_recalls real[] := array[]::real[];
  ranks real[] := array[]::real[];
  baseline_ranks real[] := array[]::real[];
begin
  if (select count(*) from app_public.embedding_versions v where v.id in (for_version, baseline) and v.status <> 'archived') <> 2 then
    raise exception 'There are no two such embedding versions, or one is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if jsonb_typeof(questions) is distinct from 'array' or jsonb_array_length(questions) > 1000 or k is null or k not between 1 and 100 then
    raise exception 'Questions are an array of at most 1,000, and k is 1 to 100.' using errcode = 'CQ200', hint = 'Ask for less.';
  end if;
  judged.source := coalesce((questions -> 0 ->> 'source')::app_public.evaluation_source, 'passages');
  for asked in
    select q.*, coalesce((select e.embedding_count from app_hidden.embedding_counts e where e.version_id = for_version and e.workspace_id = q.workspace_id), 0) as size
    from jsonb_to_recordset(questions) as q (
      workspace_id uuid, user_id uuid, conversation_id uuid, relevant uuid[], vector text, baseline_vector text
    )
  loop
    budget := budget - 2 * asked.size;
    exit when budget < 0 and recalls <> '{}';
    -- what only one of them has says nothing
    select array_agg(distinct app_private.evaluation_unit(judged.source, c)) into wanted
    from app_public.chunks c
    where c.workspace_id = asked.workspace_id and c.id = any (asked.relevant)
      and (c.owner_id = asked.user_id or c.visibility = 'workspace')
      and exists (select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = c.workspace_id and e.chunk_id = c.id)
      and exists (select from app_public.embeddings e where e.version_id = baseline and e.workspace_id = c.workspace_id and e.chunk_id = c.id);
    continue when wanted is null;
    ours := app_private.evaluate_question(
      for_version, baseline, judged.source, asked.workspace_id, asked.user_id, asked.conversation_id, asked.vector::halfvec, wanted, k
    );
    theirs := app_private.evaluate_question(
      baseline, for_version, judged.source, asked.workspace_id, asked.user_id, asked.conversation_id, asked.baseline_vector::halfvec, wanted, k
    );
    recalls := recalls || ours.recall;
    ranks := ranks || ours.reciprocal_rank;
    baseline_recalls := baseline_recalls || theirs.recall;
    baseline_ranks := baseline_ranks || theirs.reciprocal_rank;
  end loop;

  delete from app_hidden.embedding_evaluations e where e.version_id = for_version and e.baseline_id = baseline;
  insert into app_hidden.embedding_evaluations (
    version_id, baseline_id, source, k, questions, recall, baseline_recall, recall_difference_low, recall_difference_high,
    mrr, baseline_mrr, mrr_difference_low, mrr_difference_high
  )
  select
    for_version, baseline, judged.source, evaluate_embedding_version.k, count(*), avg(r.a), avg(r.b),
    avg(r.a - r.b) - 1.96 * coalesce(stddev_samp(r.a - r.b), 0) / sqrt(greatest(count(*), 1)),
    avg(r.a - r.b) + 1.96 * coalesce(stddev_samp(r.a - r.b), 0) / sqrt(greatest(count(*), 1)),
    avg(r.x), avg(r.y),
    avg(r.x - r.y) - 1.96 * coalesce(stddev_samp(r.x - r.y), 0) / sqrt(greatest(count(*), 1)),
    avg(r.x - r.y) + 1.96 * coalesce(stddev_samp(r.x - r.y), 0) / sqrt(greatest(count(*), 1))
  from unnest(recalls, baseline_recalls, ranks, baseline_ranks) as r (a, b, x, y);
  return app_private.evaluation_against(for_version, baseline);
end
$$;
comment on function app_hidden.evaluate_embedding_version(uuid, uuid, jsonb, integer) is
  'Asks two versions questions whose vectors are given, and keeps how they did. questions: [{source, workspace_id, user_id, conversation_id, relevant, vector, baseline_vector}]. Errors: CQ200, CQ204 no such version.';

create or replace function app_hidden.versions_to_evaluate()
returns table (version_id uuid, baseline_id uuid)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.id, a.id
  from app_public.embedding_versions v
  join app_public.embedding_versions a on a.status = 'active'
  where v.status = 'building'
    and app_private.embedding_index_is_valid(v.id)
    -- once it is complete, and once a day while nobody activates it; sooner where there was too little to ask about
    and not exists (
      select from app_hidden.embedding_evaluations e
      where e.version_id = v.id and e.baseline_id = a.id
        and e.evaluated_at > statement_timestamp() - case when app_private.evaluation_verdict(e) = 'unjudged' then interval '10 minutes' else interval '1 day' end
    )
    -- while passages are on their way, it would be asked about the first of them alone
    and (select coalesce(sum(e.embedding_count), 0) from app_hidden.embedding_counts e where e.version_id = v.id)
      >= 0.99 * (select coalesce(sum(k.chunk_count), 0) from app_hidden.chunk_counts k)
    -- the switch keeps what users wrote from services that are paid
    and (app_hidden.setting('paid_embedding') = 'on' or v.provider in ('local', 'transformers') and a.provider in ('local', 'transformers'))
    and app_private.embeddings_missing(v.id, a.id, 1) = 0;
$$;
comment on function app_hidden.versions_to_evaluate() is 'Versions that are complete and were not evaluated beside the active one within a day.';

grant execute on function
  app_hidden.evaluation_questions(uuid, uuid, integer),
  app_hidden.evaluate_embedding_version(uuid, uuid, jsonb, integer),
  app_hidden.versions_to_evaluate()
to colloquy_worker;
--! EndIncluded embeddings/evaluate_embedding_version.sql
--! Included embeddings/first_embedding_version.sql
-- The first version of a database that holds no passage yet: whatever model the settings name takes the place of the one that
-- came with the migrations, at once and for nothing, since there is nothing to fill, to index or to compare. Once anything was cut
-- it refuses: then a version is made beside the active one, filled and activated. All in one transaction, so that nothing is
-- half made.
create or replace function app_private.make_first_version(
  name text,
  provider text,
  model text,
  dimensions integer,
  query_prefix text default null,
  passage_prefix text default null,
  native_dimensions integer default null,
  chunk_size integer default null,
  chunk_overlap integer default null,
  chunking_method text default null
)
returns app_public.embedding_versions
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '3s'
as $$
declare
  former app_public.embedding_versions;
  free_name text := left(make_first_version.name, 90);
  made app_public.embedding_versions;
begin
  perform app_private.lock_embedding_versions();
  select v.* into former from app_public.embedding_versions v where v.status = 'active';
  -- another process that starts at the same time has just made it
  if (former.provider, former.model, former.dimensions, former.native_dimensions, former.query_prefix, former.passage_prefix) is not distinct from (
    make_first_version.provider, make_first_version.model, make_first_version.dimensions, make_first_version.native_dimensions,
    coalesce(make_first_version.query_prefix, ''), coalesce(make_first_version.passage_prefix, '')
  ) then
    return former;
  end if;
  -- nobody cuts anything until this is done
  lock table app_public.chunks in share mode;
  if exists (select from app_public.chunks) then
    raise exception 'There are passages already.' using errcode = 'CQ318', hint = 'npm run embeddings -- switch makes, fills and activates the version of another model.';
  end if;
  for n in 2 .. 1000 loop
    exit when not exists (select from app_public.embedding_versions v where v.name = free_name);
    free_name := left(make_first_version.name, 90) || '-' || n;
  end loop;
  made := app_public.create_embedding_version(
    name => free_name, provider => make_first_version.provider, model => make_first_version.model, dimensions => make_first_version.dimensions,
    query_prefix => make_first_version.query_prefix, passage_prefix => make_first_version.passage_prefix,
    native_dimensions => make_first_version.native_dimensions, chunk_size => make_first_version.chunk_size,
    chunk_overlap => make_first_version.chunk_overlap, chunking_method => make_first_version.chunking_method
  );
  perform app_private.create_embedding_index(made.id);
  made := app_public.activate_embedding_version(made.id);
  -- else every text would get its vectors too, to go back to
  if former.id is not null then
    perform app_private.archive_version(former.id);
  end if;
  return made;
end
$$;
comment on function app_private.make_first_version(text, text, text, integer, text, text, integer, integer, integer, text) is
  'Makes and activates the version of a model in a database without passages, and archives the former one. For the owner, at migration and start. Raises CQ318 when there are passages.';
-- Deliberately not granted: the owner's login calls it.
--! EndIncluded embeddings/first_embedding_version.sql
--! Included embeddings/recut_documents.sql
-- Has documents cut anew as the active version cuts, some at a time: what stays the same keeps its passage and its vector, the
-- rest is found by its words at once and by its meaning when it is embedded. So whoever calls lets one batch be embedded before
-- it asks for the next (recutting_backlog), and never more than that is without vectors. Messages and memories are short and
-- keep their passages. For the owner of the database.
create or replace function app_private.recut_documents(after_document uuid default null, max_documents integer default 50)
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  recut uuid[];
begin
  with chosen as (
    select d.id
    from app_public.documents d
    where (after_document is null or d.id > after_document) and d.chunked_hash = d.content_hash
    order by d.id
    limit least(greatest(max_documents, 1), 1000)
    for no key update of d skip locked
  ),
  stale as (
    update app_public.documents d set chunked_hash = null from chosen c where d.id = c.id returning d.id, d.workspace_id
  ),
  sent as (
    select s.id, app_hidden.enqueue(
      'index-source', jsonb_build_object('workspaceId', s.workspace_id, 'sourceType', 'document', 'sourceId', s.id), 'document:' || s.id,
      s.workspace_id::text
    )
    from stale s
  )
  select array_agg(s.id order by s.id) into recut from sent s;
  return coalesce(recut, '{}');
end
$$;
comment on function app_private.recut_documents(uuid, integer) is 'Marks the next documents, by their ids, to be cut anew, and puts them into the queue. Returns which; empty when none are left.';

create or replace function app_private.recutting_backlog(documents uuid[])
returns integer
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)::integer
  from app_public.documents d
  where d.id = any (documents) and (
    d.chunked_hash is distinct from d.content_hash
    or exists (
      select
      from app_public.chunks c
      cross join (select v.id from app_public.embedding_versions v where v.status = 'active') as v
      where c.workspace_id = d.workspace_id and c.document_id = d.id
        and not exists (select from app_public.embeddings e where e.version_id = v.id and e.workspace_id = c.workspace_id and e.chunk_id = c.id)
        and not exists (
          select from app_hidden.embedding_failures f
          where f.version_id = v.id and f.workspace_id = c.workspace_id and f.chunk_id = c.id and f.is_dead
        )
    )
  )
  -- one that cannot be cut keeps the passages that it has
  and not exists (
    select from app_hidden.cutting_failures f where f.workspace_id = d.workspace_id and f.document_id = d.id
  );
$$;
comment on function app_private.recutting_backlog(uuid[]) is 'How many of some documents wait to be cut or embedded.';
-- Deliberately not granted: the owner's login calls them.
--! EndIncluded embeddings/recut_documents.sql

--! split: 70-languages.sql
-- The language of a passage is recognised from its text when it is cut.

alter table app_public.chunks add column if not exists is_language_recognized boolean not null default false;
comment on column app_public.workspaces.text_search_language is
  'The language of texts that name none and do not tell it themselves: messages, memories, events, and documents added without one. Of what is indexed from then on; simple for everything.';
comment on column app_public.documents.text_search_language is
  'Text search configuration of passages whose own language cannot be recognised; simple is that of all.';
comment on column app_public.chunks.is_language_recognized is 'Whether the text itself told the language; else it was declared for the document or the workspace.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute a where a.attrelid = 'app_private.wanted_chunk'::regclass and a.attname = 'language' and not a.attisdropped
  ) then
    alter type app_private.wanted_chunk add attribute language text;
  end if;
end
$$;
comment on column app_private.wanted_chunk.language is 'The language that was recognised in it, where it counts.';

-- what was recognised is counted apart: the correction of languages leaves it alone, and must not look for it again and again
alter table app_hidden.chunk_counts add column if not exists is_language_recognized boolean not null default false;
comment on column app_hidden.chunk_counts.is_language_recognized is 'Whether their texts told the language; else it was declared.';
alter table app_hidden.chunk_counts drop constraint if exists chunk_counts_pkey;
-- serves: the counts of a workspace, and their upkeep by key
create unique index if not exists chunk_counts_new_pkey
  on app_hidden.chunk_counts (workspace_id, source_type, text_search_language, is_language_recognized);
alter table app_hidden.chunk_counts add constraint chunk_counts_pkey primary key using index chunk_counts_new_pkey;

drop function if exists app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric);

--! Included embeddings/recognized_language.sql
-- Whether the language that was recognised in a passage counts. What was declared to be simple is indexed as it is written,
-- whatever it looks like. Null: the passage has the language that was declared for its document or its workspace.
create or replace function app_private.recognized_language(declared app_public.text_search_language, recognized text)
returns app_public.text_search_language
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case when declared <> 'simple' then recognized end;
$$;
comment on function app_private.recognized_language(app_public.text_search_language, text) is
  'The language that was recognised in a passage, where it goes before the declared one; null where it does not.';
--! EndIncluded embeddings/recognized_language.sql
--! Included members/set_workspace_language.sql
-- Sealed: workspaces is closed to writes. Also for personal ones.
create or replace function app_public.set_workspace_language(text_search_language app_public.text_search_language)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.workspaces;
begin
  perform app_private.require_manager();
  if set_workspace_language.text_search_language is null then
    raise exception 'A language is missing.' using errcode = 'CQ200', hint = 'For example german; simple means no stemming.';
  end if;
  update app_public.workspaces w
  set text_search_language = set_workspace_language.text_search_language
  where w.id = app_hidden.current_workspace_id()
  returning w.* into result;
  return result;
end
$$;
comment on function app_public.set_workspace_language(app_public.text_search_language) is
  'Says in which language messages, memories and events are indexed whose own language cannot be recognised, so that other forms of a word are found; those that are there follow within minutes. Documents added without a language take it from now on. With simple, nothing is recognised. Errors: CQ101 not signed in, CQ109 read-only, CQ114 not an owner or admin, CQ200 no or an unknown language.';
grant execute on function app_public.set_workspace_language(app_public.text_search_language) to colloquy_user, colloquy_admin;
--! EndIncluded members/set_workspace_language.sql
--! Included knowledge/create_document.sql
-- Adds a document, or, when the caller added one from the same source before, brings that one up to date. Runs with the
-- caller's rights: policies and column grants decide.
create or replace function app_public.create_document(
  title text,
  content text,
  content_type text default 'text',
  source_url text default null,
  code_language text default null,
  text_search_language app_public.text_search_language default null,
  visibility app_public.visibility default 'private',
  metadata jsonb default '{}'
)
returns app_public.documents
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.documents;
begin
  perform app_hidden.require_member(for_writing => true);
  if octet_length(content) > 20971520 then
    raise exception 'A document has at most 20 MiB; this one has % MiB.', round(octet_length(content) / 1048576.0, 1)
      using errcode = 'CQ200', hint = 'Split it.';
  end if;
  insert into app_public.documents as d (
    workspace_id, owner_id, title, content, content_type, source_url, code_language, text_search_language, visibility, metadata
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), left(trim(title), 500), content, coalesce(content_type, 'text'), source_url,
    code_language,
    coalesce(
      text_search_language,
      (select w.text_search_language from app_public.workspaces w where w.id = app_hidden.current_workspace_id()), 'english'
    ),
    coalesce(visibility, 'private'), coalesce(metadata, '{}')
  )
  on conflict (workspace_id, owner_id, source_url) where source_url is not null do update
  set
    title = excluded.title, content = excluded.content, content_type = excluded.content_type, code_language = excluded.code_language,
    text_search_language = excluded.text_search_language, visibility = excluded.visibility, metadata = excluded.metadata
  where (d.title, d.content, d.content_type, d.code_language, d.text_search_language, d.visibility, d.metadata)
    is distinct from
    (excluded.title, excluded.content, excluded.content_type, excluded.code_language, excluded.text_search_language, excluded.visibility, excluded.metadata)
  returning d.* into result;

  if result.id is null then
    -- the same document again: nothing was written
    select d.* into result
    from app_public.documents d
    where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id()
      and d.source_url = create_document.source_url;
  end if;
  return result;
end
$$;
comment on function app_public.create_document(text, text, text, text, text, app_public.text_search_language, app_public.visibility, jsonb) is
  'Adds a document and has it indexed, each passage in its own language; textSearchLanguage, or else that of the workspace, is for those that cannot be recognised, and simple for all. With a sourceUrl that the caller used before, updates that document instead; an equal one is left alone. Errors: CQ101 not signed in, CQ109 read-only, CQ200 too long or a value out of range.';
grant execute on function app_public.create_document(text, text, text, text, text, app_public.text_search_language, app_public.visibility, jsonb)
  to colloquy_user, colloquy_admin;
--! EndIncluded knowledge/create_document.sql
--! Included embeddings/counts.sql
-- Keeps chunk_counts, one row per workspace, kind and language, those that were recognised apart, and embedding_counts, one per workspace and version, by
-- statement. In the order of their keys, so that two statements never wait for each other in a circle.
create or replace function app_private.count_chunks()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.chunk_counts;
  elsif tg_op = 'INSERT' then
    insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
    select n.workspace_id, n.source_type, n.text_search_language, n.is_language_recognized, count(*)
    from changed_chunks n
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
    on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count + excluded.chunk_count;
  else
    perform
    from app_hidden.chunk_counts k
    where (k.workspace_id, k.source_type, k.text_search_language, k.is_language_recognized) in (
      select o.workspace_id, o.source_type, o.text_search_language, o.is_language_recognized from changed_chunks o
    )
    order by k.workspace_id, k.source_type, k.text_search_language, k.is_language_recognized
    for no key update;
    update app_hidden.chunk_counts k
    set chunk_count = k.chunk_count - gone.chunk_count
    from (
      select o.workspace_id, o.source_type, o.text_search_language, o.is_language_recognized, count(*) as chunk_count
      from changed_chunks o
      group by 1, 2, 3, 4
    ) as gone
    where k.workspace_id = gone.workspace_id and k.source_type = gone.source_type and k.text_search_language = gone.text_search_language
      and k.is_language_recognized = gone.is_language_recognized;
  end if;
  return null;
end
$$;
comment on function app_private.count_chunks() is 'Trigger: keeps chunk_counts.';

create or replace trigger chunks_10_count_insert after insert on app_public.chunks
referencing new table as changed_chunks for each statement execute function app_private.count_chunks();
create or replace trigger chunks_10_count_delete after delete on app_public.chunks
referencing old table as changed_chunks for each statement execute function app_private.count_chunks();
create or replace trigger chunks_10_count_truncate after truncate on app_public.chunks
for each statement execute function app_private.count_chunks();

-- Of what is counted only the language ever changes, and most updates do not change it.
create or replace function app_private.count_corrected_chunks()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  with changes as materialized (
    select d.workspace_id, d.source_type, d.text_search_language, d.is_language_recognized, sum(d.difference) as difference
    from (
      select o.workspace_id, o.source_type, o.text_search_language, o.is_language_recognized, -1 as difference from old_chunks o
      union all
      select n.workspace_id, n.source_type, n.text_search_language, n.is_language_recognized, 1 from new_chunks n
    ) as d
    group by 1, 2, 3, 4
    having sum(d.difference) <> 0
  )
  insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
  select d.workspace_id, d.source_type, d.text_search_language, d.is_language_recognized, greatest(d.difference, 0)
  from changes d
  order by 1, 2, 3, 4
  on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count + (
    select d.difference from changes d
    where d.workspace_id = k.workspace_id and d.source_type = k.source_type and d.text_search_language = k.text_search_language
      and d.is_language_recognized = k.is_language_recognized
  );
  return null;
end
$$;
comment on function app_private.count_corrected_chunks() is 'Trigger: keeps chunk_counts when languages are corrected.';

create or replace trigger chunks_10_count_update after update on app_public.chunks
referencing old table as old_chunks new table as new_chunks for each statement execute function app_private.count_corrected_chunks();

create or replace function app_private.count_embeddings()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.embedding_counts;
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into app_hidden.embedding_counts as k (version_id, workspace_id, embedding_count)
    select n.version_id, n.workspace_id, count(*) from changed_embeddings n group by n.version_id, n.workspace_id order by 1, 2
    on conflict (version_id, workspace_id) do update set embedding_count = k.embedding_count + excluded.embedding_count;
  else
    update app_hidden.embedding_counts k
    set embedding_count = k.embedding_count - gone.embedding_count
    from (
      select o.version_id, o.workspace_id, count(*) as embedding_count from changed_embeddings o group by o.version_id, o.workspace_id order by 1, 2
    ) as gone
    where k.version_id = gone.version_id and k.workspace_id = gone.workspace_id;
  end if;
  return null;
end
$$;
comment on function app_private.count_embeddings() is 'Trigger: keeps embedding_counts.';

create or replace trigger embeddings_10_count_insert after insert on app_public.embeddings
referencing new table as changed_embeddings for each statement execute function app_private.count_embeddings();
create or replace trigger embeddings_10_count_delete after delete on app_public.embeddings
referencing old table as changed_embeddings for each statement execute function app_private.count_embeddings();
create or replace trigger embeddings_10_count_truncate after truncate on app_public.embeddings
for each statement execute function app_private.count_embeddings();
--! EndIncluded embeddings/counts.sql
--! Included embeddings/correct_chunk_languages.sql
-- Messages, memories and events have the language that was recognised in them, else that of their workspace. What has that of
-- the workspace and was indexed before it changed, or by a worker that had read the old one, is found by the counts and corrected
-- here; the vectors are not touched. In a workspace that is simple everything is. Documents have a language of their own.
create or replace function app_hidden.correct_chunk_languages(max_chunks integer default 500)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
declare
  wrong record;
  counts integer;
  corrected integer;
begin
  perform app_private.require_batch(max_chunks);
  for wrong in
    select k.workspace_id, k.source_type, k.text_search_language as indexed, k.is_language_recognized, w.text_search_language as language
    from app_hidden.chunk_counts k
    join app_public.workspaces w on w.id = k.workspace_id
    where k.source_type <> 'document' and k.chunk_count > 0 and k.text_search_language <> w.text_search_language
      and (not k.is_language_recognized or w.text_search_language = 'simple')
    -- no workspace always comes first
    order by md5(k.workspace_id::text || now()), k.source_type, k.text_search_language, k.is_language_recognized
  loop
    -- Whoever writes chunks has them first and the counts then; here it is the other way about. So nothing is waited for, and
    -- what somebody has is left for later.
    begin
      insert into app_hidden.chunk_counts (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
      select wrong.workspace_id, wrong.source_type, wrong.language, false, 0
      where not exists (
        select from app_hidden.chunk_counts k
        where k.workspace_id = wrong.workspace_id and k.source_type = wrong.source_type and k.text_search_language = wrong.language
          and not k.is_language_recognized
      )
      on conflict on constraint chunk_counts_pkey do nothing;
    exception when lock_not_available or foreign_key_violation then
      -- somebody writes the first chunk in that language at this moment, or ends the workspace
      continue;
    end;
    perform from app_hidden.chunk_counts k
    where k.workspace_id = wrong.workspace_id and k.source_type = wrong.source_type
      and (k.text_search_language, k.is_language_recognized) in ((wrong.indexed, wrong.is_language_recognized), (wrong.language, false))
    for no key update skip locked;
    get diagnostics counts = row_count;
    continue when counts < 2;
    -- materialized: as a part of the join it may be asked once a row, and find others each time
    with free as materialized (
      select x.id
      from app_public.chunks x
      where x.workspace_id = wrong.workspace_id and x.source_type = wrong.source_type and x.text_search_language = wrong.indexed
        and x.is_language_recognized = wrong.is_language_recognized
      limit max_chunks
      for no key update skip locked
    )
    update app_public.chunks c
    set text_search_language = wrong.language, is_language_recognized = false
    from free
    where c.workspace_id = wrong.workspace_id and c.id = free.id;
    get diagnostics corrected = row_count;
    if corrected > 0 then
      return corrected;
    end if;
  end loop;
  return 0;
end
$$;
comment on function app_hidden.correct_chunk_languages(integer) is
  'Indexes chunks of messages, memories and events anew that are in another language than their workspace, and were not recognised to be, at most so many; returns how many, 0 when none is left or free. For the job. Error: CQ200.';
grant execute on function app_hidden.correct_chunk_languages(integer) to colloquy_worker;
--! EndIncluded embeddings/correct_chunk_languages.sql
--! Included embeddings/pipeline.sql
-- What the indexing worker calls. The data is the truth: work is what is missing, so a lost job loses nothing and a
-- repeated one changes nothing. Only the worker may call these; it decides nothing, it cuts text and computes vectors.
--
-- What runs for every source is planned once (force_generic_plan: planning over all partitions took longer than the work) and
-- goes from what it is given to single rows, by index: "offset 0" keeps the planner from reading a whole workspace instead.

create or replace function app_hidden.find_unindexed(max_sources integer default 100)
returns table (workspace_id uuid, source_type app_public.source_type, source_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  (
    select d.workspace_id, 'document'::app_public.source_type, d.id
    from app_public.documents d
    where d.chunked_hash is distinct from d.content_hash and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = d.workspace_id and f.document_id = d.id and f.content_hash = d.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by d.id
    limit max_sources
  )
  union
  (
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_sequence_number < c.last_sequence_number and not exists (
      -- one that was given up is passed over
      select from app_hidden.cutting_failures f
      where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.sequence_number = c.indexed_sequence_number + 1
        and not f.is_dead and f.next_attempt_at > statement_timestamp()
    )
    order by c.id
    limit max_sources
  )
  union
  (
    -- found with the words of a branch that was left; a packed one is followed when it is packed
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_leaf_id is distinct from c.preferred_leaf_id and c.storage_tier = 'hot' and c.indexed_sequence_number = c.last_sequence_number
    order by c.id
    limit max_sources
  )
  union
  (
    select m.workspace_id, 'memory'::app_public.source_type, m.id
    from app_public.memory_items m
    where m.chunked_hash is distinct from m.content_hash and upper_inf(m.validity) and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = m.workspace_id and f.memory_item_id = m.id and f.content_hash = m.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by m.id
    limit max_sources
  )
  limit max_sources;
end
$$;
comment on function app_hidden.find_unindexed(integer) is 'Documents, conversations and memories with missing or stale chunks, and conversations in which another branch was chosen: what lost jobs left. Of chunks without a vector, find_unembedded_workspaces() tells.';

create or replace function app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb)
returns table (kept integer, added integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  document app_public.documents;
  wanted app_private.wanted_chunk[];
begin
  -- before the counts are taken: whoever deletes the workspace has it, and then takes the counts
  perform from app_public.workspaces w where w.id = for_workspace for key share;
  select d.* into document
  from app_public.documents d
  where d.workspace_id = for_workspace and d.id = for_document
  for no key update;
  if document.id is null or document.content_hash <> of_hash then
    -- gone, or edited since it was read: the job of that edit does it
    return;
  end if;

  -- the n-th piece of a text stays the n-th piece of the same text: its vector stays valid, only its place may move
  with given as (
    select w.*, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)) as content_hash
    from jsonb_to_recordset(new_chunks) as w (
      chunk_index integer, content text, heading text, page_number integer, start_offset integer, end_offset integer, token_count integer,
      language text
    )
  ),
  numbered as (
    select g.*, row_number() over (partition by g.content_hash order by g.chunk_index) as n from given g
  ),
  existing as (
    select c.id, c.content_hash, row_number() over (partition by c.content_hash order by c.chunk_index) as n
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  )
  select coalesce(array_agg(
    row(
      x.chunk_index, x.content, x.heading, x.page_number, x.start_offset, x.end_offset, x.token_count, x.content_hash, e.id,
      app_private.recognized_language(document.text_search_language, x.language)
    )::app_private.wanted_chunk
  ), '{}')
  into wanted
  from numbered x
  left join existing e on e.content_hash = x.content_hash and e.n = x.n;

  -- what goes and what comes are counted one after the other: the counts of all of it are taken first, in one order
  with there as (
    select c.text_search_language, c.is_language_recognized
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  ),
  keys as (
    select t.text_search_language::text as language, t.is_language_recognized as is_recognized from there t
    union
    select coalesce(w.language, document.text_search_language), w.language is not null from unnest(wanted) as w
  )
  insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
  select for_workspace, 'document', x.language, x.is_recognized, 0
  from keys x
  where exists (select from there) and (select count(*) from keys) > 1
  order by x.language, x.is_recognized
  on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count;
  delete from app_public.chunks c
  where c.workspace_id = for_workspace and c.document_id = for_document
    and not exists (select from unnest(wanted) as w where w.kept_id = c.id);
  get diagnostics removed = row_count;

  set constraints app_public.chunks_document_id_chunk_index_key deferred;
  update app_public.chunks c
  set chunk_index = w.chunk_index, start_offset = w.start_offset, end_offset = w.end_offset, page_number = w.page_number,
    text_search_language = coalesce(w.language, document.text_search_language), is_language_recognized = w.language is not null
  from unnest(wanted) as w
  where c.workspace_id = for_workspace and c.document_id = for_document and c.id = w.kept_id
    and (c.chunk_index, c.start_offset, c.end_offset, c.page_number, c.text_search_language, c.is_language_recognized)
      is distinct from (
        w.chunk_index, w.start_offset, w.end_offset, w.page_number, coalesce(w.language, document.text_search_language), w.language is not null
      );
  select count(*) into kept from unnest(wanted) as w where w.kept_id is not null;

  insert into app_public.chunks (
    workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, heading, page_number, start_offset, end_offset,
    token_count, content_hash, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'document', for_document, document.owner_id, document.visibility, w.chunk_index, w.content, w.heading, w.page_number,
    w.start_offset, w.end_offset, w.token_count, w.content_hash, coalesce(w.language, document.text_search_language),
    w.language is not null
  from unnest(wanted) as w
  where w.kept_id is null;
  get diagnostics added = row_count;

  update app_public.documents d set chunked_hash = of_hash where d.id = for_document;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.document_id = for_document;
  return next;
end
$$;
comment on function app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb) is
  'Replaces the chunks of a document by new ones, keeping those whose text is the same. No row when the document is gone or has changed since of_hash was read.';

create or replace function app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  new_messages uuid[];
  beside uuid[];
  added integer;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
  for no key update;
  if conversation.id is null or conversation.indexed_sequence_number >= through_sequence_number then
    return 0;
  end if;
  new_messages := array(select distinct w.message_id from jsonb_to_recordset(new_chunks) as w (message_id uuid));

  with contexts as materialized (
    select x.* from app_private.message_contexts(conversation, new_messages, declared::text) as x
  ),
  inserted as (
    insert into app_public.chunks (
      workspace_id, source_type, conversation_id, message_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset,
      token_count, lead_in, context_near, context_far, content_hash, text_search_language, is_language_recognized
    )
    select
      for_workspace, 'message', for_conversation, w.message_id, conversation.owner_id, conversation.visibility, w.chunk_index, w.content,
      w.heading, w.start_offset, w.end_offset, w.token_count, beginning.lead_in,
      concat_ws(E'\n', x.near, case when w.is_last then x.next_near end),
      concat_ws(E'\n', x.far, case when w.is_last then x.next_far end),
      app_hidden.text_hash(concat_ws(E'\n', beginning.lead_in, w.heading, w.content)),
      coalesce(app_private.recognized_language(declared, w.language), declared),
      app_private.recognized_language(declared, w.language) is not null
    from (
      select r.*, r.chunk_index = max(r.chunk_index) over (partition by r.message_id) as is_last
      from jsonb_to_recordset(new_chunks) as r (
        message_id uuid, chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer,
        language text
      )
    ) as w
    join app_public.messages m
      on m.id = w.message_id and m.conversation_id = for_conversation
      and m.sequence_number > conversation.indexed_sequence_number and m.sequence_number <= through_sequence_number
    join contexts x on x.message_id = w.message_id
    cross join lateral (select case when w.chunk_index = 0 then x.lead_in end as lead_in) as beginning
    -- behind one that is tried again after it was given up, they have theirs
    where not exists (select from app_public.chunks c where c.workspace_id = for_workspace and c.message_id = w.message_id)
    -- their ids tell which is newer
    order by m.sequence_number, w.chunk_index
    returning id
  )
  select
    (select count(*) from inserted),
    array(select distinct n.id from contexts x cross join lateral unnest(x.neighbour_ids) as n (id) where n.id <> all (new_messages))
  into added, beside;

  -- what they stand beside has new neighbours
  if added > 0 and cardinality(beside) > 0 then
    perform app_private.refresh_message_contexts(conversation, beside);
  end if;
  update app_public.conversations c set indexed_sequence_number = through_sequence_number where c.id = for_conversation;
  -- when the last message is there: the branch that was chosen ends with it
  if through_sequence_number >= conversation.last_sequence_number then
    perform app_private.refresh_branch(conversation);
  end if;
  delete from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and f.conversation_id = for_conversation and f.sequence_number <= through_sequence_number and not f.is_dead;
  return added;
end
$$;
comment on function app_hidden.add_message_chunks(uuid, uuid, integer, jsonb) is
  'Adds the chunks of new messages of a conversation and remembers how far it got. Done twice, it changes nothing.';

create or replace function app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  memory app_public.memory_items;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  added integer;
begin
  select m.* into memory
  from app_public.memory_items m
  where m.workspace_id = for_workspace and m.id = for_memory
  for no key update;
  if memory.id is null or not upper_inf(memory.validity) or memory.content_hash <> of_hash or memory.chunked_hash = of_hash then
    -- gone, closed since it was read, or done
    return 0;
  end if;
  delete from app_public.chunks c where c.workspace_id = for_workspace and c.memory_item_id = for_memory;
  insert into app_public.chunks (
    workspace_id, source_type, memory_item_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
    content_hash, importance_score, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'memory', for_memory, memory.owner_id, memory.visibility, w.chunk_index, w.content, w.heading, w.start_offset, w.end_offset,
    w.token_count, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)), memory.importance,
    coalesce(app_private.recognized_language(declared, w.language), declared),
    app_private.recognized_language(declared, w.language) is not null
  from jsonb_to_recordset(new_chunks) as w (
    chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer, language text
  );
  get diagnostics added = row_count;
  update app_public.memory_items m set chunked_hash = of_hash where m.id = for_memory;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.memory_item_id = for_memory;
  return added;
end
$$;
comment on function app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb) is
  'Gives a memory its chunks. 0 when the memory is gone, holds no longer, or has them already.';

create or replace function app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, twin.embedding
  from unnest(chunk_ids) as wanted (id)
  cross join lateral (
    select k.id, k.content_hash from app_public.chunks k where k.workspace_id = for_workspace and k.id = wanted.id offset 0
  ) as c
  cross join lateral (
    select e.embedding
    from app_public.chunks same
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = same.id
    where same.workspace_id = for_workspace and same.content_hash = c.content_hash
    limit 1
  ) as twin
  on conflict do nothing
  returning chunk_id;
end
$$;
comment on function app_hidden.reuse_embeddings(uuid, uuid, uuid[]) is 'Gives chunks the vector that an equal text of the same workspace has already. Returns their ids.';

create or replace function app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  stored integer;
begin
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, given.vector::extensions.halfvec
  from unnest(chunk_ids, vectors) as given (chunk_id, vector)
  cross join lateral (
    select k.id from app_public.chunks k where k.workspace_id = for_workspace and k.id = given.chunk_id offset 0
  ) as c
  on conflict do nothing;
  get diagnostics stored = row_count;
  return stored;
end
$$;
comment on function app_hidden.store_embeddings(uuid, uuid, uuid[], text[]) is
  'Stores vectors of chunks; a chunk that is gone or has one already is passed over. Returns how many were stored.';

grant execute on function
  app_hidden.find_unindexed(integer),
  app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.add_message_chunks(uuid, uuid, integer, jsonb),
  app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.reuse_embeddings(uuid, uuid, uuid[]),
  app_hidden.store_embeddings(uuid, uuid, uuid[], text[])
to colloquy_worker;
--! EndIncluded embeddings/pipeline.sql
--! Included ingest/process_events.sql
-- What the worker calls to make knowledge of events. As with files: a claim counts the attempt, and its number is what a
-- worker shows afterwards. What an event says is one chunk; events of a workspace that say the same share it.

create or replace function app_hidden.find_unprocessed_events(max_batches integer default 1000)
returns table (workspace_id uuid, source text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select e.workspace_id, e.source
  from app_public.raw_events e
  where e.processing_status in ('pending', 'processing') and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
  group by e.workspace_id, e.source
  order by min(e.id::text)
  limit max_batches;
$$;
comment on function app_hidden.find_unprocessed_events(integer) is 'Workspaces and sources with events that wait: what lost jobs and killed workers left.';

create or replace function app_hidden.claim_events(
  for_workspace uuid,
  for_source text,
  max_events integer default 20,
  lease interval default '10 minutes',
  max_attempts integer default 5
)
returns table (event_id uuid, attempt integer, event_type text, payload jsonb, metadata jsonb)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update app_public.raw_events e
  set processing_status = 'failed', retry_at = null, processed_at = clock_timestamp(),
    error = format('Processing was begun %s times and never ended. (CQ328)', e.attempts)
  where e.workspace_id = for_workspace and e.source = for_source and e.processing_status = 'processing'
    and coalesce(e.retry_at, '-infinity') <= clock_timestamp() and e.attempts >= max_attempts;
  return query
  with next as (
    select e.id
    from app_public.raw_events e
    where e.workspace_id = for_workspace and e.source = for_source and e.processing_status in ('pending', 'processing')
      and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
    -- what failed before waits for what is new
    order by e.attempts, e.id
    limit max_events
    for update skip locked
  )
  update app_public.raw_events e
  set processing_status = 'processing', attempts = e.attempts + 1, retry_at = clock_timestamp() + lease
  from next n
  where e.id = n.id
  returning e.id, e.attempts, e.event_type, e.payload, e.metadata;
end
$$;
comment on function app_hidden.claim_events(uuid, text, integer, interval, integer) is
  'Takes the next events of a source, and counts the attempt. An event that was begun too often fails here.';

-- Before a model is asked that is paid: its tokens are set aside against budgets and quota of who brought the event in. What
-- is refused is given back: no attempt is counted, and it waits as pending, with the reason.
create or replace function app_hidden.reserve_event_summary(
  for_workspace uuid, for_event uuid, of_attempt integer, tokens bigint, cost_usd numeric
)
returns table (reservation_id uuid, refusal text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  reason text;
begin
  select e.* into event
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  for no key update;
  if event.id is null then
    return;
  end if;
  select p.reservation_id, p.refusal, p.reason into reservation_id, refusal, reason
  from app_private.reserve_paid(for_workspace, event.owner_id, reserve_event_summary.tokens, reserve_event_summary.cost_usd) as p;
  if refusal is not null then
    update app_public.raw_events e
    set processing_status = 'pending', attempts = e.attempts - 1, error = format('%s (%s)', reason, refusal),
      retry_at = clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_budget_seconds')::double precision)
    where e.id = for_event;
  end if;
  return next;
end
$$;
comment on function app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric) is
  'Sets tokens for the summary of an event aside. With a refusal, the event was given back and waits. No row when the attempt is not the last one any more.';

create or replace function app_hidden.release_reservation(for_workspace uuid, of_reservation uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.settle_reservation(for_workspace, of_reservation, 0, 0);
end
$$;
comment on function app_hidden.release_reservation(uuid, uuid) is 'Lets go what was set aside for work that came to nothing.';

create or replace function app_hidden.complete_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  new_content text default null,
  new_heading text default null,
  new_token_count integer default null,
  new_importance real default 0.5,
  of_reservation uuid default null,
  used_provider text default null,
  used_model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  cost_usd numeric default null,
  recognized_language text default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  hash bytea := app_hidden.text_hash(concat_ws(E'\n', new_heading, new_content));
  outcome text := 'stored';
  declared app_public.text_search_language;
begin
  select e.* into event
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  for no key update;
  if event.id is null then
    -- what is logged is the answer that is stored
    perform app_private.settle_reservation(for_workspace, of_reservation, 0, 0);
    return 'late';
  end if;
  if of_reservation is not null then
    perform app_private.settle_reservation(
      for_workspace, of_reservation, complete_event.prompt_tokens + complete_event.completion_tokens, complete_event.cost_usd
    );
    -- with the id of what was set aside: once
    insert into app_public.usage_logs (
      id, workspace_id, user_id, action, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd, metadata
    )
    values (
      of_reservation, for_workspace, event.owner_id, 'event_summary', used_provider, used_model, complete_event.prompt_tokens,
      complete_event.completion_tokens, complete_event.prompt_tokens + complete_event.completion_tokens, complete_event.cost_usd,
      jsonb_build_object('rawEventId', for_event, 'source', event.source)
    );
  end if;
  if new_content is null then
    outcome := 'empty';
    hash := null;
  else
    perform pg_advisory_xact_lock(hashtextextended(for_workspace::text || encode(hash, 'hex'), 7201345));
    if exists (
      select from app_public.chunks c where c.workspace_id = for_workspace and c.content_hash = hash and c.source_type = 'event'
    ) then
      outcome := 'known';
    else
      declared := app_private.workspace_language(for_workspace);
      insert into app_public.chunks (
        workspace_id, source_type, raw_event_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
        content_hash, importance_score, text_search_language, is_language_recognized
      )
      values (
        for_workspace, 'event', for_event, event.owner_id, 'workspace', 0, new_content, new_heading, 0, char_length(new_content),
        new_token_count, hash, coalesce(new_importance, 0.5),
        coalesce(app_private.recognized_language(declared, recognized_language), declared),
        app_private.recognized_language(declared, recognized_language) is not null
      );
    end if;
  end if;
  update app_public.raw_events e
  set processing_status = 'completed', retry_at = null, error = null, processed_at = clock_timestamp(), knowledge_hash = hash
  where e.id = for_event;
  return outcome;
end
$$;
comment on function app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text) is
  'Stores what an event says, and logs what its summary took: stored, known when another event says the same, empty without a text, late when the attempt is not the last one any more.';

create or replace function app_hidden.fail_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  reason text,
  pause interval default '10 seconds',
  counts boolean default true,
  max_attempts integer default 5
)
returns app_public.processing_status
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.raw_events e
  set
    processing_status = case when counts and e.attempts >= max_attempts then 'failed'::app_public.processing_status else 'processing' end,
    attempts = e.attempts - case when counts then 0 else 1 end,
    error = left(reason, 2000),
    retry_at = case when not counts then clock_timestamp() + pause when e.attempts < max_attempts then clock_timestamp() + pause * power(4, e.attempts - 1) end,
    processed_at = case when counts and e.attempts >= max_attempts then clock_timestamp() end
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  returning e.processing_status;
$$;
comment on function app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer) is
  'Says why an attempt failed: the event is tried again after a growing pause, and fails with the last attempt. With counts false it was nobody''s fault: it is given back, for after the pause.';

grant execute on function
  app_hidden.find_unprocessed_events(integer),
  app_hidden.claim_events(uuid, text, integer, interval, integer),
  app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric),
  app_hidden.release_reservation(uuid, uuid),
  app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text),
  app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer)
to colloquy_worker;
--! EndIncluded ingest/process_events.sql

--! split: 90-fusion.sql
-- How much vectors count beside words is measured, per embedding version, by what answers cited.

insert into app_private.settings (name, value, unit, description) values
  ('search_vector_weight_auto', 'on', 'on or off', 'Whether measurements may change how much the vectors of an embedding version count in a hybrid search. One that an administrator has set stays in any case.'),
  ('search_vector_weight_questions', '200', 'count', 'Questions of users that one measurement of it asks, per embedding version.'),
  ('search_vector_weight_minimum', '50', 'count', 'Questions below which a measurement of it suggests nothing.'),
  ('search_vector_weight_seconds', '30', 'seconds', 'Time after which a measurement of it asks no further question. What it has asked counts.')
on conflict (name) do nothing;

alter table app_public.embedding_versions add column if not exists vector_weight_is_fixed boolean not null default false;
comment on column app_public.embedding_versions.vector_weight_is_fixed is 'Whether an administrator has set vector_weight: measurements leave it alone.';

create table if not exists app_hidden.fusion_measurements (
  id uuid not null default uuidv7(),
  version_id uuid not null,
  questions integer not null,
  endorsed_questions integer not null,
  vector_weight real not null,
  points jsonb not null,
  suggested_weight real,
  was_applied boolean not null,
  measured_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint fusion_measurements_pkey primary key (id),
  constraint fusion_measurements_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint fusion_measurements_id_version check (uuid_extract_version(id) = 7),
  constraint fusion_measurements_counts check (questions > 0 and endorsed_questions between 0 and questions),
  constraint fusion_measurements_shares check (vector_weight between 0 and 1 and suggested_weight between 0 and 1),
  constraint fusion_measurements_points_array check (jsonb_typeof(points) = 'array'),
  constraint fusion_measurements_applied check (not was_applied or suggested_weight is not null)
);
alter table app_hidden.fusion_measurements enable row level security;
alter table app_hidden.fusion_measurements force row level security;
-- serves: the latest measurement of a version, and the foreign key from embedding_versions
create index if not exists fusion_measurements_version_id_idx on app_hidden.fusion_measurements (version_id, id desc);
comment on table app_hidden.fusion_measurements is 'How well cited sources are found with more or less weight on the vectors, over time: one row per measurement of a version. Kept for search_history_days.';
comment on column app_hidden.fusion_measurements.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.fusion_measurements.version_id is 'The embedding version.';
comment on column app_hidden.fusion_measurements.questions is 'Questions that were asked and found something that their answer cited.';
comment on column app_hidden.fusion_measurements.endorsed_questions is 'Those of them whose answer somebody thought good: each counts twice.';
comment on column app_hidden.fusion_measurements.vector_weight is 'The weight in force.';
comment on column app_hidden.fusion_measurements.points is '[{weight, ndcg, gain, gain_error}]: nDCG@10 of the cited sources with each weight, how much better than with the one in force, and the standard error of that.';
comment on column app_hidden.fusion_measurements.suggested_weight is 'The weight to take next; null when the one in force is not clearly worse, or there were too few questions.';
comment on column app_hidden.fusion_measurements.was_applied is 'Whether it was put in force.';
comment on column app_hidden.fusion_measurements.measured_at is 'When; derived from the id.';

do $types$
begin
  if to_regtype('app_private.fusion_question') is null then
    create type app_private.fusion_question as (
      workspace_id uuid, user_id uuid, question text, embedding extensions.halfvec, asked_at timestamptz, kinds app_public.source_type[],
      cited uuid[], is_endorsed boolean
    );
    create type app_public.vector_weight_point as (weight real, ndcg real, gain real, gain_error real);
    create type app_public.vector_weight_figure as (
      version_id uuid, version_name text, vector_weight real, is_fixed boolean, measured_at timestamptz, questions integer,
      endorsed_questions integer, measured_weight real, suggested_weight real, was_applied boolean, points app_public.vector_weight_point[]
    );
    alter type app_public.search_quality add attribute vector_weights app_public.vector_weight_figure[];
  end if;
end
$types$;
comment on type app_private.fusion_question is 'A question of a measurement: whose, and what its answer cited.';
comment on type app_public.vector_weight_point is 'How well cited sources are found with one weight of the vectors.';
comment on column app_public.vector_weight_point.weight is 'The weight of the vectors, 0 to 1; words have the rest.';
comment on column app_public.vector_weight_point.ndcg is 'nDCG@10 of the cited sources, 0 to 1: mean over the questions.';
comment on column app_public.vector_weight_point.gain is 'How much more that is than with the weight in force.';
comment on column app_public.vector_weight_point.gain_error is 'The standard error of the gain.';
comment on type app_public.vector_weight_figure is 'How much the vectors of an embedding version count in a hybrid search, and the latest measurement of it.';
comment on column app_public.vector_weight_figure.version_id is 'The embedding version.';
comment on column app_public.vector_weight_figure.version_name is 'Its name.';
comment on column app_public.vector_weight_figure.vector_weight is 'The weight in force, 0 to 1.';
comment on column app_public.vector_weight_figure.is_fixed is 'Whether an administrator has set it: measurements leave it alone.';
comment on column app_public.vector_weight_figure.measured_at is 'When it was last measured; null when it never was.';
comment on column app_public.vector_weight_figure.questions is 'Questions of users that the measurement asked and that found something their answer cited.';
comment on column app_public.vector_weight_figure.endorsed_questions is 'Those of them whose answer somebody thought good.';
comment on column app_public.vector_weight_figure.measured_weight is 'The weight that was in force then.';
comment on column app_public.vector_weight_figure.suggested_weight is 'The weight to take next; null when nothing is clearly better, or there were too few questions.';
comment on column app_public.vector_weight_figure.was_applied is 'Whether the suggestion was put in force.';
comment on column app_public.vector_weight_figure.points is 'What each weight would do.';
comment on column app_public.search_quality.vector_weights is 'How much vectors count per embedding version, the active one first, and how that was measured.';

--! Included policies/fusion_measurements.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.fusion_measurements;
create policy all_owner on app_hidden.fusion_measurements to colloquy_owner using (true) with check (true);
--! EndIncluded policies/fusion_measurements.sql
--! Included search/fusion_questions.sql
-- What a measurement of the fusion asks: questions that users asked, and what the answers cited. The latest answers of each workspace in
-- turn, so that one gives more than its share only where the others have no more. An answer that somebody thought bad is left out.
--
-- A citation says what was useful among what was found then, with the weight of that time. So it favours that weight, and a measurement
-- is slow to leave it, which is meant. What does not follow from the order of that time: sources count, not passages; each cited
-- source counts alike, wherever it stood; and what is newer than the question, as the question itself is, is not looked for.
-- Never the text of anybody leaves the database.
create or replace function app_private.fusion_questions(for_version uuid, most integer)
returns setof app_private.fusion_question
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
as $$
  with workspaces as materialized (
    select e.workspace_id
    from app_hidden.embedding_counts e
    join (select c.workspace_id, sum(c.chunk_count) as chunk_count from app_hidden.chunk_counts c group by c.workspace_id) as k
      on k.workspace_id = e.workspace_id
    -- where vectors are missing, what has one looks nearer than it is
    where e.version_id = for_version and e.embedding_count > 0 and e.embedding_count >= 0.95 * k.chunk_count
      and exists (select from app_public.message_chunks x where x.workspace_id = e.workspace_id)
    -- others on another day
    order by md5(e.workspace_id::text || current_date)
    limit 2 * most
  ),
  answers as materialized (
    select w.workspace_id, a.message_id, a.turn
    from workspaces w
    cross join lateral (
      select x.message_id, row_number() over (order by x.message_id desc) as turn
      from (
        -- ids are ordered by time: of the latest conversations
        select k.message_id from app_public.message_chunks k where k.workspace_id = w.workspace_id order by k.conversation_id desc limit 5 * most
      ) as x
      group by x.message_id
    ) as a
    where not exists (
      select from app_public.message_feedback f where f.message_id = a.message_id and (f.feedback_type = 'negative' or f.rating <= 2)
    )
    order by a.turn, a.message_id desc
    limit 3 * most
  ),
  asked as (
    select
      a.workspace_id, a.message_id, a.turn, m.conversation_id, coalesce(q.author_id, q.owner_id) as user_id, q.id as question_id, q.content,
      -- the same again says nothing new
      row_number() over (partition by a.workspace_id, lower(trim(q.content)) order by a.message_id desc) as repeated
    from answers a
    join app_public.messages m on m.id = a.message_id and m.workspace_id = a.workspace_id
    cross join lateral app_hidden.question_of(m) as q
    where q.id is not null and trim(q.content) <> ''
  )
  select
    a.workspace_id, a.user_id, left(a.content, 10000), vector.embedding, uuid_extract_timestamp(a.question_id), cited.kinds, cited.sources,
    exists (select from app_public.message_feedback f where f.message_id = a.message_id and (f.feedback_type = 'positive' or f.rating >= 4))
  from asked a
  -- who has left sees nothing any more
  join app_public.workspace_members w on w.workspace_id = a.workspace_id and w.user_id = a.user_id
  cross join lateral (
    select e.embedding
    from app_public.chunks c
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    where c.workspace_id = a.workspace_id and c.message_id = a.question_id
    order by c.chunk_index
    limit 1
  ) as vector
  cross join lateral (
    select
      array_agg(distinct coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id)) as sources,
      array_agg(distinct c.source_type) as kinds
    from app_public.message_chunks x
    join app_public.chunks c on c.workspace_id = x.workspace_id and c.id = x.chunk_id
    where x.message_id = a.message_id and x.workspace_id = a.workspace_id
      and (c.owner_id = a.user_id or c.visibility = 'workspace')
      -- what was said before in the same conversation is in the question's vector
      and c.conversation_id is distinct from a.conversation_id
  ) as cited
  where a.repeated = 1 and cited.sources is not null
  order by a.turn, a.message_id desc
  limit most;
$$;
comment on function app_private.fusion_questions(uuid, integer) is
  'Questions that users asked, each with its vector in a version and the sources that the answer cited, at most so many: each workspace in turn, the latest first.';

create or replace function app_hidden.fusion_to_measure()
returns table (version_id uuid, version_name text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.id, v.name
  from app_public.embedding_versions v
  where v.status in ('active', 'building')
    and exists (select from app_hidden.embedding_counts e where e.version_id = v.id and e.embedding_count > 0)
  order by v.status = 'active' desc, v.id;
$$;
comment on function app_hidden.fusion_to_measure() is 'Embedding versions that have vectors: the active one first, then those that are being built. For the job.';
grant execute on function app_hidden.fusion_to_measure() to colloquy_worker;
--! EndIncluded search/fusion_questions.sql
--! Included search/measure_vector_weight.sql
-- Measures how much the vectors of a version should count beside words, by what answers cited. Each question is asked once by meaning
-- and once by words, as whoever asked it, and what both find is put in order with each weight. A version that searches use moves by a
-- step a night, and only where the gain is clear; one that is being built has no weight of its own yet and takes the best. Everything
-- in one transaction: a run that is killed leaves nothing. One run at a time; its time is bounded, and what it has asked until then
-- counts. It must never return or keep the id of a tenant.

-- The order of sources that app_public.search gives to what its legs found: a source stands where its best similarity and its best words
-- put it. test/sql/fusion.test.ts compares the two.
create or replace function app_private.fused_ndcg(
  in_version uuid, workspace uuid, query_embedding extensions.halfvec, hits app_public.search_result[], cited uuid[], weights real[]
)
returns double precision[]
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  with passages as (
    select h.chunk_id, coalesce(h.document_id, h.message_id, h.memory_item_id, h.raw_event_id) as source, max(h.vector_score) as vector_score, max(h.text_score) as text_score
    from unnest(hits) as h
    group by 1, 2
  ),
  sources as materialized (
    select
      p.source, coalesce(max(p.text_score), 0) as by_words,
      max(greatest(coalesce(p.vector_score, (
        select (1 - (e.embedding operator(extensions.<=>) query_embedding))::real
        from app_public.embeddings e
        where e.version_id = in_version and e.workspace_id = fused_ndcg.workspace and e.chunk_id = p.chunk_id
      )), 0)) as by_meaning
    from passages p
    group by p.source
  ),
  ranked as (
    select w.number, s.source, row_number() over (partition by w.number order by w.weight * s.by_meaning + (1 - w.weight) * s.by_words desc, s.source desc) as place
    from unnest(weights) with ordinality as w (weight, number)
    cross join sources s
  )
  select array_agg(g.gained / g.ideal order by g.number)
  from (
    select
      r.number, coalesce(sum(1 / ln(r.place + 1)) filter (where r.place <= 10 and r.source = any (cited)), 0)::float8 as gained,
      (select sum(1 / ln(i + 1)) from generate_series(1, least(10, cardinality(cited))) as i)::float8 as ideal
    from ranked r
    group by r.number
  ) as g
  where exists (select from sources s where s.source = any (cited));
$$;
comment on function app_private.fused_ndcg(uuid, uuid, extensions.halfvec, app_public.search_result[], uuid[], real[]) is
  'nDCG@10 of the cited sources among what both legs of a search found, for each weight of the vectors; null when none of them was found.';

create or replace function app_hidden.measure_vector_weight(for_version uuid, seconds double precision default null)
returns setof app_hidden.fusion_measurements
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
as $$
declare
  -- a smaller gain is not worth another order of everybody's results
  least_gain constant double precision := 0.01;
  step constant real := 0.1;
  -- one that pleased somebody counts as two
  endorsed_count constant double precision := 2;
  least_questions integer := app_hidden.setting('search_vector_weight_minimum')::integer;
  deadline timestamptz := clock_timestamp() + make_interval(secs => coalesce(seconds, app_hidden.setting('search_vector_weight_seconds')::double precision));
  version app_public.embedding_versions;
  question app_private.fusion_question;
  earlier app_public.search_filters;
  by_meaning app_public.search_response;
  by_words app_public.search_response;
  weights real[];
  ndcgs double precision[];
  figures double precision[] := array[]::double precision[];
  counts double precision[] := array[]::double precision[];
  result app_hidden.fusion_measurements;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.measure_vector_weight')) then
    return;
  end if;
  select v.* into version from app_public.embedding_versions v where v.id = for_version and v.status <> 'archived';
  if version.id is null then
    raise exception 'There is no such embedding version, or it is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  -- the first is the one in force; with vectors alone, no word would count
  weights := array[version.vector_weight] || array(
    select (g / 10.0)::real from generate_series(0, 9) as g where (g / 10.0)::real <> version.vector_weight order by g
  );
  result.id := uuidv7();
  result.version_id := version.id;
  result.vector_weight := version.vector_weight;
  result.questions := 0;
  result.endorsed_questions := 0;
  result.was_applied := false;

  for question in select q.* from app_private.fusion_questions(version.id, app_hidden.setting('search_vector_weight_questions')::integer) as q loop
    exit when result.questions > 0 and clock_timestamp() > deadline;
    perform set_config('colloquy.user_id', question.user_id::text, true), set_config('colloquy.workspace_id', question.workspace_id::text, true),
      set_config('colloquy.scopes', '', true);
    earlier := null;
    earlier.created_before := question.asked_at;
    by_meaning := app_public.search(
      query => '', query_embedding => question.embedding, kinds => question.kinds, max_results => 50, mode => 'vector', filters => earlier,
      embedding_version_id => version.id
    );
    by_words := app_public.search(query => question.question, kinds => question.kinds, max_results => 50, mode => 'text', filters => earlier);
    ndcgs := app_private.fused_ndcg(
      version.id, question.workspace_id, question.embedding, by_meaning.results || by_words.results, question.cited, weights
    );
    -- what neither leg finds says nothing of the weight
    continue when ndcgs is null;
    result.questions := result.questions + 1;
    result.endorsed_questions := result.endorsed_questions + question.is_endorsed::integer;
    figures := figures || ndcgs;
    counts := counts || case when question.is_endorsed then endorsed_count else 1 end;
  end loop;
  perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true);
  if result.questions = 0 then
    return;
  end if;

  -- each weight beside the one in force, question by question: their difference has less noise than they have
  with asked as (
    select (f.place - 1) / cardinality(weights) + 1 as question, (f.place - 1) % cardinality(weights) + 1 as number, f.ndcg
    from unnest(figures) with ordinality as f (ndcg, place)
  ),
  compared as (
    select a.number, a.ndcg, a.ndcg - first_value(a.ndcg) over (partition by a.question order by a.number) as gain, counts[a.question] as count
    from asked a
  ),
  means as (
    select c.number, sum(c.count * c.ndcg) / sum(c.count) as ndcg, sum(c.count * c.gain) / sum(c.count) as gain
    from compared c
    group by c.number
  ),
  errors as (
    select c.number, sqrt(sum((c.count * (c.gain - m.gain)) ^ 2) * count(*) / greatest(count(*) - 1, 1)) / sum(c.count) as error
    from compared c
    join means m on m.number = c.number
    group by c.number
  )
  select jsonb_agg(
    jsonb_build_object('weight', weights[m.number], 'ndcg', m.ndcg::real, 'gain', m.gain::real, 'gain_error', e.error::real) order by weights[m.number]
  )
  into result.points
  from means m
  join errors e on e.number = m.number;

  if result.questions >= least_questions then
    select case when version.status = 'building' then best.weight else (
      -- towards the best, but never through what is worse
      select p.weight
      from jsonb_populate_recordset(null::app_public.vector_weight_point, result.points) as p
      where abs(p.weight - version.vector_weight) < step + 0.001 and p.gain >= 0 and (p.weight > version.vector_weight) = (best.weight > version.vector_weight)
      order by abs(p.weight - best.weight)
      limit 1
    ) end
    into result.suggested_weight
    from (
      select p.*
      from jsonb_populate_recordset(null::app_public.vector_weight_point, result.points) as p
      order by p.ndcg desc, abs(p.weight - version.vector_weight)
      limit 1
    ) as best
    -- not by chance: two standard errors
    where best.gain >= least_gain and best.gain > 2 * best.gain_error;
  end if;

  if result.suggested_weight is not null and app_hidden.setting('search_vector_weight_auto') = 'on'
    -- one step a night, however often somebody measures
    and (version.status = 'building' or not exists (
      select
      from app_hidden.fusion_measurements m
      where m.version_id = version.id and m.was_applied and m.id > app_hidden.uuidv7_floor(clock_timestamp() - interval '20 hours')
    ))
  then
    update app_public.embedding_versions v
    set vector_weight = result.suggested_weight
    -- what an administrator has set meanwhile stays
    where v.id = version.id and not v.vector_weight_is_fixed and v.vector_weight = version.vector_weight;
    result.was_applied := found;
  end if;
  insert into app_hidden.fusion_measurements (id, version_id, questions, endorsed_questions, vector_weight, points, suggested_weight, was_applied)
  values (
    result.id, result.version_id, result.questions, result.endorsed_questions, result.vector_weight, result.points, result.suggested_weight, result.was_applied
  )
  returning * into result;
  return next result;
end
$$;
comment on function app_hidden.measure_vector_weight(uuid, double precision) is
  'Measures by citations how much the vectors of a version should count, writes it down, and puts it in force if the settings say so and no administrator has fixed it. No row: another run is at work, or there is nothing to ask. Error: CQ204 no such version.';
grant execute on function app_hidden.measure_vector_weight(uuid, double precision) to colloquy_worker;
--! EndIncluded search/measure_vector_weight.sql
--! Included search/set_vector_weight.sql
-- How much the vectors of a version count, set by hand. Measurements then leave it alone, until it is given back to them.
create or replace function app_public.set_vector_weight(version_id uuid, vector_weight real default null)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
#variable_conflict use_variable
declare
  before app_public.embedding_versions;
  result app_public.embedding_versions;
begin
  perform app_private.require_administrator();
  if vector_weight not between 0 and 1 then
    raise exception 'vectorWeight is 0 to 1, not %.', vector_weight using errcode = 'CQ200', hint = 'Leave it out to have it measured.';
  end if;
  select v.* into before from app_public.embedding_versions v where v.id = version_id for no key update;
  if before.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if before.status = 'archived' then
    raise exception 'The embedding version "%" is archived: its vectors are gone.', before.name using errcode = 'CQ304', hint = 'Take one that is kept.';
  end if;
  update app_public.embedding_versions v
  set vector_weight = coalesce(set_vector_weight.vector_weight, v.vector_weight), vector_weight_is_fixed = set_vector_weight.vector_weight is not null
  where v.id = before.id
  returning v.* into result;
  perform app_private.log_event(
    'embedding_version.weighed', app_hidden.current_user_id(), null, 'embedding_version', result.id,
    jsonb_build_object('vector_weight', before.vector_weight, 'vector_weight_is_fixed', before.vector_weight_is_fixed),
    jsonb_build_object('vector_weight', result.vector_weight, 'vector_weight_is_fixed', result.vector_weight_is_fixed)
  );
  return result;
end
$$;
comment on function app_public.set_vector_weight(uuid, real) is
  'Sets how much the vectors of a version count in a hybrid search, 0 to 1, and keeps measurements from changing it; without a weight these may again. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 not 0 to 1, CQ204 no such version, CQ304 it is archived, CQ409 busy: try again.';
grant execute on function app_public.set_vector_weight(uuid, real) to colloquy_admin;
--! EndIncluded search/set_vector_weight.sql
--! Included search/latest_vector_weights.sql
-- What an administrator asks about the fusion: how much vectors count, and what was measured last. It names no tenant.
create or replace function app_private.latest_vector_weights()
returns setof app_public.vector_weight_figure
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    v.id, v.name, v.vector_weight, v.vector_weight_is_fixed, m.measured_at, coalesce(m.questions, 0), coalesce(m.endorsed_questions, 0),
    m.vector_weight, m.suggested_weight, coalesce(m.was_applied, false),
    array(select p from jsonb_populate_recordset(null::app_public.vector_weight_point, m.points) as p order by p.weight)
  from app_public.embedding_versions v
  left join lateral (
    select f.* from app_hidden.fusion_measurements f where f.version_id = v.id order by f.id desc limit 1
  ) as m on true
  where v.status in ('active', 'building')
  order by v.status = 'active' desc, v.id;
$$;
comment on function app_private.latest_vector_weights() is 'How much the vectors of each version count, active or building, with its latest measurement.';
--! EndIncluded search/latest_vector_weights.sql
--! Included search/search_quality.sql
-- What an administrator asks about searches: the latest measurements, and what was counted. It names no tenant.
create or replace function app_private.latest_recall()
returns setof app_public.recall_figure
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    v.id, v.name, m.size_class, m.source, uuid_extract_timestamp(m.id), m.recall, m.recall >= app_hidden.setting('search_recall_objective')::real,
    m.queries, m.index_queries, m.filtered_queries, m.filtered_recall, m.short_returns, m.scan_limit_hits, m.exact_p50_ms, m.exact_p95_ms, m.index_p50_ms, m.index_p95_ms,
    m.ef_search, app_private.search_ef_search(v), m.suggested_ef_search, m.suggested_recall, m.suggested_exact_limit
  from app_public.embedding_versions v
  cross join lateral (
    select distinct on (r.size_class) r.* from app_hidden.recall_measurements r where r.version_id = v.id order by r.size_class, r.id desc
  ) as m
  where v.status in ('active', 'building')
  order by v.status = 'active' desc, v.id, m.size_class desc;
$$;
comment on function app_private.latest_recall() is 'The latest measurement per version, active or building, and size of workspaces.';

create or replace function app_public.search_quality(days integer default 7)
returns app_public.search_quality
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.search_quality;
begin
  perform app_private.require_administrator();
  days := coalesce(days, 7);
  if days not between 1 and 400 then
    raise exception 'days is 1 to 400, not %.', days using errcode = 'CQ200', hint = 'Ask for fewer.';
  end if;
  result.objective := app_hidden.setting('search_recall_objective')::real;
  result.recall := array(select f from app_private.latest_recall() as f);
  result.vector_weights := array(select f from app_private.latest_vector_weights() as f);
  result.searches := array(
    select row(
      s.version_id, s.size_class, s.path, sum(s.searches), sum(s.short_returns), sum(s.lost_returns), sum(s.scan_limit_hits)
    )::app_public.search_count
    from app_hidden.search_statistics s
    where s.day > (now() at time zone 'UTC')::date - days
    group by s.version_id, s.size_class, s.path
    order by s.version_id, s.size_class desc, s.path
  );
  return result;
end
$$;
comment on function app_public.search_quality(integer) is
  'The latest measurements of recall per embedding version and size of workspaces, how much the vectors of each version count, and the searches of the last days, counted. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument.';
grant execute on function app_public.search_quality(integer) to colloquy_admin;
--! EndIncluded search/search_quality.sql
--! Included lifecycle/delete_search_history.sql
-- What is kept of searches, once it is old: samples after search_sample_days, counts and measurements after
-- search_history_days. Never the latest measurement of a version and size, which says how it is.
create or replace function app_hidden.delete_search_history(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
  removed integer := 0;
  samples_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('search_sample_days')::integer);
  history_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('search_history_days')::integer);
begin
  perform app_private.require_batch(max_rows);
  delete from app_hidden.search_samples s
  where s.id in (
    select e.id from app_hidden.search_samples e where e.id < app_hidden.uuidv7_floor(samples_since) order by e.id limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  removed := removed + gone;
  delete from app_hidden.search_statistics s
  where s.id in (
    select e.id from app_hidden.search_statistics e
    where e.day < (history_since at time zone 'UTC')::date limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  removed := removed + gone;
  delete from app_hidden.recall_measurements m
  where m.id in (
    select e.id
    from app_hidden.recall_measurements e
    where e.id < app_hidden.uuidv7_floor(history_since)
      and exists (
        select from app_hidden.recall_measurements n where n.version_id = e.version_id and n.size_class = e.size_class and n.id > e.id
      )
    limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  removed := removed + gone;
  delete from app_hidden.fusion_measurements m
  where m.id in (
    select e.id
    from app_hidden.fusion_measurements e
    where e.id < app_hidden.uuidv7_floor(history_since)
      and exists (select from app_hidden.fusion_measurements n where n.version_id = e.version_id and n.id > e.id)
    limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return removed + gone;
end
$$;
comment on function app_hidden.delete_search_history(integer) is
  'Removes samples, counts and measurements of searches that are old (search_sample_days, search_history_days), at most so many of each. Returns how many. For the job.';
grant execute on function app_hidden.delete_search_history(integer) to colloquy_worker;
--! EndIncluded lifecycle/delete_search_history.sql
