-- One person with a workspace, who imports a folder.
insert into app_public.users (email) values ('folder@example.org');
insert into app_public.workspaces (name, is_personal) select u.email::text, true from app_public.users u;
insert into app_public.workspace_members (workspace_id, user_id, role)
select w.id, u.id, 'owner' from app_public.workspaces w join app_public.users u on u.email::text = w.name;
