--! Previous: sha1:f9fc7ba1c5d3aa30492d28fa20b81a0b9488841c
--! Hash: sha1:cd6c80cf0538f25d434737ed235bb79816e73bdd
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

create type app_public.explained_chunk as (
  chunk_id uuid,
  rank integer,
  similarity_score real,
  text_score real,
  score real,
  embedding_version_id uuid,
  is_available boolean,
  source_type app_public.source_type,
  title text,
  content text
);
comment on type app_public.explained_chunk is 'A chunk that an answer used.';
comment on column app_public.explained_chunk.chunk_id is 'The chunk.';
comment on column app_public.explained_chunk.rank is 'Place among the chunks of the answer, from 1.';
comment on column app_public.explained_chunk.similarity_score is 'Cosine similarity to the question, -1 to 1.';
comment on column app_public.explained_chunk.text_score is 'Rank of the text match; null when only the vector matched.';
comment on column app_public.explained_chunk.score is 'What the search ordered it by.';
comment on column app_public.explained_chunk.embedding_version_id is 'Embedding version that found it.';
comment on column app_public.explained_chunk.is_available is 'Whether it can be read: not when its source was cut anew or removed since, or is not for the reader.';
comment on column app_public.explained_chunk.source_type is 'What it is a piece of, when it is available.';
comment on column app_public.explained_chunk.title is 'Title of its source, when it is available.';
comment on column app_public.explained_chunk.content is 'Its text, when it is available.';

create type app_public.answer_explanation as (
  message_id uuid,
  question_id uuid,
  question text,
  retrieval jsonb,
  chunks app_public.explained_chunk[]
);
comment on type app_public.answer_explanation is 'What an answer was made of.';
comment on column app_public.answer_explanation.message_id is 'The answer.';
comment on column app_public.answer_explanation.question_id is 'The question that it answers.';
comment on column app_public.answer_explanation.question is 'Text of the question.';
comment on column app_public.answer_explanation.retrieval is 'Settings of the search, as the turn was recorded with metadata.retrieval.';
comment on column app_public.answer_explanation.chunks is 'The chunks it used, best first.';

create type app_public.replayed_chunk as (
  chunk_id uuid,
  cited_rank integer,
  rank integer,
  title text,
  score real
);
comment on type app_public.replayed_chunk is 'A chunk that an answer used, or that a search for its question finds now, or both.';
comment on column app_public.replayed_chunk.chunk_id is 'The chunk.';
comment on column app_public.replayed_chunk.cited_rank is 'Place among the chunks of the answer; null when it was not used.';
comment on column app_public.replayed_chunk.rank is 'Place among what is found now; null when it is not.';
comment on column app_public.replayed_chunk.title is 'Title of its source, when it is found.';
comment on column app_public.replayed_chunk.score is 'What the search orders it by now.';

create type app_public.retrieval_replay as (
  message_id uuid,
  embedding_version_id uuid,
  path text,
  has_vector boolean,
  overlap real,
  chunks app_public.replayed_chunk[]
);
comment on type app_public.retrieval_replay is 'What a search for the question of an answer finds now, beside what the answer used.';
comment on column app_public.retrieval_replay.message_id is 'The answer.';
comment on column app_public.retrieval_replay.embedding_version_id is 'Embedding version that was searched.';
comment on column app_public.retrieval_replay.path is 'How vectors were compared.';
comment on column app_public.retrieval_replay.has_vector is 'Whether the question has a vector in that version; without one it was searched by words alone.';
comment on column app_public.retrieval_replay.overlap is 'Share of the chunks of the answer that are found again, 0 to 1; null when it used none.';
comment on column app_public.retrieval_replay.chunks is 'The chunks of both, those of the answer first.';
