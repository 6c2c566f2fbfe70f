-- 500 conversations of 100 users, and a twin of messages for the anchor: the same partitions, constraints, foreign keys and
-- indexes, without its trigger.
create schema bench authorization colloquy_owner;
insert into app_public.users (email) select format('user%s@example.org', n) from generate_series(1, 100) as n;
insert into app_public.workspaces (name, is_personal) select u.email::text, true from app_public.users u;
insert into app_public.workspace_members (workspace_id, user_id, role)
select w.id, u.id, 'owner' from app_public.workspaces w join app_public.users u on u.email::text = w.name;
insert into app_public.conversations (workspace_id, owner_id, title, max_messages)
select m.workspace_id, m.user_id, 'A talk ' || n, 100000000
from app_public.workspace_members m cross join generate_series(1, 5) as n;

create table bench.messages (like app_public.messages including defaults including generated including constraints including indexes)
partition by range (id);
alter table bench.messages add foreign key (workspace_id, conversation_id) references app_public.conversations (workspace_id, id);
alter table bench.messages add foreign key (owner_id) references app_public.users (id);
create table bench.messages_now partition of bench.messages
for values from (app_hidden.uuidv7_floor(now() - interval '1 day')) to (app_hidden.uuidv7_floor(now() + interval '30 days'));
create table bench.messages_default partition of bench.messages default;
analyze;
