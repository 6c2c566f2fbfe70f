-- Whether a chunk is to be left alone for now: it failed and waits or was given up, a worker has sent it away, its owner's
-- budget is spent, or the provider of the version is left alone. Whoever looks for chunks without a vector asks this, so that a
-- poisoned one neither blocks the others nor comes back every minute. It is asked once for each chunk, about 30 µs: the planner
-- does not take a function with subqueries apart. So whoever asks says first what costs less.
create or replace function app_private.embedding_waits(for_version uuid, for_workspace uuid, for_chunk uuid, for_owner uuid)
returns boolean
language sql
stable
as $$
  select exists (
    select from app_hidden.embedding_failures f
    where f.version_id = for_version and f.workspace_id = for_workspace and f.chunk_id = for_chunk
      and (f.is_dead or f.next_attempt_at > pg_catalog.statement_timestamp())
  ) or exists (
    select from app_hidden.embedding_claims k
    where k.workspace_id = for_workspace and k.version_id = for_version and for_chunk = any (k.chunk_ids)
      and k.abandoned_at is null and k.expires_at > pg_catalog.statement_timestamp()
  ) or exists (
    select from app_hidden.embedding_refusals r
    where r.version_id = for_version and r.workspace_id = for_workspace and r.user_id = for_owner
      and r.retry_at > pg_catalog.statement_timestamp()
  ) or exists (
    select from app_public.embedding_versions v
    join app_hidden.provider_pauses p on p.provider = v.provider
    where v.id = for_version and p.paused_until > pg_catalog.statement_timestamp()
  );
$$;
comment on function app_private.embedding_waits(uuid, uuid, uuid, uuid) is 'Whether a chunk without a vector is not to be embedded yet.';
