-- What the job that removes bytes calls for each. It must never let bytes go that a file or a conversation has, or is just getting:
-- register_file and store_conversation come after the same lock, shared until their transaction ends. Nor where this database is a copy: the bytes may be those of its original.
create or replace function app_hidden.release_content(of_path text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_private.copy_reason() is not null then
    raise exception 'This database is a copy in quarantine: no bytes are removed for it.'
      using errcode = 'CQ635', hint = 'Give it a storage of its own, then: npm run ops -- adopt';
  end if;
  perform app_private.lock_holds(split_part(of_path, '/', 1)::uuid);
  if app_private.contents_are_held() or app_private.is_held(split_part(of_path, '/', 1)::uuid, 'files') then
    -- the next run of the job asks again
    insert into app_hidden.discarded_contents (workspace_id, storage_path)
    values (split_part(of_path, '/', 1)::uuid, of_path)
    on conflict do nothing;
    return false;
  end if;
  perform pg_advisory_xact_lock(app_private.content_lock(of_path));
  delete from app_hidden.discarded_contents c
  where c.storage_path = of_path and c.workspace_id = split_part(of_path, '/', 1)::uuid;
  return not exists (
    select from app_public.files f
    where f.workspace_id = split_part(of_path, '/', 1)::uuid and f.sha256 = decode(split_part(of_path, '/', 3), 'hex')
  )
  and not exists (select from app_hidden.conversation_files f where f.storage_path = of_path);
end
$$;
comment on function app_hidden.release_content(text) is
  'Whether nobody has a content, so that its bytes may be removed before this transaction ends; nobody can store it meanwhile. Never while a backup copies the bytes of files, or a legal hold keeps them. Error: CQ635 in quarantine.';
grant execute on function app_hidden.release_content(text) to colloquy_worker;
