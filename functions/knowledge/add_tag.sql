-- Security definer: whoever may read a thing and write in the workspace may tag it.
create or replace function app_public.add_tag(name text, entity_type app_public.taggable_type, entity_id uuid)
returns app_public.entity_tags
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  tag uuid;
  result app_public.entity_tags;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(char_length(trim(add_tag.name)), 0) not between 1 and 100 then
    raise exception 'A tag has 1 to 100 characters.' using errcode = 'CQ200', column = 'name', hint = 'Choose a short name.';
  end if;
  perform app_private.require_readable(add_tag.entity_type, add_tag.entity_id);
  insert into app_public.tags as t (workspace_id, name) values (workspace, trim(add_tag.name)::citext)
  -- an update of nothing: it waits for the same tag made at the same time, and gives its id
  on conflict (workspace_id, name) do update set name = t.name
  returning t.id into tag;
  insert into app_public.entity_tags (workspace_id, tag_id, entity_type, entity_id)
  values (workspace, tag, add_tag.entity_type, add_tag.entity_id)
  on conflict do nothing;
  select t.* into result from app_public.entity_tags t
  where t.tag_id = tag and t.entity_type = add_tag.entity_type and t.entity_id = add_tag.entity_id;
  return result;
end
$$;
comment on function app_public.add_tag(text, app_public.taggable_type, uuid) is
  'Gives a thing a tag, making the tag when it is new. Done twice, it changes nothing. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable name, CQ204 no such thing.';
grant execute on function app_public.add_tag(text, app_public.taggable_type, uuid) to colloquy_user, colloquy_admin;
