-- That budget, quota or switch refused is remembered for a while: the passages of these owners are not asked for again until then.
create or replace function app_private.note_refusal(for_version uuid, for_workspace uuid, owners uuid[], code text, reason text, out retry_at timestamptz)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  retry_at := clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_budget_seconds')::double precision);
  insert into app_hidden.embedding_refusals (version_id, workspace_id, user_id, code, reason, retry_at)
  select for_version, for_workspace, o.id, note_refusal.code, note_refusal.reason, note_refusal.retry_at
  from unnest(owners) as o (id)
  order by o.id
  on conflict on constraint embedding_refusals_pkey do update
  set code = excluded.code, reason = excluded.reason, retry_at = excluded.retry_at;
end
$$;
comment on function app_private.note_refusal(uuid, uuid, uuid[], text, text) is 'Remembers a refusal of the owners'' passages, and returns until when.';
-- Deliberately not granted: app_hidden.claim_embeddings calls it.
