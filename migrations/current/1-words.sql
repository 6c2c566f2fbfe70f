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

--!include search/text_lexemes.sql
--!include search/text_search_vector.sql
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
--!include search/read_question.sql

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
--!include policies/workspace_words.sql
--!include policies/word_samples.sql
--!include search/workspace_words.sql
-- of what is indexed already
insert into app_hidden.workspace_words (workspace_id, word)
select c.workspace_id, l.word
from app_public.chunks c
cross join lateral unnest(tsvector_to_array(c.text_search)) as l (word)
where l.word ~ '^[^\d\s[:punct:]]{4,40}$'
group by 1, 2
on conflict on constraint workspace_words_pkey do nothing;
--!include search/split_words.sql

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
--!include search/conditions.sql
--!include search/chunk_totals.sql
--!include search/snippet.sql
drop function if exists app_private.search_text_plain(uuid, uuid, uuid, tsquery, app_public.source_type[], integer, uuid[], app_public.search_filters, text[], bigint[], tsquery[], tsquery[], integer);
--!include search/legs.sql
--!include search/search.sql
--!include search/narrow.sql
--!include search/search_facts.sql
--!include search/record_searches.sql
--!include search/search_quality.sql
--!include search/measure_recall.sql
--!include memory/recall.sql
