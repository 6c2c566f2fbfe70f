-- Vectors, usage and the end of the claim are one transaction (claim_embeddings), and nothing is billed twice: the entry in
-- usage_logs has the id of the claim. Only the worker may call it.
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
grant execute on function app_hidden.settle_embedding_claim(uuid, uuid[], text[], bigint, numeric) to colloquy_worker;
