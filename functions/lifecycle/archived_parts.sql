-- What is packed of a conversation, for the file that is written of it: the parts first, then each document by itself, so that
-- no process holds a large conversation whole.
create or replace function app_hidden.archived_parts(of_conversation uuid)
returns table (packed text, part integer, first_id uuid, last_id uuid, row_count integer, columns text[], sha256 bytea, bytes integer)
language sql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
  select p.packed::regclass::text, p.part, p.first_id, p.last_id, p.row_count, p.columns, p.sha256, pg_column_size(p.document)
  from app_hidden.conversation_archive_parts p
  where p.conversation_id = of_conversation
  order by p.packed::regclass::text, p.part;
$$;
comment on function app_hidden.archived_parts(uuid) is 'The parts of the archive of a conversation, in order, without their documents, and the bytes that each takes compressed. For the worker.';
grant execute on function app_hidden.archived_parts(uuid) to colloquy_worker;
