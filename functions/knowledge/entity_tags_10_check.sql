-- A trigger keeps what a foreign key cannot: a tagged thing exists in the workspace of the tag.
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
