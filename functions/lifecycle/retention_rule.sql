-- What decides how long a kind is kept in a workspace, and what is due by that. Days are days of UTC: what came about on a day is kept
-- for that many days after it, and goes in the night behind the last one. Analytics go by whole months, since months are added up.
create or replace function app_private.retention_rule(
  for_kind app_public.retention_kind, for_workspace uuid, out keep_days integer, out decided_by text, out due_before timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  today constant timestamp := date_trunc('day', now() at time zone 'UTC');
  first_day timestamp;
begin
  select r.keep_days, r.decided_by into keep_days, decided_by from app_hidden.effective_retention(for_kind, for_workspace) as r;
  if keep_days is null then
    return;
  end if;
  first_day := today - make_interval(days => keep_days);
  if for_kind = 'conversation_analytics' then
    first_day := date_trunc('month', first_day);
  end if;
  -- ids know no time before 1970
  due_before := greatest(first_day, timestamp '1970-01-01') at time zone 'UTC';
end
$$;
comment on function app_private.retention_rule(app_public.retention_kind, uuid) is
  'How many days a kind is kept in a workspace, what decides that, and from before which time it is due; without a workspace, of what belongs to none.';
-- Deliberately not granted: what asks for it is security definer.
