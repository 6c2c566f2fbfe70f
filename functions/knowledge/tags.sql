-- Tags. Sealed: whoever may read a thing and write in the workspace may tag it. Triggers keep what a foreign key cannot: a
-- tagged thing exists in the workspace of the tag, and its tags go with it.
create or replace function app_private.check_tagged_entity()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- the lock makes a removal at the same time wait, and then find this tag
  case new.entity_type
    when 'document' then perform from app_public.documents e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
    when 'repository' then perform from app_public.repositories e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
    when 'conversation' then perform from app_public.conversations e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
    when 'memory_item' then perform from app_public.memory_items e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
  end case;
  if not found then
    raise exception 'There is no such %.', replace(new.entity_type::text, '_', ' ') using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return new;
end
$$;
comment on function app_private.check_tagged_entity() is 'Trigger: raises CQ204 when a tagged thing is not there.';

create or replace trigger entity_tags_10_check
before insert or update on app_public.entity_tags
for each row execute function app_private.check_tagged_entity();

create or replace function app_private.remove_tags_of_entities()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_public.entity_tags t
  using gone_entities g
  where t.entity_id = g.id and t.entity_type = tg_argv[0]::app_public.taggable_type;
  return null;
end
$$;
comment on function app_private.remove_tags_of_entities() is 'Trigger: removes the tags of things that are gone.';

create or replace trigger documents_30_untag after delete on app_public.documents
referencing old table as gone_entities for each statement execute function app_private.remove_tags_of_entities('document');
create or replace trigger repositories_30_untag after delete on app_public.repositories
referencing old table as gone_entities for each statement execute function app_private.remove_tags_of_entities('repository');
create or replace trigger conversations_30_untag after delete on app_public.conversations
referencing old table as gone_entities for each statement execute function app_private.remove_tags_of_entities('conversation');
create or replace trigger memory_items_30_untag after delete on app_public.memory_items
referencing old table as gone_entities for each statement execute function app_private.remove_tags_of_entities('memory_item');

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
    raise exception 'A tag has 1 to 100 characters.' using errcode = 'CQ200', hint = 'Choose a short name.';
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
  'Takes a tag from a thing. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such thing or tag.';
grant execute on function app_public.remove_tag(text, app_public.taggable_type, uuid) to colloquy_user, colloquy_admin;
