-- The passages of an event as rows: each under who spoke, the day and the beginning of its thread, which count less than its own words, as
-- with messages (message_contexts). The vector of the first is made with the thread and the speaker.
create or replace function app_private.event_passages(event app_public.raw_events, said jsonb)
returns table (
  chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer, lead_in text,
  context_near text, content_hash bytea, text_search_language app_public.text_search_language, is_language_recognized boolean
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    p.chunk_index, p.content, p.heading, p.start_offset, p.end_offset, p.token_count, beginning.lead_in,
    nullif(concat_ws(
      E'\n', said ->> 'speaker', app_private.date_words((said ->> 'occurredAt')::timestamptz, workspace.language::text),
      app_private.beginning_of(said ->> 'context', 400)
    ), ''),
    app_hidden.text_hash(concat_ws(E'\n', beginning.lead_in, p.heading, p.content)),
    coalesce(app_private.recognized_language(workspace.language, p.language), workspace.language),
    app_private.recognized_language(workspace.language, p.language) is not null
  from (select app_private.workspace_language(event.workspace_id) as language offset 0) as workspace
  cross join jsonb_to_recordset(said -> 'passages') as p (
    chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer, language text
  )
  cross join lateral (
    select case when p.chunk_index = 0 then
      nullif(concat_ws(E'\n', app_private.beginning_of(said ->> 'context', 160), (said ->> 'speaker') || ':'), '')
    end as lead_in
  ) as beginning;
$$;
comment on function app_private.event_passages(app_public.raw_events, jsonb) is 'The rows that the passages of an event become.';
-- Deliberately not granted: store_event_passages calls it.
