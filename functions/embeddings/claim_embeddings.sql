-- What stands around a request to a service that is paid: before it, the chunks are claimed and their tokens set aside,
-- for the active version against quota and budgets of their owner, for any other, which an administrator ordered and searches
-- do not use, against the budget of the installation; after it, vectors, usage and the end of the claim are one transaction. The entry
-- in usage_logs has the id of the claim, so that nothing is billed twice, however often a worker says it. A worker that is
-- killed between the answer and the storing leaves a claim that ends by itself: the service was asked twice then, and may
-- bill that; what is logged is the answer that was stored. Only the worker may call these.

-- While the index of a partition is built its rows are locked against writing. Who is about to pay for vectors looks first.
create or replace function app_private.embedding_partition_is_locked(for_version uuid, for_workspace uuid)
returns boolean
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  -- first the partitions of the version: asked of another table, satisfies_hash_partition raises
  with leaves as materialized (
    select i.inhrelid, i.inhparent, substring(c.relname from '[0-9]+$')::integer as remainder
    from app_public.embedding_versions v
    join pg_inherits i on i.inhparent = to_regclass(format('app_partitions.embeddings_%s', v.number))
    join pg_class c on c.oid = i.inhrelid
    where v.id = for_version
  )
  select exists (
    select
    from leaves f
    join pg_locks l on l.relation = f.inhrelid
    where l.locktype = 'relation' and l.mode = 'ShareLock' and l.granted
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and satisfies_hash_partition(f.inhparent, (select count(*) from leaves)::integer, f.remainder, for_workspace)
  );
$$;
comment on function app_private.embedding_partition_is_locked(uuid, uuid) is 'Whether the vectors of a workspace in a version cannot be written at the moment.';

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
    retry_at := clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_budget_seconds')::double precision);
    insert into app_hidden.embedding_refusals (version_id, workspace_id, user_id, code, reason, retry_at)
    select for_version, for_workspace, o.id, refusal, claim_embeddings.reason, claim_embeddings.retry_at
    from unnest(owners) as o (id)
    order by o.id
    on conflict on constraint embedding_refusals_pkey do update
    set code = excluded.code, reason = excluded.reason, retry_at = excluded.retry_at;
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

create or replace function app_hidden.renew_embedding_claim(claim_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_hidden.embedding_claims k
  set expires_at = clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_claim_seconds')::double precision)
  where k.id = renew_embedding_claim.claim_id and k.abandoned_at is null;
  return found;
end
$$;
comment on function app_hidden.renew_embedding_claim(uuid) is 'Says that the worker of a claim is alive. False when it is no longer believed.';

create or replace function app_hidden.settle_embedding_claim(
  claim_id uuid, chunk_ids uuid[], vectors text[], tokens bigint, cost_usd numeric
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  claim app_hidden.embedding_claims;
  stored integer;
begin
  delete from app_hidden.embedding_claims k where k.id = settle_embedding_claim.claim_id returning k.* into claim;
  if claim.id is null then
    -- said before, or long ago
    return 0;
  end if;
  if claim.user_id is not null then
    stored := app_hidden.store_embeddings(claim.version_id, claim.workspace_id, settle_embedding_claim.chunk_ids, settle_embedding_claim.vectors);
  else
    begin
      stored := app_hidden.store_behind(claim.version_id, claim.workspace_id, settle_embedding_claim.chunk_ids, settle_embedding_claim.vectors);
    exception when lock_not_available then
      -- the building of the index has begun meanwhile: what was paid is logged, and the vectors are asked for again
      stored := 0;
    end;
  end if;
  perform app_private.settle_reservation(
    claim.workspace_id, claim.reservation_id, settle_embedding_claim.tokens, settle_embedding_claim.cost_usd
  );
  if claim.user_id is null and settle_embedding_claim.tokens > 0 then
    insert into app_hidden.embedding_spending as s (version_id, period_start, tokens, cost_usd)
    values (
      claim.version_id, app_private.budget_period_start('month', clock_timestamp()), settle_embedding_claim.tokens, settle_embedding_claim.cost_usd
    )
    on conflict on constraint embedding_spending_pkey do update
    set tokens = s.tokens + excluded.tokens, cost_usd = s.cost_usd + excluded.cost_usd;
  end if;
  if settle_embedding_claim.tokens > 0 then
    insert into app_public.usage_logs (id, workspace_id, user_id, action, provider, model, prompt_tokens, total_tokens, cost_usd, metadata)
    select claim.id, claim.workspace_id, claim.user_id, 'embedding', v.provider, v.model, settle_embedding_claim.tokens,
      settle_embedding_claim.tokens, settle_embedding_claim.cost_usd,
      jsonb_build_object(
        'embeddingVersionId', v.id, 'embeddingVersion', v.name, 'chunks', cardinality(settle_embedding_claim.chunk_ids),
        'paidBy', case when claim.user_id is null then 'installation' else 'owner' end
      )
    from app_public.embedding_versions v
    where v.id = claim.version_id
    on conflict do nothing;
  end if;
  return stored;
end
$$;
comment on function app_hidden.settle_embedding_claim(uuid, uuid[], text[], bigint, numeric) is
  'Stores the vectors of a claim, logs what they took and ends it; without vectors and tokens, lets it go. Again changes nothing. Returns how many were stored.';

create or replace function app_hidden.abandon_embedding_claims(max_claims integer default 100)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  claim app_hidden.embedding_claims;
  abandoned integer := 0;
begin
  for claim in
    select k.*
    from app_hidden.embedding_claims k
    where k.abandoned_at is null and k.expires_at <= clock_timestamp()
    order by k.id
    limit max_claims
    for no key update skip locked
  loop
    perform app_private.settle_reservation(claim.workspace_id, claim.reservation_id, 0, 0);
    perform app_hidden.count_embedding_failures(
      claim.version_id, claim.workspace_id, array_agg(c.id), array_agg('interrupted'::text),
      array_agg('The worker ended before it had an answer.'::text)
    )
    from app_public.chunks c
    where c.workspace_id = claim.workspace_id and c.id = any (claim.chunk_ids) and not exists (
      select from app_public.embeddings e where e.version_id = claim.version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    )
    having count(*) > 0;
    update app_hidden.embedding_claims k set abandoned_at = clock_timestamp() where k.id = claim.id;
    abandoned := abandoned + 1;
  end loop;
  -- kept for a while: a worker that was only slow may still say what it used
  delete from app_hidden.embedding_claims k where k.abandoned_at < clock_timestamp() - interval '1 day';
  return abandoned;
end
$$;
comment on function app_hidden.abandon_embedding_claims(integer) is 'Frees what dead workers had claimed. Returns how many claims.';

grant execute on function
  app_hidden.claim_embeddings(uuid, uuid, uuid[], integer[], numeric),
  app_hidden.renew_embedding_claim(uuid),
  app_hidden.settle_embedding_claim(uuid, uuid[], text[], bigint, numeric),
  app_hidden.abandon_embedding_claims(integer)
to colloquy_worker;
