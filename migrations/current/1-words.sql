-- Any word matches: what text search sees of a chunk, and what a search tells of its legs.

alter table app_public.chunks add column if not exists context_near text;
alter table app_public.chunks add column if not exists context_far text;
alter table app_public.chunks drop constraint if exists chunks_context_length;
alter table app_public.chunks add constraint chunks_context_length
  check (char_length(context_near) <= 2000 and char_length(context_far) <= 2000);
comment on column app_public.chunks.context_near is 'What stands right beside it and is found with it at lower weight: of a message, the messages before and after it. Null for what stands by itself.';
comment on column app_public.chunks.context_far is 'The same, one step further away, at lower weight still.';

--!include search/text_search_vector.sql
alter table app_public.chunks alter column text_search set expression as (
  app_hidden.text_search_vector(text_search_language, heading, content, context_near, context_far)
);
drop function if exists app_hidden.text_search_vector(text, text, text);
