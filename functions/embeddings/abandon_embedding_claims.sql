-- Ends the claims of workers that were killed (claim_embeddings), so that others may embed their chunks. Only the worker may call it.
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
grant execute on function app_hidden.abandon_embedding_claims(integer) to colloquy_worker;
