-- In the order in which a run takes them: what belongs to conversations before them, so that a preview of the same moment says what
-- goes; and the audit log last.
create or replace function app_private.retention_kinds()
returns app_public.retention_kind[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select '{raw_events,imported_events,usage_logs,conversation_analytics,files,documents,memory_items,conversations,audit_logs}'::app_public.retention_kind[];
$$;
comment on function app_private.retention_kinds() is 'The kinds of things that retention deletes, in the order of a run.';
