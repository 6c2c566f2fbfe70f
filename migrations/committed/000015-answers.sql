--! Previous: sha1:3745a9526990352949718c65585abb7db50e792b
--! Hash: sha1:df609435d0d5420cf9c6ac35a6761da472cad469
--! Message: answers

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

alter table app_hidden.conversation_archives drop constraint if exists conversation_archives_counts_positive;
alter table app_hidden.conversation_archives drop constraint if exists conversation_archives_message_count_positive;
-- squawk-ignore ban-drop-column
alter table app_hidden.conversation_archives drop column if exists feedback_count;
-- squawk-ignore ban-drop-column
alter table app_hidden.conversation_archives drop column if exists citation_count;
alter table app_hidden.conversation_archives add constraint conversation_archives_message_count_positive check (message_count >= 0);

-- Pages and lookups cost what they show.

-- Below row-level security every query of messages knows their workspace, and to the planner a workspace and one of its
-- conversations are two reasons for there being few rows: it went by this index, and read all messages of the conversation, where
-- another has the order or the row that is asked for. The foreign key goes by the conversation.
-- An index of partitions cannot be dropped concurrently.
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.messages_workspace_id_conversation_id_idx;

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
