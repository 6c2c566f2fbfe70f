--! Previous: sha1:aa2e292daa5e797f0dbe51fec0f4a4ccaf0c7382
--! Hash: sha1:1986a4c0a3a57c4f8c0f2ae6e7c7d2f3a7385e8c
--! Message: retrieval

--! split: 1-current.sql
-- Retrieval at full depth: narrower searches, how well they do, and what an answer was made of.

-- serves: a search with a typo in the title, within one workspace
create index documents_title_idx on app_public.documents using gin (workspace_id, title extensions.gin_trgm_ops);
create index conversations_title_idx on app_public.conversations using gin (workspace_id, title extensions.gin_trgm_ops);
-- serves: an exact search of a kind that is rare in its workspace
create index chunks_source_type_idx on app_public.chunks (workspace_id, source_type, id);
-- serves: whether a search that found too little has a cold tier to look into; holds only that
create index chunks_cold_idx on app_public.chunks (workspace_id) where tier = 'cold';

create type app_public.search_filters as (
  document_id uuid,
  conversation_id uuid,
  repository_id uuid,
  tag_ids uuid[],
  tags text[],
  content_types text[],
  code_languages text[],
  text_search_languages text[],
  created_after timestamptz,
  created_before timestamptz,
  metadata jsonb,
  include_cold boolean
);
comment on type app_public.search_filters is 'What narrows a search. What is null narrows nothing; of several, all must hold. An id of something that the caller may not read finds nothing, as an unknown one does.';
comment on column app_public.search_filters.document_id is 'Only this document.';
comment on column app_public.search_filters.conversation_id is 'Only messages of this conversation.';
comment on column app_public.search_filters.repository_id is 'Only documents of this repository.';
comment on column app_public.search_filters.tag_ids is 'Only what has one of these tags: documents, conversations, memories.';
comment on column app_public.search_filters.tags is 'The same by the names of the tags.';
comment on column app_public.search_filters.content_types is 'Only documents of one of these content types.';
comment on column app_public.search_filters.code_languages is 'Only documents of one of these programming languages.';
comment on column app_public.search_filters.text_search_languages is 'Only texts in one of these languages.';
comment on column app_public.search_filters.created_after is 'Only what was made at this time or later: the document, message, memory or event.';
comment on column app_public.search_filters.created_before is 'Only what was made before this time.';
comment on column app_public.search_filters.metadata is 'Only what has all of this in its metadata: the document, conversation, memory or event.';
comment on column app_public.search_filters.include_cold is 'Whether the cold tier is searched with the others, instead of only after them when they find too little.';

create type app_private.search_hit as (
  chunk_id uuid,
  leg app_public.search_mode,
  place bigint,
  score real,
  importance real,
  is_cold boolean
);
comment on type app_private.search_hit is 'What one leg of a search found, and at which place.';

create type app_public.title_match as (
  source_type app_public.source_type,
  document_id uuid,
  conversation_id uuid,
  title text,
  similarity real
);
comment on type app_public.title_match is 'A document or conversation whose title resembles what was asked for.';
comment on column app_public.title_match.source_type is 'document, or message for a conversation.';
comment on column app_public.title_match.document_id is 'The document, if it is one.';
comment on column app_public.title_match.conversation_id is 'The conversation, if it is one.';
comment on column app_public.title_match.title is 'The title.';
comment on column app_public.title_match.similarity is 'How much of what was asked for is in the title, 0 to 1, by groups of three letters.';
