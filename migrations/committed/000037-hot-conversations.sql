--! Previous: sha1:fab0efd59227fb7e2b554476ae3c267db565baeb
--! Hash: sha1:b85793471f3a012ba7b615e73433a68061b15419
--! Message: hot conversations

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 30-hot-conversations.sql
-- Each message moves the counters and the time of its conversation. While an index knew of them, each wrote the whole row anew into all
-- of ten indexes: 57 % of the WAL of a message. Now no index does, so that the update stays on its page (HOT).
-- changes rows of app_public.conversation_reads

-- what waits to be indexed has rows of its own, which come and go
do $$
begin
  if to_regclass('app_hidden.unindexed_conversations') is null then
    create table app_hidden.unindexed_conversations (
      workspace_id uuid not null,
      conversation_id uuid not null,
      constraint unindexed_conversations_pkey primary key (workspace_id, conversation_id),
      constraint unindexed_conversations_conversation_id_fkey foreign key (workspace_id, conversation_id)
        references app_public.conversations (workspace_id, id) on delete cascade
    );
    insert into app_hidden.unindexed_conversations (workspace_id, conversation_id)
    select c.workspace_id, c.id from app_public.conversations c
    where c.indexed_sequence_number < c.last_sequence_number
      or (c.storage_tier = 'hot' and c.indexed_leaf_id is distinct from c.preferred_leaf_id);
  end if;
end
$$;
alter table app_hidden.unindexed_conversations enable row level security;
alter table app_hidden.unindexed_conversations force row level security;
comment on table app_hidden.unindexed_conversations is
  'Conversations with messages that have no chunks yet, or of which another branch was chosen: what the sweep looks for. Kept by trigger.';
comment on column app_hidden.unindexed_conversations.workspace_id is 'The tenant.';
comment on column app_hidden.unindexed_conversations.conversation_id is 'The conversation.';
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.conversations_unindexed_idx;
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.conversations_leaf_idx;

-- newest first: by the hour from the index, and within an hour by sorting; so a message writes into an index once an hour
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.conversations_owner_id_last_message_at_idx;
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.conversations_shared_last_message_at_idx;
alter table app_public.conversations set (fillfactor = 85);
alter table app_public.conversations add column if not exists last_message_hour timestamptz not null
  generated always as (date_bin('1 hour', last_message_at, '2000-01-01 00:00:00+00')) stored;
comment on column app_public.conversations.last_message_hour is 'The hour of last_message_at, by which lists find the newest.';
-- serves: a user's list of conversations, newest first, and the cascade from users
create index if not exists conversations_owner_id_last_message_hour_idx
on app_public.conversations (owner_id, workspace_id, last_message_hour desc);
-- serves: what is shared in a workspace, newest first
create index if not exists conversations_shared_last_message_hour_idx
on app_public.conversations (workspace_id, last_message_hour desc) where visibility = 'workspace';

-- how much was added since it was read, without looking at messages
do $$
begin
  if not exists (
    select from pg_attribute a where a.attrelid = 'app_public.conversation_reads'::regclass and a.attname = 'read_sequence_number'
  ) then
    alter table app_public.conversation_reads add column read_sequence_number integer not null default 0;
    update app_public.conversation_reads r
    set read_sequence_number = case
      when r.last_read_at >= c.last_message_at then c.last_sequence_number
      else coalesce((
        select m.sequence_number from app_public.messages m
        where m.conversation_id = c.id and m.id >= c.id and m.id <= c.last_message_id and uuid_extract_timestamp(m.id) <= r.last_read_at
        order by m.id desc limit 1
      ), 0)
    end
    from app_public.conversations c
    where c.workspace_id = r.workspace_id and c.id = r.conversation_id;
  end if;
end
$$;
comment on column app_public.conversation_reads.read_sequence_number is 'Number of the newest message that was there when it was read last.';
