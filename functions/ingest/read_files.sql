-- What the worker calls to read files. A claim is one short transaction that counts the attempt, so that a file which ends
-- the process that reads it is counted too; the attempt's number is what a worker shows afterwards: who was taken for dead
-- and comes late changes nothing. Only the worker may call these.

create or replace function app_hidden.find_unread_files(max_files integer default 1000)
returns table (workspace_id uuid, file_id uuid)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.workspace_id, f.id
  from app_public.files f
  where f.processing_status in ('pending', 'processing') and f.sha256 is not null
    and (f.processing_status = 'pending' or f.retry_at is null or f.retry_at <= clock_timestamp())
  order by f.id
  limit max_files;
$$;
comment on function app_hidden.find_unread_files(integer) is 'Files that nobody reads although somebody should: what lost jobs and killed workers left.';

create or replace function app_hidden.claim_file(for_workspace uuid, for_file uuid, lease interval default '5 minutes', max_attempts integer default 5)
returns table (attempt integer, storage_path text, byte_size bigint, original_name text, extractor text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update app_public.files f
  set processing_status = 'failed', retry_at = null, error_code = 'CQ328', updated_at = clock_timestamp(),
    error = format('Reading the file was begun %s times and never ended. Split it, or save it anew: it may be damaged.', f.attempts)
  where f.workspace_id = for_workspace and f.id = for_file and f.processing_status = 'processing'
    and coalesce(f.retry_at, '-infinity') <= clock_timestamp() and f.attempts >= max_attempts;
  return query
  update app_public.files f
  set processing_status = 'processing', attempts = f.attempts + 1, retry_at = clock_timestamp() + lease, updated_at = clock_timestamp()
  from app_public.file_type_configs c
  where f.workspace_id = for_workspace and f.id = for_file and f.sha256 is not null and c.mime_type = f.mime_type
    and (
      f.processing_status = 'pending'
      or f.processing_status = 'processing' and coalesce(f.retry_at, '-infinity') <= clock_timestamp()
    )
  returning f.attempts, f.storage_path, f.byte_size, f.original_name, c.extractor;
end
$$;
comment on function app_hidden.claim_file(uuid, uuid, interval, integer) is
  'Takes a file for reading, and counts the attempt. No row when it is gone, done, or in other hands; one that was begun too often fails here (CQ328).';

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

create or replace function app_hidden.fail_file(
  for_workspace uuid,
  for_file uuid,
  of_attempt integer,
  code text,
  reason text,
  is_final boolean default true,
  pause interval default '10 seconds',
  max_attempts integer default 5
)
returns app_public.processing_status
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.files f
  set
    processing_status = case when ended then 'failed'::app_public.processing_status else 'processing' end,
    error = case when ended then left(coalesce(nullif(trim(reason), ''), 'unknown'), 2000) end,
    error_code = case when ended then code end,
    retry_at = case when not ended then clock_timestamp() + pause * power(4, f.attempts - 1) end,
    updated_at = clock_timestamp()
  from (select x.id, is_final or x.attempts >= max_attempts as ended from app_public.files x where x.workspace_id = for_workspace and x.id = for_file) as verdict
  where f.workspace_id = for_workspace and f.id = for_file and f.id = verdict.id and f.processing_status = 'processing' and f.attempts = of_attempt
  returning f.processing_status;
$$;
comment on function app_hidden.fail_file(uuid, uuid, integer, text, text, boolean, interval, integer) is
  'Says why an attempt to read a file failed. Unless that is final, or it was the last one, the file is tried again after a growing pause. Null when the attempt is not the last one any more.';

create or replace function app_hidden.release_file(for_workspace uuid, for_file uuid, of_attempt integer)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.files f
  set processing_status = 'pending', attempts = f.attempts - 1, retry_at = null, updated_at = clock_timestamp()
  where f.workspace_id = for_workspace and f.id = for_file and f.processing_status = 'processing' and f.attempts = of_attempt;
  return found;
end
$$;
comment on function app_hidden.release_file(uuid, uuid, integer) is 'Gives a claimed file back, as if it had not been taken: the worker ends.';

grant execute on function
  app_hidden.find_unread_files(integer),
  app_hidden.claim_file(uuid, uuid, interval, integer),
  app_hidden.store_extraction(uuid, uuid, integer, text, text, text, text, text, jsonb),
  app_hidden.fail_file(uuid, uuid, integer, text, text, boolean, interval, integer),
  app_hidden.release_file(uuid, uuid, integer)
to colloquy_worker;
