-- Where texts wait to be cut into passages, and since when: by workspace and kind, of the first thousand that wait. Counts and ids; what
-- failed and is tried again, or was given up, is left out (dead_letters).
create or replace function app_hidden.sources_behind(max_sources integer default 1000)
returns table (workspace_id uuid, source_type text, sources bigint, oldest_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select x.workspace_id, x.source_type::text, count(*), min(coalesce(d.updated_at, c.last_message_at, m.updated_at))
  from app_hidden.find_unindexed(max_sources) as x
  left join app_public.documents d on x.source_type = 'document' and d.id = x.source_id
  left join app_public.conversations c on x.source_type = 'message' and c.id = x.source_id
  left join app_public.memory_items m on x.source_type = 'memory' and m.id = x.source_id
  group by x.workspace_id, x.source_type;
$$;
comment on function app_hidden.sources_behind(integer) is
  'Per workspace: documents, conversations and memories that wait to be cut into passages, of the first max_sources, and since when the oldest waits.';
grant execute on function app_hidden.sources_behind(integer) to colloquy_monitor;
