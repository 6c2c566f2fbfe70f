-- A message is found with its context: what stands around it, by which branch that was made, and what its vector is made with.

alter table app_public.chunks add column if not exists lead_in text;
alter table app_public.chunks drop constraint if exists chunks_lead_in_length;
alter table app_public.chunks add constraint chunks_lead_in_length check (char_length(lead_in) <= 1000);
comment on column app_public.chunks.lead_in is 'What its vector is made with, before its own text: of the first piece of a message, the end of the message before it and who spoke. It never changes.';
comment on column app_public.chunks.content_hash is 'SHA-256 of lead-in, heading and content: what is embedded.';
comment on column app_public.chunks.context_near is 'What stands right beside it and is found with it at lower weight: of a message, who spoke and when, and the messages before and after it. Null for what stands by itself, and for a message that is to be given one.';

-- serves: the sweep for messages without their context, newest first; holds only those
create index if not exists chunks_context_idx on app_public.chunks (id) where source_type = 'message' and context_near is null;

alter table app_public.conversations add column if not exists indexed_leaf_id uuid;
comment on column app_public.conversations.indexed_leaf_id is 'The end of the branch by which its messages are found with what stands around them; another than preferred_leaf_id while that is to be done.';
-- serves: the sweep for conversations in which another branch was chosen; holds only those
create index if not exists conversations_leaf_idx on app_public.conversations (id)
where indexed_leaf_id is distinct from preferred_leaf_id and storage_tier = 'hot';

--!include embeddings/date_words.sql
--!include embeddings/message_context.sql
--!include lifecycle/pack_conversation.sql
--!include embeddings/pipeline.sql
--!include embeddings/backfill.sql
--!include embeddings/fill_message_contexts.sql
--!include embeddings/users_30_forget_speaker.sql
--!include conversations/choose_branch.sql
