-- The name of a person stands with the passages of what they wrote, also in the conversations of others. When the account is
-- erased it goes at once; the sweep gives the passages a context without it. Of a packed conversation the messages are not
-- read: the name is looked for in what the workspaces of the person have packed.
create or replace function app_private.forget_speaker()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.chunks c
  set context_near = null, context_far = null
  from app_public.messages m
  where m.author_id = old.id and m.owner_id <> old.id and c.workspace_id = m.workspace_id and c.message_id = m.id;
  update app_public.chunks c
  set context_near = null, context_far = null
  from app_public.workspace_members w
  join app_public.conversations v on v.workspace_id = w.workspace_id and v.storage_tier <> 'hot' and v.owner_id <> old.id
  where w.user_id = old.id and c.workspace_id = v.workspace_id and c.conversation_id = v.id
    and starts_with(c.context_near, left(app_private.account_name(old), 255) || ' user');
  return old;
end
$$;
comment on function app_private.forget_speaker() is 'Trigger: takes the name of an erased account from what is found with it.';

create or replace trigger users_30_forget_speaker before delete on app_public.users
for each row execute function app_private.forget_speaker();
