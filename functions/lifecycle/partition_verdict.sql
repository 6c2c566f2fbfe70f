-- Whether a partition may go, and what keeps it. Two may: one without rows whose month is long over, and a month of a log of which every row has
-- had its time with its tenant. Logs are the tables of which a row hangs on others and nothing on it: no counter, no passage, no file is to be
-- put right when it goes. Rows of other tables go one by one, as retention does it, and leave an empty partition.
--
-- The time before the first month of messages always has a partition, so that history has its place at once. So of messages one goes only
-- when its neighbour goes as well: what is made anew in their place is one, and nothing turns in a circle.
create or replace function app_private.partition_verdict(
  parent_name text, partition_name text, lower_bound uuid, upper_bound uuid, out verdict text, out reason text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  months constant integer := app_hidden.setting('partition_empty_months')::integer;
  ends_at constant timestamptz := uuid_extract_timestamp(upper_bound);
  has_rows boolean;
begin
  verdict := 'kept';
  if upper_bound is null then
    verdict := 'default';
    reason := 'It takes what has no partition, until maintenance moves it.';
    return;
  elsif ends_at is null or ends_at > app_private.month_start(now()) then
    verdict := 'current';
    reason := 'Rows of today and later go into it.';
    return;
  end if;
  execute format('select exists (select from app_partitions.%I)', partition_name) into has_rows;
  if not has_rows then
    if months < 1 or ends_at > app_private.month_start(now(), months) then
      reason := case when months < 1 then 'Empty ones are kept (partition_empty_months).' else format('Empty, and kept for %s months.', months) end;
    elsif parent_name = 'messages' and not app_private.has_empty_neighbour(lower_bound, upper_bound) then
      reason := 'Empty, and holds the place of messages of its time.';
    else
      verdict := 'empty';
      reason := 'It has no rows.';
    end if;
  elsif parent_name not in ('usage_logs', 'audit_logs') then
    reason := 'It has rows, which go one by one.';
  else
    reason := app_private.partition_keeper(parent_name::app_public.retention_kind, partition_name, upper_bound);
    if reason is null then
      verdict := 'expired';
      reason := 'Every row has had its time.';
    end if;
  end if;
end
$$;
comment on function app_private.partition_verdict(text, text, uuid, uuid) is
  'default, current, kept, empty or expired, of which the last two may be dropped, and why.';
-- Deliberately not granted: app_hidden.partition_states and app_hidden.drop_partition call it.
