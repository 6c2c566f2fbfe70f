-- How far the vectors are behind, what was given up, and which providers are left alone.
select x.metric, jsonb_build_object('version', e.name) as labels, x.value::float8 as value
from app_hidden.embedding_version_states() as e
cross join lateral (
  values
    ('colloquy_embedding_passages', e.chunks), ('colloquy_embedding_vectors', e.vectors), ('colloquy_embedding_given_up', e.given_up)
) as x (metric, value)
union all
select 'colloquy_embedding_oldest_pending_seconds', '{}',
  coalesce(max(greatest(extract(epoch from now() - l.oldest_pending_at), 0)), 0)::float8
from app_public.indexing_lag(max_rows => 10000) as l
union all
select 'colloquy_provider_paused', jsonb_build_object('provider', p.provider), (coalesce(p.paused_until > now(), false))::integer::float8
from app_public.provider_states() as p;
