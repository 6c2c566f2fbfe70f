-- Pages and lookups cost what they show.

drop function if exists app_hidden.read_packed_messages(uuid, uuid, integer);
drop function if exists app_private.packed_messages(app_public.conversations, uuid, integer);
--!include lifecycle/packed_messages.sql
--!include conversations/message_page.sql
--!include conversations/conversation_messages.sql
--!include members/delete_workspace.sql

-- Below row-level security every query of messages knows their workspace, and to the planner a workspace and one of its
-- conversations are two reasons for there being few rows: it went by this index, and read all messages of the conversation, where
-- another has the order or the row that is asked for. The foreign key goes by the conversation.
-- An index of partitions cannot be dropped concurrently.
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.messages_workspace_id_conversation_id_idx;
