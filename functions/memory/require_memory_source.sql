-- What a memory was learned from must be something that its owner may read: else an id would tell whether it exists.
create or replace function app_private.require_memory_source(workspace uuid, caller uuid, source_type app_public.memory_source_type, source_id uuid)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if require_memory_source.source_id is not null and not (
    case require_memory_source.source_type
      when 'document' then exists (
        select from app_public.documents d
        where d.workspace_id = workspace and d.id = require_memory_source.source_id and (d.owner_id = caller or d.visibility = 'workspace')
      )
      when 'chat' then exists (
        select from app_public.conversations c
        where c.workspace_id = workspace and (c.owner_id = caller or c.visibility = 'workspace')
          and c.id in (
            require_memory_source.source_id,
            coalesce((select m.conversation_id from app_public.messages m where m.id = require_memory_source.source_id), app_private.packed_conversation_of(require_memory_source.source_id))
          )
      )
      else exists (
        select from app_public.raw_events e
        where e.workspace_id = workspace and e.id = require_memory_source.source_id and (e.owner_id = caller or e.visibility = 'workspace')
      )
    end
  ) then
    raise exception 'There is no such source.' using errcode = 'CQ204', hint = 'sourceId must be something that you may read in this workspace.';
  end if;
end
$$;
comment on function app_private.require_memory_source(uuid, uuid, app_public.memory_source_type, uuid) is
  'Raises CQ204 unless the source of a memory is one that its owner may read in this workspace; no source is fine.';
-- Deliberately not granted: app_public.remember calls it.
