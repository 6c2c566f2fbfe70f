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
