-- Uploads that came to nothing: never read, or not readable, in no conversation, and without a document. It must never name a
-- file that was read, or that a conversation shows: those go when somebody deletes them. Never one that a legal hold keeps.
create or replace function app_private.orphaned_files(older_than interval)
returns setof app_public.files
language sql
stable
as $$
  select f.*
  from app_public.files f
  where f.processing_status in ('pending', 'failed')
    and f.updated_at < now() - older_than
    and f.conversation_id is null
    and not exists (select from app_public.documents d where d.workspace_id = f.workspace_id and d.file_id = f.id);
$$;
comment on function app_private.orphaned_files(interval) is 'Uploads that came to nothing, so long ago. Becomes a part of the query that asks.';
