--! Previous: sha1:7089993da458b04ba3281bee36c51cd51e6fd570
--! Hash: sha1:3348d9157a64109dba70f3f566a58cab72cd77d8
--! Message: messages

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 15-messages.sql
-- Answers that are still being written: functions/conversations/start_answer.sql, append_to_message.sql, finish_message.sql.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
create table if not exists app_hidden.streaming_messages (
  message_id uuid not null constraint streaming_messages_pkey primary key,
  workspace_id uuid not null,
  conversation_id uuid not null,
  sequence_number integer not null constraint streaming_messages_sequence_number_positive check (sequence_number > 0),
  writer_id uuid constraint streaming_messages_writer_id_fkey references app_public.users (id) on delete set null,
  length integer not null default 0 constraint streaming_messages_length_range check (length between 0 and 1000000),
  written_at timestamptz not null default clock_timestamp(),
  constraint streaming_messages_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade
);
alter table app_hidden.streaming_messages enable row level security;
alter table app_hidden.streaming_messages force row level security;
-- serves: whether an answer is being written in a conversation, and the foreign key from conversations
create index if not exists streaming_messages_conversation_id_idx on app_hidden.streaming_messages (workspace_id, conversation_id);
-- serves: the foreign key from users
create index if not exists streaming_messages_writer_id_idx on app_hidden.streaming_messages (writer_id) where writer_id is not null;
comment on table app_hidden.streaming_messages is 'Answers that are being written, one row each until they end. Changed with each piece of text, so that the message is not.';
comment on column app_hidden.streaming_messages.message_id is 'The message, whose status is streaming.';
comment on column app_hidden.streaming_messages.workspace_id is 'The tenant.';
comment on column app_hidden.streaming_messages.conversation_id is 'The conversation.';
comment on column app_hidden.streaming_messages.sequence_number is 'That of the message.';
comment on column app_hidden.streaming_messages.writer_id is 'Who began it, and may go on beside the owner of the conversation; null when the account is gone.';
comment on column app_hidden.streaming_messages.length is 'Characters of the text so far.';
comment on column app_hidden.streaming_messages.written_at is 'When the writer last gave a sign of life.';

create table if not exists app_hidden.streaming_parts (
  message_id uuid not null constraint streaming_parts_message_id_fkey references app_hidden.streaming_messages (message_id) on delete cascade,
  start_offset integer not null constraint streaming_parts_start_offset_not_negative check (start_offset >= 0),
  workspace_id uuid not null,
  content text not null constraint streaming_parts_content_length check (char_length(content) between 1 and 1000000),
  constraint streaming_parts_pkey primary key (message_id, start_offset)
);
alter table app_hidden.streaming_parts enable row level security;
alter table app_hidden.streaming_parts force row level security;
comment on table app_hidden.streaming_parts is 'The text so far of answers that are being written, as it came. It becomes the content of the message when that ends.';
comment on column app_hidden.streaming_parts.message_id is 'The message.';
comment on column app_hidden.streaming_parts.start_offset is 'Characters of the text before this piece.';
comment on column app_hidden.streaming_parts.workspace_id is 'The tenant.';
comment on column app_hidden.streaming_parts.content is 'The piece.';

-- it has an argument more
drop function if exists app_private.count_storage(uuid, bigint, bigint);

insert into app_private.settings (name, value, unit, description) values
  ('streaming_timeout_seconds', '300', 'seconds', 'Seconds without a sign of its writer after which an answer that is being written ends as failed, with the text so far.')
on conflict (name) do nothing;

-- What saveMessages takes: functions/conversations/save_messages.sql.
do $$
begin
  if to_regtype('app_public.message_to_save') is null then
    create type app_public.message_to_save as (
      client_id text, role app_public.message_role, content text, parts jsonb, attachments jsonb, metadata jsonb, provider text, model text,
      prompt_tokens integer, completion_tokens integer, cost_usd numeric(12, 6)
    );
  end if;
end
$$;
comment on type app_public.message_to_save is 'A message of a list that a client keeps whole, as saveMessages takes it.';
comment on column app_public.message_to_save.client_id is 'What the client calls it: any text of 1 to 190 characters, its own in the conversation. Or the id of a message that was written otherwise.';
comment on column app_public.message_to_save.role is 'Who speaks.';
comment on column app_public.message_to_save.content is 'Its text. Without it, the text of the parts of the type "text".';
comment on column app_public.message_to_save.parts is 'Its parts, as an array of objects like {"type": "text", "text": "…"}.';
comment on column app_public.message_to_save.attachments is 'Attachments, as an array of objects; fileId names a file that was uploaded.';
comment on column app_public.message_to_save.metadata is 'Anything else, as an object.';
comment on column app_public.message_to_save.provider is 'Provider of the model that wrote it.';
comment on column app_public.message_to_save.model is 'Model that wrote it.';
comment on column app_public.message_to_save.prompt_tokens is 'Tokens read.';
comment on column app_public.message_to_save.completion_tokens is 'Tokens written.';
comment on column app_public.message_to_save.cost_usd is 'Cost in US dollars.';
