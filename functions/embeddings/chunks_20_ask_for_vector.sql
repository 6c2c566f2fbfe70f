-- What searches by words have returned gets its vector first (chunks_20_want_vectors). By row, since only few updates of chunks
-- count reads. It waits for nobody.
create or replace function app_private.ask_for_vector()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_hidden.embedding_backlog b
  set asked = b.asked + new.access_count - old.access_count
  where (b.workspace_id, b.chunk_id) in (
    select k.workspace_id, k.chunk_id
    from app_hidden.embedding_backlog k
    where k.workspace_id = new.workspace_id and k.chunk_id = new.id
    for no key update skip locked
  );
  return null;
end
$$;
comment on function app_private.ask_for_vector() is 'Trigger: what searches returned by its words gets its vector first.';

create or replace trigger chunks_20_ask_for_vector after update of access_count on app_public.chunks
for each row when (new.access_count > old.access_count) execute function app_private.ask_for_vector();
