-- A claim ends by itself when its worker is silent, and this keeps it (claim_embeddings). Only the worker may call it.
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
grant execute on function app_hidden.renew_embedding_claim(uuid) to colloquy_worker;
