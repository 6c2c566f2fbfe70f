-- What is kept of searches, once it is old: samples after search_sample_days, counts and measurements after
-- search_history_days. Never the latest measurement of a version and size, which says how it is.
create or replace function app_hidden.delete_search_history(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
  removed integer := 0;
  samples_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('search_sample_days')::integer);
  history_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('search_history_days')::integer);
begin
  perform app_private.require_batch(max_rows);
  delete from app_hidden.search_samples s
  where s.id in (
    select e.id from app_hidden.search_samples e where e.id < app_hidden.uuidv7_floor(samples_since) order by e.id limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  removed := removed + gone;
  delete from app_hidden.search_statistics s
  where s.id in (
    select e.id from app_hidden.search_statistics e
    where e.day < (history_since at time zone 'UTC')::date limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  removed := removed + gone;
  delete from app_hidden.recall_measurements m
  where m.id in (
    select e.id
    from app_hidden.recall_measurements e
    where e.id < app_hidden.uuidv7_floor(history_since)
      and exists (
        select from app_hidden.recall_measurements n where n.version_id = e.version_id and n.size_class = e.size_class and n.id > e.id
      )
    limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  removed := removed + gone;
  delete from app_hidden.fusion_measurements m
  where m.id in (
    select e.id
    from app_hidden.fusion_measurements e
    where e.id < app_hidden.uuidv7_floor(history_since)
      and exists (select from app_hidden.fusion_measurements n where n.version_id = e.version_id and n.id > e.id)
    limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return removed + gone;
end
$$;
comment on function app_hidden.delete_search_history(integer) is
  'Removes samples, counts and measurements of searches that are old (search_sample_days, search_history_days), at most so many of each. Returns how many. For the job.';
grant execute on function app_hidden.delete_search_history(integer) to colloquy_worker;
