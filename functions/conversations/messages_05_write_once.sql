-- What was said stays said: the text, the parts and the author of a message that has ended are never changed. Another version is another
-- message (edit_message). Only the erasure of a person takes the text out, with its author, and a newer version may read the same export
-- better (revise_imported_messages): what came by an import follows that, once for each number of its reading. A message that is being
-- written ends, and is not begun anew.
create or replace function app_private.keep_messages()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.status = old.status and old.author_id is not null and new.author_id is null and new.content = '[erased]' then
    return new;
  end if;
  if old.idempotency_key like 'import:%' and (new.idempotency_key, new.status) = (old.idempotency_key, old.status)
    and substring(new.metadata ->> 'reading' from '^\d{1,9}$')::integer > coalesce(substring(old.metadata ->> 'reading' from '^\d{1,9}$')::integer, 1) then
    return new;
  end if;
  raise exception 'A message that has ended is never changed.' using errcode = 'CQ812', hint = 'Write another version of it: editMessage, regenerateAnswer.';
end
$$;
comment on function app_private.keep_messages() is 'Trigger: refuses to change a message that has ended. Raises CQ812.';

create or replace trigger messages_05_write_once
before update of status, role, content, parts, attachments on app_public.messages
for each row
when (
  old.status <> 'streaming'
  and (old.status, old.role, old.content, old.parts, old.attachments) is distinct from (new.status, new.role, new.content, new.parts, new.attachments)
)
execute function app_private.keep_messages();
