-- Asks two versions the same before one takes the place of the other. The queries are chunks that both have: each is asked
-- by its own vector of each version, in its own workspace, against every vector there, and not counted as an answer
-- itself. Exact, so that the models are compared and not their indexes; bounded by the setting embedding_compare_vectors.
-- The same chunks are asked each time while they exist. It returns ids, never a text.
create or replace function app_public.compare_embedding_versions(version_a uuid, version_b uuid, k integer default 10, samples integer default 50)
returns app_public.embedding_comparison
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_variable
declare
  budget bigint := app_hidden.setting('embedding_compare_vectors')::bigint;
  sampled record;
  found_a uuid[];
  found_b uuid[];
  shared integer;
  result app_public.embedding_comparison;
begin
  perform app_private.require_administrator();
  if (select count(*) from app_public.embedding_versions v where v.id in (version_a, version_b) and v.status <> 'archived')
    <> cardinality(array(select distinct unnest(array[version_a, version_b])))
  then
    raise exception 'There is no such embedding version, or it is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  k := coalesce(k, 10);
  samples := coalesce(samples, 50);
  if k not between 1 and 100 or samples not between 1 and 500 then
    raise exception 'k is 1 to 100 and samples 1 to 500, not % and %.', k, samples using errcode = 'CQ200', column = 'k', hint = 'Ask for less.';
  end if;
  result.version_a := version_a;
  result.version_b := version_b;
  result.k := k;
  result.differences := '{}';

  for sampled in
    select c.* from app_private.comparable_chunks(version_a, version_b, samples) as c
  loop
    budget := budget - 2 * sampled.size;
    exit when budget < 0 and result.differences <> '{}';
    found_a := app_private.nearest_chunks(version_a, version_b, sampled.workspace_id, sampled.chunk_id, k);
    found_b := app_private.nearest_chunks(version_b, version_a, sampled.workspace_id, sampled.chunk_id, k);
    select count(*) into shared from unnest(found_a) as x where x = any (found_b);
    continue when cardinality(found_a) = 0 or cardinality(found_b) = 0;
    result.differences := result.differences || row(
      sampled.chunk_id, sampled.workspace_id, (shared::real / greatest(cardinality(found_a), cardinality(found_b)))::real,
      array(select x.id from unnest(found_a) with ordinality as x (id, n) where x.id <> all (found_b) order by x.n),
      array(select x.id from unnest(found_b) with ordinality as x (id, n) where x.id <> all (found_a) order by x.n)
    )::app_public.embedding_difference;
  end loop;

  select
    count(*), avg(d.overlap)::real, count(*) filter (where d.overlap = 1),
    coalesce(array_agg(row(d.chunk_id, d.workspace_id, d.overlap, d.only_a, d.only_b)::app_public.embedding_difference order by d.overlap, d.chunk_id), '{}')
  into result.queries, result.overlap, result.identical, result.differences
  from unnest(result.differences) as d;
  return result;
end
$$;
comment on function app_public.compare_embedding_versions(uuid, uuid, integer, integer) is
  'Overlap of the k nearest chunks in two versions, over sampled chunks as queries, with the differences of each. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument, CQ204 no such version.';
grant execute on function app_public.compare_embedding_versions(uuid, uuid, integer, integer) to colloquy_admin;
