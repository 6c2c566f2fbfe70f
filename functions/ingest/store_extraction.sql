-- What the worker calls with what it read from a file, and the number of its attempt (claim_file): who comes late changes
-- nothing. Only the worker may call it.
create or replace function app_hidden.store_extraction(
  for_workspace uuid,
  for_file uuid,
  of_attempt integer,
  new_title text,
  new_content text,
  new_content_type text,
  new_code_language text default null,
  new_language text default null,
  new_metadata jsonb default '{}'
)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  file app_public.files;
  heading text;
  chosen_language app_public.text_search_language;
  document uuid;
begin
  select f.* into file
  from app_public.files f
  where f.workspace_id = for_workspace and f.id = for_file and f.processing_status = 'processing' and f.attempts = of_attempt
  for no key update;
  if file.id is null then
    return null;
  end if;
  if octet_length(new_content) > 20971520 then
    raise exception 'The text has more than 20 MiB.' using errcode = 'CQ323', hint = 'Split it.';
  end if;
  heading := coalesce(nullif(left(trim(new_title), 500), ''), nullif(left(trim(regexp_replace(file.original_name, '\.[^.]+$', '')), 500), ''), file.original_name);
  chosen_language := coalesce(new_language, app_private.workspace_language(for_workspace));

  if file.source_url is null then
    select d.id into document
    from app_public.documents d
    where d.workspace_id = for_workspace and d.file_id = for_file and d.owner_id = file.owner_id
    order by d.id
    limit 1
    for no key update;
  end if;
  if document is null then
    insert into app_public.documents as d (
      workspace_id, owner_id, visibility, title, content, content_type, code_language, text_search_language, source_url, file_id, metadata
    )
    values (
      for_workspace, file.owner_id, file.visibility, heading, new_content, new_content_type, new_code_language, chosen_language,
      file.source_url, for_file, file.metadata || coalesce(new_metadata, '{}')
    )
    -- what came from the same place before: its visibility is its owner's, and pieces whose text is the same stay
    on conflict (workspace_id, owner_id, source_url) where source_url is not null do update
    set title = excluded.title, content = excluded.content, content_type = excluded.content_type, code_language = excluded.code_language,
      text_search_language = excluded.text_search_language, file_id = excluded.file_id, metadata = excluded.metadata
    returning d.id into document;
  else
    update app_public.documents d
    set title = heading, content = new_content, content_type = new_content_type, code_language = new_code_language,
      text_search_language = chosen_language, metadata = file.metadata || coalesce(new_metadata, '{}')
    where d.id = document;
  end if;
  update app_public.files f
  set processing_status = 'completed', retry_at = null, extracted_length = char_length(new_content), updated_at = clock_timestamp()
  where f.id = for_file;
  return document;
end
$$;
comment on function app_hidden.store_extraction(uuid, uuid, integer, text, text, text, text, text, jsonb) is
  'Makes a document of what was read from a file, with its owner and visibility, or brings the one from the same place up to date. Null when the attempt is not the last one any more. Error: CQ323 too long.';
grant execute on function app_hidden.store_extraction(uuid, uuid, integer, text, text, text, text, text, jsonb) to colloquy_worker;
