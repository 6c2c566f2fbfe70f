-- What each embedding version that is in use has: passages, vectors, a whole index, and whether it got any lately. From maintained
-- counts, and without what only administrators of the installation may know.
create or replace function app_hidden.embedding_version_states()
returns table (
  name text, status text, made_at timestamptz, chunks bigint, vectors bigint, given_up bigint, is_indexed boolean,
  last_vectors_at timestamptz, is_held_back boolean
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    v.name, v.status::text, v.created_at, coalesce(k.chunks, 0), coalesce(e.vectors, 0), f.given_up, app_private.embedding_index_is_valid(v.id),
    (select max(r.minute) from app_hidden.embedding_rates r where r.version_id = v.id),
    exists (select from app_hidden.embedding_refusals r where r.version_id = v.id)
  from app_public.embedding_versions v
  cross join (select sum(c.chunk_count)::bigint as chunks from app_hidden.chunk_counts c) as k
  cross join lateral (
    select sum(c.embedding_count)::bigint as vectors from app_hidden.embedding_counts c where c.version_id = v.id
  ) as e
  cross join lateral (
    select count(*) as given_up from app_hidden.embedding_failures x where x.version_id = v.id and x.is_dead
  ) as f
  where v.status in ('building', 'active');
$$;
comment on function app_hidden.embedding_version_states() is
  'Per version that is active or building: when it was made, passages of all workspaces, how many have a vector and how many were given up, whether its index is whole, when the last vectors came, and whether a budget holds it back.';
grant execute on function app_hidden.embedding_version_states() to colloquy_monitor;
