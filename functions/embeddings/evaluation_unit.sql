-- Sources and not passages are what should be found, since the version that searches now has found the passages itself.
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
