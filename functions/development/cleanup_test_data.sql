-- The removal of sample content from a development database; it refuses anywhere else. For the owner alone; granted to nobody.
create or replace function app_private.cleanup_test_data()
returns table (documents integer, conversations integer, memory_items integer)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_development();
  delete from app_public.memory_items m where m.metadata @> '{"sample": true}';
  get diagnostics memory_items = row_count;
  delete from app_public.repositories r where r.metadata @> '{"sample": true}';
  delete from app_public.documents d where d.metadata @> '{"sample": true}';
  get diagnostics documents = row_count;
  delete from app_public.conversations c where c.metadata @> '{"sample": true}';
  get diagnostics conversations = row_count;
  delete from app_public.tags t where t.name = 'sample' and not exists (select from app_public.entity_tags e where e.tag_id = t.id);
  return next;
end
$$;
comment on function app_private.cleanup_test_data() is 'Removes what generate_sample_data made, of everyone; a development database only. Error: CQ243 not a development database.';
