-- What is due of a kind, in one place: previews count it, the engine deletes it, and the doctor looks for what is left of it.
create or replace function app_private.retention_due(
  of_kind app_public.retention_kind, of_workspace uuid, due_before timestamptz, after_id uuid default null, max_rows integer default null,
  among uuid[] default null
)
returns table (id uuid, at timestamptz, bytes bigint, partition regclass)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  case of_kind
    when 'conversations' then
      return query select d.* from app_private.due_conversations(of_workspace, due_before, after_id, max_rows, among) as d;
    when 'documents' then
      return query select d.* from app_private.due_documents(of_workspace, due_before, after_id, max_rows, among) as d;
    when 'files' then
      return query select d.* from app_private.due_files(of_workspace, due_before, after_id, max_rows, among) as d;
    when 'memory_items' then
      return query select d.* from app_private.due_memory_items(of_workspace, due_before, after_id, max_rows, among) as d;
    when 'raw_events' then
      return query select d.* from app_private.due_events(false, of_workspace, due_before, after_id, max_rows, among) as d;
    when 'imported_events' then
      return query select d.* from app_private.due_events(true, of_workspace, due_before, after_id, max_rows, among) as d;
    when 'usage_logs' then
      return query select d.* from app_private.due_usage_logs(of_workspace, due_before, after_id, max_rows, among) as d;
    when 'audit_logs' then
      return query select d.* from app_private.due_audit_logs(of_workspace, due_before, after_id, max_rows, among) as d;
    when 'conversation_analytics' then
      return query select d.* from app_private.due_conversation_analytics(of_workspace, due_before, max_rows, among) as d;
    else
      raise exception 'Nothing is deleted by the policy of %.', of_kind using errcode = 'CQ700', hint = 'It says when conversations are packed.';
  end case;
end
$$;
comment on function app_private.retention_due(app_public.retention_kind, uuid, timestamptz, uuid, integer, uuid[]) is
  'Rows of a kind and workspace that are of before a time: id, the time that counts, bytes, and the partition where there are several; after an id, at most so many, only among some. Raises CQ700 for a kind that deletes nothing.';
-- Deliberately not granted: what asks for it is security definer.
