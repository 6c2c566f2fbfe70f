-- What a workspace may store: as an administrator set it for this one, else as the settings say; null is no limit.
create or replace function app_private.workspace_quota(workspace uuid, out storage_bytes bigint, out row_limit bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    coalesce(q.storage_bytes, nullif(app_hidden.setting('storage_mb_per_workspace')::bigint * 1024 * 1024, 0)),
    coalesce(q.row_limit, nullif(app_hidden.setting('rows_per_workspace')::bigint, 0))
  from (select workspace as id) as w
  left join app_private.workspace_quotas q on q.workspace_id = w.id;
$$;
comment on function app_private.workspace_quota(uuid) is 'How many bytes and rows a workspace may store.';
