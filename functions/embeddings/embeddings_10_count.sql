-- Keeps embedding_counts, one row per workspace and version, by statement. In the order of their keys, so that two statements
-- never wait for each other in a circle.
create or replace function app_private.count_embeddings()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.embedding_counts;
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into app_hidden.embedding_counts as k (version_id, workspace_id, embedding_count)
    select n.version_id, n.workspace_id, count(*) from changed_embeddings n group by n.version_id, n.workspace_id order by 1, 2
    on conflict (version_id, workspace_id) do update set embedding_count = k.embedding_count + excluded.embedding_count;
  else
    update app_hidden.embedding_counts k
    set embedding_count = k.embedding_count - gone.embedding_count
    from (
      select o.version_id, o.workspace_id, count(*) as embedding_count from changed_embeddings o group by o.version_id, o.workspace_id order by 1, 2
    ) as gone
    where k.version_id = gone.version_id and k.workspace_id = gone.workspace_id;
  end if;
  return null;
end
$$;
comment on function app_private.count_embeddings() is 'Trigger: keeps embedding_counts.';

create or replace trigger embeddings_10_count_insert after insert on app_public.embeddings
referencing new table as changed_embeddings for each statement execute function app_private.count_embeddings();
create or replace trigger embeddings_10_count_delete after delete on app_public.embeddings
referencing old table as changed_embeddings for each statement execute function app_private.count_embeddings();
create or replace trigger embeddings_10_count_truncate after truncate on app_public.embeddings
for each statement execute function app_private.count_embeddings();
