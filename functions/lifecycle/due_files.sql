-- Files whose time has come, from an id on: a file lives by its last change and by that of the document that was read from it. One that
-- was sent in a conversation stays as long as that. What a narrower legal hold keeps is not due. Inlined: no settings.
create or replace function app_private.due_files(
  for_workspace uuid, due_before timestamptz, after_id uuid, max_rows integer, among uuid[]
)
returns table (id uuid, at timestamptz, bytes bigint, partition regclass)
language sql
stable
as $$
  select f.id, greatest(f.updated_at, d.updated_at), coalesce(f.byte_size, 0) + coalesce(d.bytes, 0), null::regclass
  from app_public.files f
  cross join lateral (
    select max(x.updated_at) as updated_at, sum(octet_length(x.content))::bigint as bytes
    from app_public.documents x
    where x.workspace_id = f.workspace_id and x.file_id = f.id
  ) as d
  where f.workspace_id = for_workspace and f.id < app_hidden.uuidv7_floor(due_before)
    and (after_id is null or f.id > after_id) and (among is null or f.id = any (among))
    and f.conversation_id is null and greatest(f.updated_at, d.updated_at) < due_before
    and not exists (
      select from app_private.narrow_holds(for_workspace, 'files') h
      where h.user_id = f.owner_id
        or exists (
          select from app_public.documents x
          where x.workspace_id = f.workspace_id and x.file_id = f.id and (x.id = h.document_id or x.owner_id = h.user_id)
        )
    )
  order by f.id
  limit max_rows;
$$;
comment on function app_private.due_files(uuid, timestamptz, uuid, integer, uuid[]) is
  'Files of a workspace that are in no conversation and did not change since a time; after an id, at most so many, only among some.';
-- Deliberately not granted: app_private.retention_due calls it.
