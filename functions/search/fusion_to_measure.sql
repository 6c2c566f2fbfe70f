-- What the job of measuring the fusion calls first: which embedding versions have something to measure.
create or replace function app_hidden.fusion_to_measure()
returns table (version_id uuid, version_name text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.id, v.name
  from app_public.embedding_versions v
  where v.status in ('active', 'building')
    and exists (select from app_hidden.embedding_counts e where e.version_id = v.id and e.embedding_count > 0)
  order by v.status = 'active' desc, v.id;
$$;
comment on function app_hidden.fusion_to_measure() is 'Embedding versions that have vectors: the active one first, then those that are being built. For the job.';
grant execute on function app_hidden.fusion_to_measure() to colloquy_worker;
