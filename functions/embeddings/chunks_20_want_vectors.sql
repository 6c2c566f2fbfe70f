-- The passages that lack their vector of the active version, in the order in which they get it: first what searches by words have
-- returned, then what somebody wrote here before what was imported, then the newest. The list only says what to look at next. The
-- truth is in the data: whoever takes from it looks whether the vector is missing, and the sweep puts in what is missing
-- (find_unembedded_workspaces).
--
-- One job per workspace waits to do it, in the transaction that makes the passages.
create or replace function app_private.want_vectors()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.embedding_backlog;
    return null;
  end if;
  if tg_op = 'DELETE' then
    delete from app_hidden.embedding_backlog b using changed_chunks o where b.workspace_id = o.workspace_id and b.chunk_id = o.id;
    return null;
  end if;
  insert into app_hidden.embedding_backlog (workspace_id, chunk_id, priority)
  select n.workspace_id, n.id, case n.source_type
      when 'document' then (select (d.source_url is null)::integer from app_public.documents d where d.id = n.document_id)
      when 'message' then (select (c.external_id is null)::integer from app_public.conversations c where c.id = n.conversation_id)
      when 'memory' then 1
      else 0
    end
  from changed_chunks n
  on conflict do nothing;
  perform app_hidden.enqueue('embed-chunks', jsonb_build_object('workspaceId', w.id), w.id::text, w.id::text)
  from (select distinct n.workspace_id from changed_chunks n) as w (id);
  return null;
end
$$;
comment on function app_private.want_vectors() is 'Trigger: new chunks want a vector, and a job that makes it; those that go want none.';

create or replace trigger chunks_20_want_vectors_insert after insert on app_public.chunks
referencing new table as changed_chunks for each statement execute function app_private.want_vectors();
create or replace trigger chunks_20_want_vectors_delete after delete on app_public.chunks
referencing old table as changed_chunks for each statement execute function app_private.want_vectors();
create or replace trigger chunks_20_want_vectors_truncate after truncate on app_public.chunks
for each statement execute function app_private.want_vectors();
