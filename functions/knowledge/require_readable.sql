-- Whoever may read a thing and write in the workspace may tag it. This is the first half of that.
create or replace function app_private.require_readable(entity_type app_public.taggable_type, entity_id uuid)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
begin
  if not coalesce(case require_readable.entity_type
    when 'document' then exists (
      select from app_public.documents e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
    when 'repository' then exists (
      select from app_public.repositories e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
    when 'conversation' then exists (
      select from app_public.conversations e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
    when 'memory_item' then exists (
      select from app_public.memory_items e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
  end, false) then
    raise exception 'There is no such %.', coalesce(replace(require_readable.entity_type::text, '_', ' '), 'thing')
      using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
end
$$;
comment on function app_private.require_readable(app_public.taggable_type, uuid) is 'Raises CQ204 when the caller may not read a thing in the workspace of this request.';
