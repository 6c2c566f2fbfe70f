-- Adds or updates many documents in one call, each by itself: one that is refused does not spoil the others. Unlike
-- create_document it leaves visibility and metadata of a document alone that is there already: a new import of the same
-- folder neither takes back what was shared since nor writes a row because a commit id changed.
-- documents: [{sourceUrl, title, content, contentType, codeLanguage, textSearchLanguage, visibility, metadata}], at most 1,000.
create or replace function app_public.import_documents(documents jsonb)
returns setof app_public.import_outcome
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  item jsonb;
  existing app_public.documents;
  result app_public.import_outcome;
begin
  perform app_hidden.require_member(for_writing => true);
  if jsonb_typeof(documents) is distinct from 'array' or jsonb_array_length(documents) > 1000 then
    raise exception 'The documents to import are an array of at most 1,000 objects.' using errcode = 'CQ200', column = 'documents', hint = 'See docs/import.md for the format.';
  end if;
  for item in select value from jsonb_array_elements(documents)
  loop
    result := null;
    result.source_url := item ->> 'sourceUrl';
    begin
      if result.source_url is null then
        raise exception 'sourceUrl is missing.' using errcode = 'CQ200';
      end if;
      select d.* into existing
      from app_public.documents d
      where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id()
        and d.source_url = result.source_url;
      if existing.id is null then
        select d.id into result.document_id
        from app_public.create_document(
          title => item ->> 'title',
          content => item ->> 'content',
          content_type => coalesce(item ->> 'contentType', 'text'),
          source_url => result.source_url,
          code_language => item ->> 'codeLanguage',
          text_search_language => item ->> 'textSearchLanguage',
          visibility => coalesce(item ->> 'visibility', 'private')::app_public.visibility,
          metadata => coalesce(item -> 'metadata', '{}')
        ) as d;
        result.outcome := 'added';
      else
        update app_public.documents d
        set title = left(trim(item ->> 'title'), 500), content = item ->> 'content',
          content_type = coalesce(item ->> 'contentType', 'text'), code_language = item ->> 'codeLanguage',
          metadata = coalesce(item -> 'metadata', d.metadata)
        where d.id = existing.id
          and (d.title, d.content, d.content_type, d.code_language)
            is distinct from
            (left(trim(item ->> 'title'), 500), item ->> 'content', coalesce(item ->> 'contentType', 'text'), item ->> 'codeLanguage');
        result.document_id := existing.id;
        result.outcome := case when found then 'updated' else 'unchanged' end;
        if existing.gone_at is not null then
          perform app_hidden.mark_gone(sources => array[result.source_url], are_gone => false);
          result.outcome := 'updated';
        end if;
      end if;
    exception
      when integrity_constraint_violation or data_exception or sqlstate 'CQ120' or sqlstate 'CQ200' then
        result.document_id := null;
        result.outcome := 'refused';
        -- the words of PostgreSQL name tables and constraints
        result.reason := case when sqlstate in ('CQ120', 'CQ200') then sqlerrm else 'A value is missing, too long, or of the wrong form.' end;
    end;
    return next result;
  end loop;
end
$$;
comment on function app_public.import_documents(jsonb) is
  'Adds or updates documents by their sourceUrl, and says for each what was done. Errors: CQ101 not signed in, CQ109 read-only, CQ200 malformed.';
grant execute on function app_public.import_documents(jsonb) to colloquy_user, colloquy_admin;
