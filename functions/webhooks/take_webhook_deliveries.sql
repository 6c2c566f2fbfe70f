-- The job takes what is due of a workspace; from a copy that nobody has adopted it gets nothing. Taking counts the attempt and puts
-- the next one off, so two workers never hold the same, and one that dies gives it back. Of a webhook that fails only one is taken: a
-- receiver that does not answer costs one request at a time. What is too old is given up first.
create or replace function app_hidden.take_webhook_deliveries(for_workspace uuid, max_deliveries integer default 20, for_environment text default null)
returns table (id uuid, attempt integer, webhook_id uuid, url text, secrets text[], payload jsonb)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform app_private.require_batch(max_deliveries);
  if app_private.quarantine_reason(for_environment) is not null then
    return;
  end if;
  update app_public.webhook_deliveries d
  set status = 'dead', ended_at = clock_timestamp(), last_error = coalesce(d.last_error, 'It was not tried in time.')
  where d.id in (
    select x.id
    from app_public.webhooks w
    join app_public.webhook_deliveries x on x.webhook_id = w.id
    where w.workspace_id = for_workspace and x.status = 'waiting' and x.next_attempt_at <= now()
      and (x.give_up_at <= now() or x.attempts >= app_hidden.setting('webhook_attempts')::integer)
    limit 10000
    for update of x skip locked
  );
  return query
  with due as (
    select d.id
    from app_public.webhooks w
    cross join lateral (
      select x.id
      from app_public.webhook_deliveries x
      where x.webhook_id = w.id and x.status = 'waiting' and x.next_attempt_at <= now()
      order by x.next_attempt_at, x.id
      limit case when w.failures > 0 then 1 else greatest(max_deliveries / 2, 1) end
      for update skip locked
    ) as d
    where w.workspace_id = for_workspace and coalesce(w.paused_until, '-infinity') <= now() and app_private.is_webhook_live(w)
    limit max_deliveries
  ),
  taken as (
    update app_public.webhook_deliveries d
    set attempts = d.attempts + 1, next_attempt_at = clock_timestamp() + interval '2 minutes'
    from due
    where d.id = due.id
    returning d.*
  )
  select
    t.id, t.attempts, t.webhook_id, w.url,
    array(
      select encode(k.key, 'base64')
      from unnest(array[s.secret, case when s.previous_until > now() then s.previous_secret end]) as k (key)
      where k.key is not null
    ),
    jsonb_build_object(
      'type', t.kind, 'timestamp', to_char(uuid_extract_timestamp(t.id) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'data', jsonb_build_object('workspaceId', t.workspace_id) || t.facts
        || app_private.webhook_details(t.workspace_id, t.kind, t.facts, w.include_content)
    )
  from taken t
  join app_public.webhooks w on w.id = t.webhook_id
  join app_private.webhook_secrets s on s.webhook_id = w.id
  order by t.id;
end
$$;
comment on function app_hidden.take_webhook_deliveries(uuid, integer, text) is
  'The deliveries of a workspace that are due, at most so many, with where they go, what they say and the keys that sign them. None in quarantine.';
grant execute on function app_hidden.take_webhook_deliveries(uuid, integer, text) to colloquy_worker;
