-- Remembers the contents of files that go, and those of conversations that are rows again or gone, whoever removes them: the bytes lie
-- outside of the database, and only after the transaction is certain may a job remove them.
create or replace function app_private.discard_contents()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    execute format(
      'insert into app_hidden.discarded_contents (workspace_id, storage_path)
       select distinct f.workspace_id, f.storage_path from %s f where f.storage_path is not null
       on conflict do nothing',
      tg_relid::regclass
    );
  else
    insert into app_hidden.discarded_contents (workspace_id, storage_path)
    select distinct o.workspace_id, o.storage_path from old_files o where o.storage_path is not null order by 1, 2
    on conflict do nothing;
  end if;
  return null;
end
$$;
comment on function app_private.discard_contents() is 'Trigger: remembers whose bytes may have to be removed.';

create or replace trigger files_20_discard_delete after delete on app_public.files
referencing old table as old_files for each statement execute function app_private.discard_contents();
create or replace trigger files_20_discard_truncate before truncate on app_public.files
for each statement execute function app_private.discard_contents();
create or replace trigger conversation_files_20_discard_delete after delete on app_hidden.conversation_files
referencing old table as old_files for each statement execute function app_private.discard_contents();
create or replace trigger conversation_files_20_discard_truncate before truncate on app_hidden.conversation_files
for each statement execute function app_private.discard_contents();
