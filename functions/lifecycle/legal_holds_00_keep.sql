-- A hold that is in force ends by being released and in no other way: it neither goes with its workspace, its target or its person, nor does
-- anybody make it smaller. A released one is a record: only what it names may go out of it, when that is gone.
create or replace function app_private.keep_hold()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if old.released_at is null and (
    tg_op = 'DELETE'
    or (new.workspace_id, new.kind, new.scope, new.conversation_id, new.document_id, new.user_id)
      is distinct from (old.workspace_id, old.kind, old.scope, old.conversation_id, old.document_id, old.user_id)
  ) then
    perform app_private.refuse_held(old);
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  if (new.id, new.workspace_id, new.kind, new.scope, new.reason) is distinct from (old.id, old.workspace_id, old.kind, old.scope, old.reason)
    or old.released_at is not null and new.released_at is distinct from old.released_at then
    raise exception 'A legal hold is released and otherwise never changed.' using errcode = 'CQ712', hint = 'Place another one, then release this one.';
  end if;
  return new;
end
$$;
comment on function app_private.keep_hold() is 'Trigger: lets a legal hold end by its release only. Raises CQ120, CQ712.';

create or replace trigger legal_holds_00_keep before delete or update on app_public.legal_holds
for each row execute function app_private.keep_hold();
