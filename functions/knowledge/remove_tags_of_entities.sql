-- Triggers keep what a foreign key cannot: the tags of a thing go with it.
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
