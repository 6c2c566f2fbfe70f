-- What stands around a request to a service that is paid: before it, the chunks are claimed and their tokens set aside,
-- for the active version against quota and budgets of their owner, for any other, which an administrator ordered and searches
-- do not use, against the budget of the installation; after it, vectors, usage and the end of the claim are one transaction. The entry
-- in usage_logs has the id of the claim, so that nothing is billed twice, however often a worker says it. A worker that is
-- killed between the answer and the storing leaves a claim that ends by itself: the service was asked twice then, and may
-- bill that; what is logged is the answer that was stored. Only the worker may call this.
create or replace function app_hidden.claim_embeddings(
  for_version uuid, for_workspace uuid, chunk_ids uuid[], token_counts integer[], price_per_million numeric
)
returns table (claim_id uuid, claimed uuid[], seconds double precision, refusal text, reason text, retry_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- whose budget it is: null for the installation
  owner uuid;
  owners uuid[];
  total bigint;
  cost numeric;
  is_behind boolean := not exists (select from app_public.embedding_versions v where v.id = for_version and v.status = 'active');
  reservation_id uuid;
begin
  -- one at a time in a workspace, so that no chunk is sent away twice
  perform pg_advisory_xact_lock(hashtextextended('app_hidden.claim_embeddings ' || for_workspace, 0));
  if is_behind then
    if app_private.embedding_partition_is_locked(for_version, for_workspace) then
      -- nothing is paid for that could not be stored: the back-fill comes again
      return;
    end if;
  else
    -- a claim has one owner
    select (array_agg(f.owner_id order by f.n))[1] into owner
    from (
      select c.owner_id, given.n
      from unnest(chunk_ids) with ordinality as given (chunk_id, n)
      join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id
      where not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
    ) as f;
  end if;
  select array_agg(c.id), array_agg(distinct c.owner_id), sum(given.tokens) into claimed, owners, total
  from unnest(chunk_ids, token_counts) as given (chunk_id, tokens)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id and (is_behind or c.owner_id = owner)
  where not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id
    )
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id);
  if claimed is null then
    return;
  end if;

  cost := total * price_per_million / 1000000;
  select p.reservation_id, p.refusal, p.reason into reservation_id, refusal, reason
  from app_private.reserve_paid(for_workspace, owner, total, cost) as p;
  if refusal is not null then
    retry_at := app_private.note_refusal(for_version, for_workspace, owners, refusal, reason);
    claimed := '{}';
    return next;
    return;
  end if;
  delete from app_hidden.embedding_refusals r
  where r.version_id = for_version and r.workspace_id = for_workspace and r.user_id = any (owners);
  seconds := app_hidden.setting('embedding_claim_seconds')::double precision;
  insert into app_hidden.embedding_claims (workspace_id, version_id, user_id, reservation_id, chunk_ids, tokens, cost_usd, expires_at)
  values (
    for_workspace, for_version, owner, reservation_id, claimed, total, cost,
    clock_timestamp() + make_interval(secs => claim_embeddings.seconds)
  )
  returning id into claim_id;
  return next;
end
$$;
comment on function app_hidden.claim_embeddings(uuid, uuid, uuid[], integer[], numeric) is
  'Claims chunks that nobody else has, for so many seconds, and sets their tokens aside. No row when none is left, or while the index of a version that is not active is built; without claim_id, and with the reason, when budget, quota or switch refuses.';
grant execute on function app_hidden.claim_embeddings(uuid, uuid, uuid[], integer[], numeric) to colloquy_worker;
