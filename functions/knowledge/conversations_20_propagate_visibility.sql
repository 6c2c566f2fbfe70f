-- As for documents (documents_20_propagate_visibility): what was made private is unfindable at once, and unreadable where it was
-- cited.
create or replace function app_private.propagate_conversation_visibility()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.chunks c
  set visibility = new.visibility, owner_id = new.owner_id
  where c.workspace_id = new.workspace_id and c.conversation_id = new.id;
  update app_hidden.cited_passages p
  set visibility = new.visibility, owner_id = new.owner_id
  where p.workspace_id = new.workspace_id and p.conversation_id = new.id;
  update app_public.files f
  set visibility = new.visibility
  from app_public.generated_images i
  where i.workspace_id = new.workspace_id and i.conversation_id = new.id and f.id = i.file_id
    and f.workspace_id = new.workspace_id and f.visibility <> new.visibility;
  if old.owner_id <> new.owner_id then
    update app_public.messages m
    set owner_id = new.owner_id
    where m.conversation_id = new.id and m.id >= new.id and m.id <= new.last_message_id;
  end if;
  return null;
end
$$;
comment on function app_private.propagate_conversation_visibility() is 'Trigger: hands owner and visibility of a conversation to its chunks and to what was cited of it, the visibility to the bytes of its images, and the owner to its messages.';

create or replace trigger conversations_20_propagate_visibility
after update of visibility, owner_id on app_public.conversations
for each row when (old.visibility <> new.visibility or old.owner_id <> new.owner_id)
execute function app_private.propagate_conversation_visibility();
