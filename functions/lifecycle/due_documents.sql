-- Documents whose time has come, from an id on: a document lives by its last change by a person. One that was read from a file goes with
-- the file. What a narrower legal hold keeps is not due. Inlined: no settings.
create or replace function app_private.due_documents(
  for_workspace uuid, due_before timestamptz, after_id uuid, max_rows integer, among uuid[]
)
returns table (id uuid, at timestamptz, bytes bigint, partition regclass)
language sql
stable
as $$
  select d.id, d.updated_at, octet_length(d.content)::bigint, null::regclass
  from app_public.documents d
  where d.workspace_id = for_workspace and d.id < app_hidden.uuidv7_floor(due_before)
    and (after_id is null or d.id > after_id) and (among is null or d.id = any (among))
    and d.file_id is null and d.updated_at < due_before
    and not exists (
      select from app_private.narrow_holds(for_workspace, 'documents') h
      where h.document_id = d.id or h.user_id = d.owner_id
    )
  order by d.id
  limit max_rows;
$$;
comment on function app_private.due_documents(uuid, timestamptz, uuid, integer, uuid[]) is
  'Documents of a workspace that nobody changed since a time, but for those of files; after an id, at most so many, only among some.';
-- Deliberately not granted: app_private.retention_due calls it.
