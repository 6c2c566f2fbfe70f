-- Jobs name what they work on, and their outputs what came of it: those of the person, and of workspaces that are gone.
create or replace function app_private.erase_jobs(erasure app_hidden.pending_erasures)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  gone bigint;
begin
  if to_regclass('pgboss.job') is null then
    return null;
  end if;
  delete from pgboss.job j
  using (select array_agg(n.text) as texts from (
    select erasure.user_id::text union all select erasure.subject ->> 'email' union all select w::text from unnest(erasure.whole_workspaces) as w
  ) as n (text)) as needles
  where exists (
    select from unnest(needles.texts) as n (text)
    where strpos(concat_ws(' ', j.data::text, j.output::text, j.singleton_key, j.group_id), n.text) > 0
  );
  get diagnostics gone = row_count;
  return case when gone > 0 then jsonb_build_object('pgboss.job', gone) end;
end
$$;
comment on function app_private.erase_jobs(app_hidden.pending_erasures) is 'Removes jobs that name a person or a workspace that is gone, waiting or done.';
