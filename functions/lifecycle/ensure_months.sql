-- An import of history asks for the months that it brings, so that its rows need not be moved out of the default partition later.
create or replace function app_private.ensure_months(parent_name text, times timestamptz[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  month date;
  has_lock boolean := false;
begin
  for month in
    select distinct date_trunc('month', t at time zone 'UTC')::date from unnest(times) as t order by 1
  loop
    continue when to_regclass(format('app_partitions.%I', format('%s_%s', parent_name, to_char(month, 'YYYY_MM')))) is not null;
    if not has_lock then
      perform pg_advisory_xact_lock(hashtextextended('app_hidden.ensure_partitions', 0));
      has_lock := true;
    end if;
    begin
      perform app_private.create_month_partition(parent_name, month);
    exception when lock_not_available then
      -- busy: the default partition takes the rows, and the next maintenance moves them
      return;
    end;
  end loop;
end
$$;
comment on function app_private.ensure_months(text, timestamptz[]) is 'Makes the partitions for the months of the given times, for imports of history. Where the tables are too busy, none: the default partition takes the rows.';
