-- Below the objective, a measurement of recall puts the smallest ef_search in force that meets it, when the settings let it.
create or replace function app_private.tune_ef_search(for_version uuid)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  update app_public.embedding_versions v
  set search_ef_search = wanted.ef_search
  from (
    -- as far as the most demanding size needs
    select case when max(latest.suggested_ef_search) > 0 then least(max(latest.suggested_ef_search), app_hidden.setting('search_ef_search_max')::integer, 1000) end as ef_search
    from (
      select distinct on (m.size_class) m.suggested_ef_search
      from app_hidden.recall_measurements m
      where m.version_id = for_version and m.suggested_ef_search is not null and m.id > app_hidden.uuidv7_floor(now() - interval '30 days')
      order by m.size_class, m.id desc
    ) as latest
  ) as wanted
  where v.id = for_version and wanted.ef_search > 0 and v.search_ef_search is distinct from wanted.ef_search
    and app_hidden.setting('search_ef_search_auto') = 'on';
$$;
comment on function app_private.tune_ef_search(uuid) is 'Puts the ef_search that the latest measurements ask for in force, if search_ef_search_auto says so.';
