-- For bench words: workspaces with one member each, their passages follow. Beside the chunks the table that is written by
-- hand: the same texts, as their words, with the tenant in front of the index.
insert into app_public.users (email) select format('user%s@example.org', n) from generate_series(1, :tenants) as n;
insert into app_public.workspaces (name, is_personal) select u.email::text, true from app_public.users u;
insert into app_public.workspace_members (workspace_id, user_id, role)
select w.id, u.id, 'owner' from app_public.workspaces w join app_public.users u on u.email::text = w.name;
create schema bench authorization colloquy_owner;
create table bench.passages (
  chunk_id uuid not null,
  workspace_id uuid not null,
  content text not null,
  words tsvector not null
);
