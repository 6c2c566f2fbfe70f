-- Whether the vectors of a workspace let its words go first: texts wait to be cut, and what a model on this machine takes of it cutting
-- lacks. What waits for long does not count: another reason holds it, or there is so much that vectors must go on beside it.
create or replace function app_private.words_wait(version uuid, workspace uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return to_regclass('pgboss.job') is not null
    and exists (
      select from app_public.embedding_versions v where v.id = words_wait.version and v.provider in ('local', 'transformers')
    )
    and exists (
      select from pgboss.job j
      where j.name = 'index-source' and j.state = 'created' and j.group_id = words_wait.workspace::text and j.start_after <= now()
        and j.created_on > now() - interval '10 minutes' and j.priority >= 0
    );
end
$$;
comment on function app_private.words_wait(uuid, uuid) is 'Whether texts of a workspace that came in of late wait to be cut by a machine that embeds as well.';
-- Deliberately not granted: app_hidden.take_chunks calls it.
