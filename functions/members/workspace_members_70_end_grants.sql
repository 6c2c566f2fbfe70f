-- Trigger: links and open invitations end with the membership of who made them, for good: whoever comes back makes new ones.
create or replace function app_private.end_grants_of_member()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.end_grants(old.user_id, old.workspace_id);
  return null;
end
$$;
comment on function app_private.end_grants_of_member() is 'Trigger: ends the links and open invitations that a member made when the membership ends.';

create or replace trigger workspace_members_70_end_grants
after delete on app_public.workspace_members
for each row execute function app_private.end_grants_of_member();
