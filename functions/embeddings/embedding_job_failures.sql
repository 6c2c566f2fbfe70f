-- What failed last of a version's jobs. Before the queue is installed, nothing has.
create or replace function app_private.embedding_job_failures(version_id uuid)
returns app_public.embedding_failure[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('pgboss.job') is null then
    return '{}'::app_public.embedding_failure[];
  end if;
  return (
    select coalesce(array_agg(row(f.happened_at, f.workspace_id, f.message)::app_public.embedding_failure order by f.happened_at desc), '{}')
    from (
      select
        coalesce(j.completed_on, j.started_on, j.created_on) as happened_at, (j.data ->> 'workspaceId')::uuid as workspace_id,
        left(coalesce(j.output ->> 'error', j.output ->> 'message', j.output::text), 500) as message
      from pgboss.job j
      where j.name in ('backfill-embeddings', 'build-embedding-index') and j.state in ('retry', 'failed')
        and j.data ->> 'versionId' = embedding_job_failures.version_id::text
      order by coalesce(j.completed_on, j.started_on, j.created_on) desc
      limit 5
    ) as f
  );
end
$$;
comment on function app_private.embedding_job_failures(uuid) is 'The five latest failures of the jobs that fill or index a version, latest first.';
-- Deliberately not granted: it names workspaces.
