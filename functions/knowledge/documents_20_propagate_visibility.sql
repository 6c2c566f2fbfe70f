-- Chunks carry owner and visibility of their source, so that search needs no join to decide who may read what; passages that were
-- cited carry them because their source may be gone. This trigger keeps them equal in the same transaction: what was made
-- private is unfindable at once, and unreadable where it was cited.
create or replace function app_private.propagate_document_visibility()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.chunks c
  set visibility = new.visibility, owner_id = new.owner_id
  where c.workspace_id = new.workspace_id and c.document_id = new.id;
  update app_hidden.cited_passages p
  set visibility = new.visibility, owner_id = new.owner_id
  where p.workspace_id = new.workspace_id and p.document_id = new.id;
  return null;
end
$$;
comment on function app_private.propagate_document_visibility() is 'Trigger: hands owner and visibility of a document to its chunks, and to what was cited of it.';

create or replace trigger documents_20_propagate_visibility
after update of visibility, owner_id on app_public.documents
for each row when (old.visibility <> new.visibility or old.owner_id <> new.owner_id)
execute function app_private.propagate_document_visibility();
