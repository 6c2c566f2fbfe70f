-- Tells webhooks of a document whose text or title was changed, that is found by its words now, or that the workspace may read from now
-- on, or no more: for the workspace that is one that came or went.
create or replace function app_private.publish_document_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  facts jsonb := jsonb_build_object('documentId', new.id);
  happenings app_private.happening[] := array[]::app_private.happening[];
begin
  if not exists (select from app_public.webhooks w where w.workspace_id = new.workspace_id and w.is_active) then
    return null;
  end if;
  if old.visibility <> new.visibility then
    happenings := array[row(
      new.workspace_id, case new.visibility when 'workspace' then 'document.created' else 'document.deleted' end, facts
    )::app_private.happening];
  elsif new.content_hash is distinct from old.content_hash or new.title <> old.title then
    happenings := array[row(new.workspace_id, 'document.updated', facts)::app_private.happening];
  end if;
  if new.visibility = 'workspace' and new.chunked_hash = new.content_hash and old.chunked_hash is distinct from new.chunked_hash then
    happenings := happenings || row(new.workspace_id, 'document.indexed', facts)::app_private.happening;
  end if;
  perform app_private.publish(happenings);
  return null;
end
$$;
comment on function app_private.publish_document_change() is 'Trigger: tells webhooks that a document was changed, indexed, shared with the workspace, or taken back.';

create or replace trigger documents_60_publish_changed
after update of content, title, visibility, chunked_hash on app_public.documents
for each row when (
  old.visibility <> new.visibility or new.visibility = 'workspace' and (
    old.content_hash is distinct from new.content_hash or old.title <> new.title or old.chunked_hash is distinct from new.chunked_hash
  )
)
execute function app_private.publish_document_change();
