-- The failures of the caller's workspace, the latest first: of everything for those who manage it, of one's own for others.
-- Security definer, and it must never show a text: only where it stands, and why it has no vector.
create or replace function app_public.failed_embeddings(only_dead boolean default false)
returns setof app_public.failed_embedding
language plpgsql
stable
security definer
rows 20
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member();
  return query
  (
  select f.chunk_id, f.version_id, c.source_type, c.document_id, c.conversation_id, c.memory_item_id, f.attempts + f.interruptions, f.code,
    f.error, f.failed_at, case when f.is_dead then null else f.next_attempt_at end, f.is_dead, c.raw_event_id
  from app_hidden.embedding_failures f
  join app_public.chunks c on c.workspace_id = f.workspace_id and c.id = f.chunk_id
  where f.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or (select app_hidden.can_manage()))
    and (f.is_dead or not coalesce(only_dead, false))
  order by f.failed_at desc, f.chunk_id
  limit 1000
  )
  union all
  (
  select null, null, s.source_type, f.document_id, f.conversation_id, f.memory_item_id, f.attempts, f.code, f.error, f.failed_at,
    case when f.is_dead then null else f.next_attempt_at end, f.is_dead, null
  from app_hidden.cutting_failures f
  cross join lateral (
    select 'document'::app_public.source_type as source_type, d.owner_id from app_public.documents d where d.id = f.document_id and d.content_hash = f.content_hash
    union all
    select 'message', c.owner_id from app_public.conversations c where c.id = f.conversation_id
    union all
    select 'memory', m.owner_id from app_public.memory_items m where m.id = f.memory_item_id and m.content_hash = f.content_hash
  ) as s
  where f.workspace_id = app_hidden.current_workspace_id()
    and (s.owner_id = app_hidden.current_user_id() or (select app_hidden.can_manage()))
    and (f.is_dead or f.code <> 'interrupted' and not coalesce(only_dead, false))
  order by f.failed_at desc, f.id
  limit 1000
  )
  order by 10 desc, 1, 4, 5, 6
  limit 1000;
end
$$;
comment on function app_public.failed_embeddings(boolean) is
  'Chunks that have no vector because of a failure, and texts that could not be cut into chunks, the latest 1,000: of the whole workspace for those who manage it, of oneself for others. With onlyDead, those that were given up. Error: CQ101 not signed in.';
grant execute on function app_public.failed_embeddings(boolean) to colloquy_user, colloquy_admin;
