-- What the next run would delete of a kind in a workspace: the same rows, counted.
create or replace function app_private.retention_preview(of_kind app_public.retention_kind, of_workspace uuid)
returns app_public.retention_preview
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  rule record := app_private.retention_rule(of_kind, of_workspace);
  result app_public.retention_preview;
begin
  result.kind := of_kind;
  result.keep_days := rule.keep_days;
  result.decided_by := rule.decided_by;
  result.due_before := rule.due_before;
  result.row_count := 0;
  result.bytes := 0;
  if rule.due_before is not null then
    select count(*), coalesce(sum(d.bytes), 0), min(d.at), nullif(count(distinct d.partition), 0)
    into result.row_count, result.bytes, result.oldest_at, result.partitions
    from app_private.retention_due(of_kind, of_workspace, rule.due_before) as d;
  end if;
  return result;
end
$$;
comment on function app_private.retention_preview(app_public.retention_kind, uuid) is 'What retention would delete now of a kind in a workspace, and why.';
-- Deliberately not granted: app_public.preview_retention and app_hidden.retention_report call it.
