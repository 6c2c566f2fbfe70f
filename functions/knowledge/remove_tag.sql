-- Security definer: whoever may read a thing and write in the workspace may take a tag from it.
create or replace function app_public.remove_tag(name text, entity_type app_public.taggable_type, entity_id uuid)
returns app_public.entity_tags
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.entity_tags;
begin
  perform app_hidden.require_member(for_writing => true);
  perform app_private.require_readable(remove_tag.entity_type, remove_tag.entity_id);
  delete from app_public.entity_tags e
  using app_public.tags t
  where t.workspace_id = app_hidden.current_workspace_id() and t.name = trim(remove_tag.name)::citext
    and e.tag_id = t.id and e.entity_type = remove_tag.entity_type and e.entity_id = remove_tag.entity_id
  returning e.* into result;
  if result.tag_id is null then
    raise exception 'It has no such tag.' using errcode = 'CQ204', hint = 'Upper and lower case do not matter.';
  end if;
  return result;
end
$$;
comment on function app_public.remove_tag(text, app_public.taggable_type, uuid) is
  'Takes a tag from a thing. Errors: CQ101 not signed in, CQ109 read-only, CQ120 kept by a legal hold, CQ204 no such thing or tag.';
grant execute on function app_public.remove_tag(text, app_public.taggable_type, uuid) to colloquy_user, colloquy_admin;
