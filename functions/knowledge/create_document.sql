-- Adds a document, or, when the caller added one from the same source before, brings that one up to date. Runs with the
-- caller's rights: policies and column grants decide.
create or replace function app_public.create_document(
  title text,
  content text,
  content_type text default 'text',
  source_url text default null,
  code_language text default null,
  text_search_language app_public.text_search_language default null,
  visibility app_public.visibility default 'private',
  metadata jsonb default '{}'
)
returns app_public.documents
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.documents;
begin
  perform app_hidden.require_member(for_writing => true);
  if octet_length(content) > 20971520 then
    raise exception 'A document has at most 20 MiB; this one has % MiB.', round(octet_length(content) / 1048576.0, 1)
      using errcode = 'CQ200', hint = 'Split it.';
  end if;
  insert into app_public.documents as d (
    workspace_id, owner_id, title, content, content_type, source_url, code_language, text_search_language, visibility, metadata
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), left(trim(title), 500), content, coalesce(content_type, 'text'), source_url,
    code_language,
    coalesce(
      text_search_language,
      (select w.text_search_language from app_public.workspaces w where w.id = app_hidden.current_workspace_id()), 'english'
    ),
    coalesce(visibility, 'private'), coalesce(metadata, '{}')
  )
  on conflict (workspace_id, owner_id, source_url) where source_url is not null do update
  set
    title = excluded.title, content = excluded.content, content_type = excluded.content_type, code_language = excluded.code_language,
    text_search_language = excluded.text_search_language, visibility = excluded.visibility, metadata = excluded.metadata
  where (d.title, d.content, d.content_type, d.code_language, d.text_search_language, d.visibility, d.metadata)
    is distinct from
    (excluded.title, excluded.content, excluded.content_type, excluded.code_language, excluded.text_search_language, excluded.visibility, excluded.metadata)
  returning d.* into result;

  if result.id is null then
    -- the same document again: nothing was written
    select d.* into result
    from app_public.documents d
    where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id()
      and d.source_url = create_document.source_url;
  end if;
  return result;
end
$$;
comment on function app_public.create_document(text, text, text, text, text, app_public.text_search_language, app_public.visibility, jsonb) is
  'Adds a document and has it indexed, each passage in its own language; textSearchLanguage, or else that of the workspace, is for those that cannot be recognised, and simple for all. With a sourceUrl that the caller used before, updates that document instead; an equal one is left alone. Errors: CQ101 not signed in, CQ109 read-only, CQ120 a legal hold keeps the one with this sourceUrl, CQ200 too long or a value out of range.';
grant execute on function app_public.create_document(text, text, text, text, text, app_public.text_search_language, app_public.visibility, jsonb)
  to colloquy_user, colloquy_admin;
