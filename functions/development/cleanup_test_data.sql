-- The removal of sample content from a development database, that of generate_sample_data and that of npm run sample-data; it refuses
-- anywhere else. Sample workspaces are those whose owner has an address of sample.invalid, a domain that cannot exist: a mark that
-- somebody sets alone makes none. For the owner alone; granted to nobody.
create or replace function app_private.cleanup_test_data()
returns table (documents integer, conversations integer, messages integer, memory_items integer, workspaces integer, users integer)
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  sample constant jsonb := jsonb_build_object('sample', true);
  spaces uuid[];
begin
  perform app_private.require_development();
  select array_agg(w.id) into spaces
  from app_public.workspaces w
  where w.settings @> sample and exists (
    select from app_public.workspace_members m join app_public.users u on u.id = m.user_id
    where m.workspace_id = w.id and m.role = 'owner' and u.email like '%@sample.invalid'
  );
  delete from app_public.memory_items m where m.metadata @> sample;
  get diagnostics memory_items = row_count;
  delete from app_public.repositories r where r.metadata @> sample;

  -- the large tables first, in one statement each: the cascade would go row by row
  delete from app_public.embeddings e where e.workspace_id = any (spaces);
  delete from app_public.chunks c where c.workspace_id = any (spaces);
  select coalesce(sum(c.message_count), 0) into messages from app_public.conversations c where c.metadata @> sample;
  delete from app_public.messages m using app_public.conversations c
  where c.metadata @> sample and m.conversation_id = c.id and m.id >= c.id and m.id <= c.last_message_id;
  delete from app_public.conversations c where c.metadata @> sample;
  get diagnostics conversations = row_count;
  delete from app_public.documents d where d.metadata @> sample;
  get diagnostics documents = row_count;
  delete from app_public.usage_logs l where l.workspace_id = any (spaces);
  delete from app_public.raw_events e where e.workspace_id = any (spaces);
  delete from app_public.workspaces w where w.id = any (spaces);
  get diagnostics workspaces = row_count;
  delete from app_public.users u where u.email like '%@sample.invalid';
  get diagnostics users = row_count;
  delete from app_public.tags t where t.name = 'sample' and not exists (select from app_public.entity_tags e where e.tag_id = t.id);
  return next;
end
$$;
comment on function app_private.cleanup_test_data() is
  'Removes sample content of everyone, and the accounts and workspaces of npm run sample-data; a development database only. Error: CQ243 not a development database.';
