-- How far a version is, from maintained counts and the server's own view of a running build: cheap enough to ask every
-- few seconds. For administrators: it names workspaces, and nothing in them.
create or replace function app_public.embedding_version_progress(version_id uuid)
returns app_public.embedding_version_progress
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  version app_public.embedding_versions;
  result app_public.embedding_version_progress;
begin
  perform app_private.require_administrator();
  select v.* into version from app_public.embedding_versions v where v.id = version_id;
  if version.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  result.version_id := version.id;
  result.name := version.name;
  result.status := version.status;

  select x.* into result.chunks, result.embedded_chunks, result.missing_chunks, result.workspaces_behind, result.lag
  from app_private.embedding_lags(version.id) as x;
  select round(sum(r.chunks) / (60.0 * count(*)), 2) into result.chunks_per_second
  from (
    select r.chunks from app_hidden.embedding_rates r where r.version_id = version.id order by r.minute desc limit 5
  ) as r;
  result.seconds_left := case
    when result.missing_chunks = 0 then 0
    else ceil(result.missing_chunks / nullif(result.chunks_per_second, 0))
  end;

  result.index_partitions := app_private.embedding_partition_count(version.id);
  select count(*) into result.index_partitions_built
  from pg_inherits i
  join pg_index x on x.indexrelid = i.inhrelid and x.indisvalid
  where i.inhparent = to_regclass(format('app_partitions.embeddings_%s_hnsw', version.number));
  result.is_indexed := app_private.embedding_index_is_valid(version.id);
  select p.blocks_done, p.blocks_total into result.index_blocks_done, result.index_blocks_total
  from pg_stat_progress_create_index p
  join pg_inherits i on i.inhrelid = p.relid
  where i.inhparent = to_regclass(format('app_partitions.embeddings_%s', version.number))
  limit 1;
  result.is_complete := result.is_indexed and result.missing_chunks = 0;

  result.failures := app_private.embedding_job_failures(version.id);

  select count(*) filter (where not f.is_dead), count(*) filter (where f.is_dead) into result.retrying_chunks, result.dead_chunks
  from app_hidden.embedding_failures f
  where f.version_id = version.id;
  select coalesce(sum(s.tokens), 0), coalesce(sum(s.cost_usd), 0) into result.tokens_used, result.cost_usd
  from app_hidden.embedding_spending s
  where s.version_id = version.id;
  if result.missing_chunks > 0 then
    select h.* into result.paused, result.resumes_at from app_private.embedding_version_hold(version) as h;
  end if;
  return result;
end
$$;
comment on function app_public.embedding_version_progress(uuid) is
  'How far a version is: chunks, lag per workspace, speed, time left, its index, what failed last, what holds it back, and what it cost. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version.';
grant execute on function app_public.embedding_version_progress(uuid) to colloquy_admin;
