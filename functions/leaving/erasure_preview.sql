-- What an erasure would take, by table, before it is begun: what begin_erasure refuses is refused here. The caller rolls it back.
create or replace function app_hidden.erasure_preview(person uuid, hand_over_to uuid default null)
returns table (subject text, rows bigint)
language plpgsql
security definer
rows 20
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_installation_session();
  return query
  with whole as (
    select m.workspace_id as id from app_public.workspace_members m
    where m.user_id = person
      and not exists (select from app_public.workspace_members o where o.workspace_id = m.workspace_id and o.user_id <> person)
  )
  select 'workspaces that go whole', (select count(*) from whole)
  union all select 'conversations', (select count(*) from app_public.conversations c where c.owner_id = person)
  union all select 'messages in them', (select coalesce(sum(c.message_count), 0)::bigint from app_public.conversations c where c.owner_id = person)
  union all select 'messages elsewhere, not packed', (
    select count(*) from app_public.messages m where m.author_id = person and m.owner_id <> person)
  union all select 'documents', (select count(*) from app_public.documents d where d.owner_id = person)
  union all select 'files', (select count(*) from app_public.files f where f.owner_id = person)
  union all select 'memories', (select count(*) from app_public.memory_items i where i.owner_id = person)
  union all select 'events', (select count(*) from app_public.raw_events e where e.owner_id = person)
  union all select 'states of agents', (select count(*) from app_hidden.agent_checkpoints c where c.owner_id = person)
  union all select 'repositories', (select count(*) from app_public.repositories r where r.owner_id = person)
  union all select 'images', (select count(*) from app_public.generated_images i where i.owner_id = person)
  union all select 'feedback', (select count(*) from app_public.message_feedback f where f.user_id = person)
  union all select 'memberships', (select count(*) from app_public.workspace_members m where m.user_id = person)
  union all select 'rows of usage that lose the name', (select count(*) from app_public.usage_logs u where u.user_id = person);
  perform app_private.begin_erasure(person, 'preview', hand_over_to);
end
$$;
comment on function app_hidden.erasure_preview(uuid, uuid) is
  'What an erasure would take, by kind; to be rolled back. Raises what begin_erasure raises.';
-- Deliberately not granted: the owner's login calls it.
