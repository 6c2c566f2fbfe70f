-- Memories whose time has come, from an id on: never one that holds. The days count from its end, which is when it was forgotten, when
-- another took its place, or when it expired. What a narrower legal hold keeps is not due. Inlined: no settings.
create or replace function app_private.due_memory_items(
  for_workspace uuid, due_before timestamptz, after_id uuid, max_rows integer, among uuid[]
)
returns table (id uuid, at timestamptz, bytes bigint, partition regclass)
language sql
stable
as $$
  select m.id, least(upper(m.validity), m.expires_at), octet_length(m.content)::bigint, null::regclass
  from app_public.memory_items m
  where m.workspace_id = for_workspace and m.id < app_hidden.uuidv7_floor(due_before)
    and (after_id is null or m.id > after_id) and (among is null or m.id = any (among))
    and (not upper_inf(m.validity) or m.expires_at is not null) and least(upper(m.validity), m.expires_at) < due_before
    and not exists (
      select from app_private.narrow_holds(for_workspace, 'memory_items') h
      where h.user_id = m.owner_id
        or h.scope <> 'document' and exists (select from app_hidden.cited_passages p where p.memory_item_id = m.id)
    )
  order by m.id
  limit max_rows;
$$;
comment on function app_private.due_memory_items(uuid, timestamptz, uuid, integer, uuid[]) is
  'Memories of a workspace that ended before a time; after an id, at most so many, only among some.';
-- Deliberately not granted: app_private.retention_due calls it.
