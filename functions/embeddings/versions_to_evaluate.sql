-- What the worker calls to learn which versions have to be evaluated (evaluate_embedding_version).
create or replace function app_hidden.versions_to_evaluate()
returns table (version_id uuid, baseline_id uuid)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.id, a.id
  from app_public.embedding_versions v
  join app_public.embedding_versions a on a.status = 'active'
  where v.status = 'building'
    and app_private.embedding_index_is_valid(v.id)
    -- once it is complete, and once a day while nobody activates it; sooner where there was too little to ask about
    and not exists (
      select from app_hidden.embedding_evaluations e
      where e.version_id = v.id and e.baseline_id = a.id
        and e.evaluated_at > statement_timestamp() - case when app_private.evaluation_verdict(e) = 'unjudged' then interval '10 minutes' else interval '1 day' end
    )
    -- while passages are on their way, it would be asked about the first of them alone
    and (select coalesce(sum(e.embedding_count), 0) from app_hidden.embedding_counts e where e.version_id = v.id)
      >= 0.99 * (select coalesce(sum(k.chunk_count), 0) from app_hidden.chunk_counts k)
    -- the switch keeps what users wrote from services that are paid
    and (app_hidden.setting('paid_embedding') = 'on' or v.provider in ('local', 'transformers') and a.provider in ('local', 'transformers'))
    and app_private.embeddings_missing(v.id, a.id, 1) = 0;
$$;
comment on function app_hidden.versions_to_evaluate() is 'Versions that are complete and were not evaluated beside the active one within a day.';
grant execute on function app_hidden.versions_to_evaluate() to colloquy_worker;
