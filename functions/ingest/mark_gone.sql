-- Puts away the caller's documents whose files an import did not find any more, or brings those back whose files are there again. Nothing is
-- lost by it, so a legal hold does not keep it from happening. What its owner archived stays archived.
create or replace function app_hidden.mark_gone(sources text[], are_gone boolean)
returns setof text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  if cardinality(sources) > 1000 then
    raise exception 'At most 1,000 documents are marked at a time.' using errcode = 'CQ200', hint = 'Mark them in parts.';
  end if;
  return query
  update app_public.documents d
  set is_archived = are_gone, gone_at = case when are_gone then clock_timestamp() end
  where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id() and d.source_url = any (sources)
    and case when are_gone then not d.is_archived else d.gone_at is not null end
  returning d.source_url;
end
$$;
comment on function app_hidden.mark_gone(text[], boolean) is
  'Archives the caller''s documents from places where nothing is any more, or brings back those that are there again; says which. Errors: CQ101 not signed in, CQ109 read-only, CQ200.';
grant execute on function app_hidden.mark_gone(text[], boolean) to colloquy_user, colloquy_admin;
